// SPDX-License-Identifier: Apache-2.0
// Seats that wait for somebody (room_reserve.cpp).
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// A room that was opened with seats 0 and 1 waiting for Ann and Bob.
struct ReservedSeats : Table {
    void SetUp() override { open({.reserve = {"ann", "bob"}}); }
    void open(Wishes const& wishes)
    {
        auto const& rules = *bench.games.find("tally");
        bench.room
            = std::make_unique<Room>(std::string(Bench::stream), bench.options, bench.around);
        bench.room->open(
            {.game = "tally",
                .rules = rules.about().version,
                .code = "K7QXM",
                .seed = std::string(64, '0'),
                .options = to_hex(options_bytes(rules))},
            [](auto) {}, wishes);
        bench.settle();
    }
    [[nodiscard]] std::size_t waiting() const { return bench.room->state().reservations().size(); }
    [[nodiscard]] bool shows_reserved(std::size_t seat) const
    {
        return bench.room->summary()->seats[seat].reserved.value_or(false);
    }
    // What is stored, replayed: the same to the byte.
    void expect_replays()
    {
        EXPECT_EQ(bench.room->state().snapshot(), bench.replayed().snapshot());
        auto const again = RoomState::restore(bench.room->state().snapshot(), bench.games);
        ASSERT_TRUE(again) << again.error().detail;
        EXPECT_EQ(again->snapshot(), bench.room->state().snapshot());
    }
    Result<events::Version> obey(Order order)
    {
        std::optional<Result<events::Version>> answer;
        bench.room->obey(std::make_shared<Instruction>(
            std::move(order), [&](auto result) { answer = std::move(result); }));
        bench.settle();
        return answer.value();
    }
    Result<events::Version> give_up(std::string principal)
    {
        return obey(GiveUp{std::move(principal)});
    }
    void go(Client& who)
    {
        bench.ask(who, Gone{});
        bench.settle();
        who.version.reset();
    }
};

TEST_F(ReservedSeats, are_given_to_nobody_else)
{
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(eve.seat, 2) << "the one that waits for nobody";
    auto dan = bench.add("dan", 9);
    bench.join(dan);
    bench.settle();
    EXPECT_EQ(dan.errors[1], "room_full");
    bench.join(dan, {.id = 2, .seat = 0});
    bench.settle();
    EXPECT_EQ(dan.errors[2], "room_full");
    EXPECT_TRUE(shows_reserved(0) && shows_reserved(1) && !shows_reserved(2));
    expect_replays();
}

TEST_F(ReservedSeats, are_theirs_whom_they_wait_for_whatever_these_ask_for)
{
    bench.join(bob);
    bench.join(ann, {.id = 1, .seat = 2});
    bench.settle();
    EXPECT_EQ(bob.seat, 1);
    EXPECT_EQ(ann.seat, 0);
    EXPECT_EQ(waiting(), 0u);
    EXPECT_FALSE(shows_reserved(0));
    expect_replays();
}

TEST_F(ReservedSeats, wait_over_a_restart)
{
    bench.crash();
    EXPECT_EQ(waiting(), 2u);
    bench.join(eve);
    bench.join(ann);
    bench.settle();
    EXPECT_EQ(eve.seat, 2);
    EXPECT_EQ(ann.seat, 0);
    expect_replays();
}

TEST_F(ReservedSeats, are_free_when_their_time_is_up)
{
    bench.after(bench.options.seat_reserved - 1s);
    EXPECT_EQ(waiting(), 2u);
    bench.after(1s);
    EXPECT_EQ(waiting(), 0u);
    EXPECT_EQ(bench.kept.back().type, Released::name);
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(eve.seat, 0);
    expect_replays();
}

TEST_F(ReservedSeats, wait_a_moment_longer_where_nobody_served_the_room_meanwhile)
{
    bench.now.wall = bench.now.wall + bench.options.seat_reserved + 1h;
    bench.crash();
    bench.turn();
    EXPECT_EQ(waiting(), 2u);
    bench.join(ann);
    bench.settle();
    EXPECT_EQ(ann.seat, 0);
    bench.after(bench.options.overdue_grace);
    EXPECT_EQ(waiting(), 0u) << "and no longer";
}

TEST_F(ReservedSeats, do_not_lose_time_while_the_room_is_on_hold)
{
    auto const order = [&](Order what) {
        bench.room->obey(std::make_shared<Instruction>(std::move(what), [](auto) {}));
        bench.settle();
    };
    order(Pause{});
    bench.after(bench.options.seat_reserved + 1h);
    EXPECT_EQ(waiting(), 2u);
    expect_replays();
    order(Continue{});
    bench.after(bench.options.seat_reserved - 1s);
    EXPECT_EQ(waiting(), 2u);
    bench.after(1s);
    EXPECT_EQ(waiting(), 0u);
}

TEST_F(ReservedSeats, are_given_up_by_whom_they_wait_for_alone)
{
    EXPECT_EQ(give_up("eve").error().code, ErrorCode::not_found);
    EXPECT_EQ(give_up("").error().code, ErrorCode::not_found);
    ASSERT_TRUE(give_up("bob"));
    EXPECT_EQ(give_up("bob").error().code, ErrorCode::not_found) << "once";
    EXPECT_FALSE(shows_reserved(1));
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(eve.seat, 1);
}

TEST_F(ReservedSeats, are_had_by_whoever_could_sit_there)
{
    EXPECT_EQ(obey(Reserve{"eve", 1}).error().code, ErrorCode::room_full);
    EXPECT_EQ(obey(Reserve{"eve", 3}).error().code, ErrorCode::bad_request);
    auto const events = bench.kept.size();
    EXPECT_TRUE(obey(Reserve{"ann", {}})) << "one waits already";
    EXPECT_EQ(bench.kept.size(), events);
    ASSERT_TRUE(obey(Reserve{"eve", {}}));
    EXPECT_EQ(bench.room->state().reservations().back().seat, 2);
    EXPECT_EQ(obey(Reserve{"dan", {}}).error().code, ErrorCode::room_full);
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(eve.seat, 2);
    bench.act(eve, 1, "begin");
    bench.settle();
    EXPECT_EQ(obey(Reserve{"dan", {}}).error().code, ErrorCode::room_closed);
}

TEST_F(ReservedSeats, are_free_when_whom_they_wait_for_is_erased)
{
    bench.forget("bob");
    EXPECT_EQ(waiting(), 1u);
    EXPECT_FALSE(shows_reserved(1));
    expect_replays();
    std::string stored;
    for (auto const& event : bench.kept)
        stored += event.data;
    EXPECT_FALSE(stored.contains("ann") || stored.contains("bob")) << "sealed";
    auto again = bench.add("bob", 9);
    bench.join(again, {.id = 1, .seat = 1});
    bench.settle();
    EXPECT_EQ(again.seat, 1) << "somebody new, on a seat that is anybody's";
}

TEST_F(ReservedSeats, of_who_was_erased_while_nobody_served_the_room_are_free)
{
    std::erase_if(bench.keys, [](auto const& key) { return key.subject == "bob"; });
    bench.crash();
    bench.after(bench.options.overdue_grace + Milliseconds(1));
    EXPECT_EQ(waiting(), 1u);
    EXPECT_FALSE(shows_reserved(1));
    expect_replays();
}

TEST_F(ReservedSeats, may_be_had_and_released_by_the_host)
{
    bench.join(ann);
    bench.settle();
    std::uint64_t id = 0;
    auto const act = [&](std::string name, std::string body) {
        bench.act(ann, ++id, std::move(name), std::move(body));
        bench.settle();
        return ann.errors.contains(id) ? ann.errors[id] : "ack";
    };
    EXPECT_EQ(act("room.reserve", R"({"seat":1,"principal":"eve"})"), "room_full");
    EXPECT_EQ(act("room.bot", R"({"seat":1})"), "room_full");
    EXPECT_EQ(act("room.release", R"({"seat":2})"), "bad_request");
    EXPECT_EQ(act("room.reserve", R"({"seat":2})"), "bad_request");
    EXPECT_EQ(act("room.reserve", R"({"seat":2,"principal":"ann"})"), "bad_request");
    EXPECT_EQ(act("room.reserve", R"({"seat":2,"principal":"eve"})"), "ack");
    EXPECT_EQ(act("room.release", R"({"seat":1})"), "ack");
    EXPECT_EQ(act("room.bot", R"({"seat":1})"), "ack");
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(eve.seat, 2);
    bench.act(eve, 1, "room.reserve", R"({"seat":1,"principal":"bob"})");
    bench.settle();
    EXPECT_EQ(eve.errors[1], "forbidden");
    expect_replays();
}

TEST_F(ReservedSeats, are_closed_by_the_host_to_whom_they_wait_for)
{
    bench.join(ann);
    bench.settle();
    bench.act(ann, 1, "room.kick", R"({"seat":1})");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1)) << ann.errors[1];
    EXPECT_EQ(waiting(), 0u);
    EXPECT_FALSE(shows_reserved(1));
    bench.join(bob, {.id = 1, .seat = 1});
    bench.settle();
    EXPECT_EQ(bob.errors[1], "forbidden");
    EXPECT_EQ(obey(Reserve{"bob", {}}).error().code, ErrorCode::forbidden);
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(eve.seat, 1) << "and open to others";
    bench.act(eve, 1, "room.kick", R"({"seat":2})");
    bench.settle();
    EXPECT_EQ(eve.errors[1], "forbidden") << "she is no host";
    expect_replays();
}

// Strangers may have seats wait, so their wishes must not overtake who is there.
TEST_F(ReservedSeats, are_asked_for_in_the_order_of_players)
{
    std::vector<std::string> done;
    auto const note = [&](std::string what) {
        return [&done, what = std::move(what)](auto) { done.push_back(what); };
    };
    // While it is read, all wait.
    bench.room = std::make_unique<Room>(std::string(Bench::stream), bench.options, bench.around);
    bench.room->obey(std::make_shared<Instruction>(GiveUp{"bob"}, note("give up")));
    bench.room->obey(std::make_shared<Instruction>(Pause{}, note("pause")));
    bench.reload();
    bench.settle();
    EXPECT_EQ(done, (std::vector<std::string>{"pause", "give up"}));
    EXPECT_EQ(bench.kept.back().type, Released::name);
}

TEST_F(ReservedSeats, move_with_whom_they_wait_for)
{
    bench.join(ann);
    bench.act(ann, 1, "room.reserve", R"({"seat":2,"principal":"bob"})");
    bench.settle();
    EXPECT_EQ(waiting(), 1u);
    bench.join(eve);
    bench.join(bob);
    bench.settle();
    EXPECT_EQ(eve.seat, 1);
    EXPECT_EQ(bob.seat, 2);
}

TEST_F(ReservedSeats, of_a_room_that_goes_back_wait_for_as_long_as_they_did)
{
    auto const then = bench.room->state().snapshot();
    auto const at = bench.now.wall;
    bench.join(ann);
    bench.join(bob);
    bench.after(5min);
    bench.room->obey(std::make_shared<Instruction>(GoBack{at, then}, [](auto) {}));
    bench.settle();
    EXPECT_EQ(waiting(), 2u);
    EXPECT_EQ(
        bench.room->state().reservations()[0].until, bench.now.wall + bench.options.seat_reserved);
    expect_replays();
}

struct OtherRoom : ReservedSeats {
    void SetUp() override { }
};

TEST_F(OtherRoom, reserves_no_more_seats_than_there_are)
{
    open({.is_listed = false, .reserve = {"a", "b", "c", "d"}, .reserved_for = 5s});
    EXPECT_EQ(waiting(), 3u);
    EXPECT_FALSE(bench.room->state().is_listed());
    bench.after(5s);
    EXPECT_EQ(waiting(), 0u);
}

TEST(Snapshots, of_rooms_without_reservations_are_what_they_were)
{
    Bench bench;
    bench.open();
    auto const state = bench.room->state().snapshot().state;
    EXPECT_EQ(state.front(), 2) << "the format of every room that older servers read";
}

} // namespace
} // namespace gatehouse::rooms
