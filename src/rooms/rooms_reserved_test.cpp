// SPDX-License-Identifier: Apache-2.0
// Rooms in which seats wait for somebody: whoever may have that, and how they sleep meanwhile.
#include "rooms/testing_shard.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct ReservedRooms : RoomsOfAShard {
    std::uint64_t connections = 0;

    void SetUp() override
    {
        options.sleep_after = 60s;
        options.others.room.seat_reserved = 300s;
        options.holds = {.seats_max = 2, .rate_max = 5, .rate_period = 60s};
        RoomsOfAShard::SetUp();
    }
    // "" where it was done.
    std::string obey(std::string const& room, Order order)
    {
        std::string said = "nothing";
        rooms->obey(room, std::move(order), [&](Result<events::Version> const& done) {
            said = done ? "" : std::string(name_of(done.error().code));
        });
        settle();
        return said;
    }
    std::string make(std::string_view code, Wishes const& wishes = {})
    {
        std::string room;
        auto const& rules = *games.find("tally");
        rooms->create(rules, options_bytes(rules), code, wishes,
            [&](Result<std::string> const& made) { room = made.value(); });
        settle();
        return room;
    }
    Client enter(std::string const& room, std::string const& name)
    {
        auto who = client(name, ++connections);
        ask(room, who, Join{.id = 1});
        settle();
        clients.erase(who.who);
        return who;
    }
    [[nodiscard]] int reserved(std::string const& room)
    {
        auto const listing = describe(room)->value();
        return static_cast<int>(
            std::ranges::count(listing.view.seats, std::optional(true), &SeatView::reserved));
    }
    [[nodiscard]] std::string last_event(std::string const& room)
    {
        return store.streams[room].back().type;
    }
};

TEST_F(ReservedRooms, are_so_many_for_one_who_does_not_come)
{
    std::array const all{make("AAAAA"), make("BBBBB"), make("CCCCC")};
    EXPECT_EQ(obey(all[0], Reserve{"eve"}), "");
    EXPECT_EQ(obey(all[1], Reserve{"eve"}), "");
    EXPECT_EQ(obey(all[2], Reserve{"eve"}), "rate_limited");
    EXPECT_EQ(obey(all[1], Reserve{"eve"}), "") << "she has that one";
    EXPECT_EQ(obey(all[2], Reserve{"bob"}), "");
    EXPECT_TRUE(enter(all[0], "eve").is_in);
    EXPECT_EQ(obey(all[2], Reserve{"eve"}), "") << "a seat that is used waits no more";
    after(301s);
    after(1ms);
    EXPECT_EQ(reserved(all[1]), 0);
    EXPECT_EQ(obey(all[1], Reserve{"eve"}), "") << "nor one whose time is up";
}

TEST_F(ReservedRooms, of_others_making_do_not_use_up_what_somebody_may_have)
{
    for (auto const* code : {"AAAAA", "BBBBB", "CCCCC"})
        EXPECT_EQ(reserved(make(code, {.reserve = {"bob"}})), 1);
    EXPECT_EQ(obey(make("DDDDD"), Reserve{"bob"}), "");
}

TEST_F(ReservedRooms, are_not_filled_by_who_has_a_seat_wait_and_gives_it_up_again_and_again)
{
    auto const room = make("AAAAA");
    std::string said;
    for (int i = 0; i < 100 && said.empty(); i++) {
        said = obey(room, Reserve{"eve"});
        if (said.empty()) {
            EXPECT_EQ(obey(room, GiveUp{"eve"}), "") << "which is never refused";
        }
    }
    EXPECT_EQ(said, "rate_limited");
    EXPECT_LE(store.streams[room].size(), 12U);
    after(12s);
    EXPECT_EQ(obey(room, Reserve{"eve"}), "");
}

TEST_F(ReservedRooms, keep_half_of_their_history_for_who_plays)
{
    options.others.room.events_max = 40;
    options.others.room.events_reserve = 4;
    build();
    settle();
    auto const room = make("AAAAA");
    std::string said;
    for (int i = 0; i < 40 && said.empty(); i++) {
        auto const stranger = "s" + std::to_string(i);
        said = obey(room, Reserve{stranger});
        if (said.empty())
            obey(room, GiveUp{stranger});
    }
    EXPECT_EQ(said, "too_large");
    EXPECT_LE(store.streams[room].size(), 23U);
    EXPECT_TRUE(enter(room, "ann").is_in);
}

TEST_F(ReservedRooms, sleep_and_wake_when_the_time_of_a_seat_is_up)
{
    auto const room = make("AAAAA", {.reserve = {"ann"}});
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    EXPECT_EQ(reserved(room), 1);
    EXPECT_EQ(rooms->awaits(room, "ann"), true);
    EXPECT_EQ(rooms->awaits(room, "bob"), false);
    after(238s);
    EXPECT_EQ(rooms->resting(), 1);
    EXPECT_EQ(reserved(room), 1);
    after(1s);
    after(1ms);
    EXPECT_EQ(last_event(room), Released::name);
    EXPECT_EQ(reserved(room), 0);
    after(61s);
    EXPECT_EQ(rooms->resting(), 1) << "and sleep again";
    EXPECT_EQ(rooms->awaits(room, "ann"), false);
}

TEST_F(ReservedRooms, wake_for_who_was_waited_for)
{
    auto const room = make("AAAAA", {.reserve = {"ann", "bob"}});
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    EXPECT_EQ(enter(room, "eve").seat, 2);
    EXPECT_EQ(enter(room, "bob").seat, 1);
}

TEST_F(ReservedRooms, that_could_not_be_read_in_time_wait_a_moment_longer)
{
    auto const room = make("AAAAA", {.reserve = {"ann"}});
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    store.is_down = true;
    after(600s);
    store.is_down = false;
    after(1001ms);
    EXPECT_EQ(reserved(room), 1);
    after(options.others.room.overdue_grace);
    after(1ms);
    EXPECT_EQ(reserved(room), 0);
}

TEST_F(ReservedRooms, let_the_seat_go_of_who_is_erased_while_they_sleep)
{
    auto const room = make("AAAAA", {.reserve = {"ann", "bob"}});
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    for (auto& [actor, key] : store.keys[room])
        if (key.subject == "ann")
            key = {};
    std::erase_if(store.keys[room], [](auto const& each) { return each.second.key.empty(); });
    rooms->forget("ann", [] {});
    settle();
    after(1ms);
    EXPECT_EQ(reserved(room), 1);
    EXPECT_EQ(last_event(room), Released::name);
    EXPECT_EQ(rooms->awaits(room, "ann"), false);
    EXPECT_EQ(rooms->awaits(room, "bob"), true);
    auto const again = enter(room, "ann");
    EXPECT_EQ(again.seat, 0) << "somebody new, on a seat that is anybody's";
}

// What a list by options looks into.
TEST_F(ReservedRooms, are_looked_into_by_options_a_few_at_a_time)
{
    options.options_looked_into_max = 2;
    build();
    settle();
    auto const& rules = *games.find("tally");
    std::vector<std::string> made;
    for (int first = 0; first < 6; first++) {
        std::string code = "AAAAA";
        code[4] = static_cast<char>('A' + first);
        rooms->create(rules, options_bytes(rules, R"({"first":)" + std::to_string(first) + "}"),
            code, [&](Result<std::string> const& room) { made.push_back(room.value()); });
        settle();
        after(1ms);
    }
    Filter filter{.options = {{.name = "first", .value = "1"}}};
    std::vector<std::string> found;
    int pages = 0;
    for (;; pages++) {
        auto const page = rooms->page(filter);
        for (auto const& each : page.rooms)
            found.push_back(each.room);
        if (!page.next)
            break;
        filter.after = page.next;
    }
    EXPECT_EQ(found, std::vector{made[1]});
    EXPECT_EQ(pages, 2);
}

// ---- And how all rooms sleep

TEST_F(ReservedRooms, are_not_woken_for_the_updates_that_were_kept_for_who_left)
{
    auto const room = make("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    ask(room, ann, Gone{});
    settle();
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    store.were_read.clear();
    after(options.others.room.tail_kept + 1s);
    EXPECT_TRUE(store.were_read.empty());
}

TEST_F(ReservedRooms, are_laid_down_some_at_a_time_and_with_a_pause)
{
    for (int i = 0; i < 100; i++) {
        std::string code = "AAAAA";
        code[3] = static_cast<char>('A' + i / 20);
        code[4] = static_cast<char>('A' + i % 20);
        make(code);
    }
    now.steady += 61s;
    now.wall = now.wall + 61s;
    auto const turn = [&] {
        timers->run(now.steady);
        rooms->end_turn();
    };
    turn();
    EXPECT_EQ(rooms->resting(), 64);
    turn();
    EXPECT_EQ(rooms->resting(), 64) << "others have their turn";
    now.steady += 10ms;
    turn();
    EXPECT_EQ(rooms->resting(), 100);
}

} // namespace
} // namespace gatehouse::rooms
