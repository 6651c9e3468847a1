// SPDX-License-Identifier: Apache-2.0
#include "rooms/rooms.hpp"
#include "rooms/testing_shard.hpp"

#include <set>

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_F(RoomsOfAShard, open_rooms_and_find_them_by_code_in_any_case)
{
    auto const room = create_now("K7QXM");
    ASSERT_TRUE(room && *room);
    EXPECT_EQ((*room)->substr(0, 6), "k7qxm.");
    EXPECT_EQ(find_code("k7QXm"), **room);
    EXPECT_EQ(find_code("ZZZZZ")->error().code, ErrorCode::not_found);
    EXPECT_EQ(create_now("k7qxm")->error().code, ErrorCode::stale_base) << "that code is taken";
    auto const listing = describe(**room);
    ASSERT_TRUE(listing && *listing);
    EXPECT_EQ((*listing)->view.code, "K7QXM");
    EXPECT_EQ(rooms->list({.game = "tally", .only_open = true, .listings_max = 10}).size(), 1);
    EXPECT_TRUE(rooms->list({.game = "chess", .only_open = true, .listings_max = 10}).empty());
    EXPECT_TRUE(rooms->list({.listings_max = 0}).empty());
}

TEST_F(RoomsOfAShard, are_told_of_only_when_durable)
{
    rooms->create(*games.find("tally"), options_bytes(*games.find("tally")), "AAAAA",
        [](Result<std::string>) { FAIL() << "not yet"; });
    rooms->end_turn();
    EXPECT_TRUE(rooms->list({.listings_max = 10}).empty());
    EXPECT_FALSE(rooms->is_quiet());
    store.answers.clear();
}

TEST_F(RoomsOfAShard, have_a_number)
{
    options.others.rooms_max = 2;
    build();
    settle();
    auto const first = **create_now("AAAAA");
    EXPECT_TRUE(*create_now("BBBBB"));
    EXPECT_EQ(create_now("CCCCC")->error().code, ErrorCode::busy);
    auto ann = client("ann", 1);
    ask(first, ann, Join{.id = 1});
    ask(first, ann, Act{.id = 1, .name = "end"});
    settle();
    EXPECT_EQ(rooms->unfinished(), 1);
    EXPECT_TRUE(*create_now("CCCCC")) << "a finished room makes room";
}

TEST_F(RoomsOfAShard, sleep_when_finished_and_deserted_and_wake_for_anybody)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    ask(room, ann, Act{.id = 1, .name = "end"});
    settle();
    EXPECT_EQ(rooms->awake(), 1);
    ask(room, ann, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0);
    ask(room, ann, Gone{});
    EXPECT_EQ(rooms->awake(), 0) << "a farewell wakes nobody";
    EXPECT_EQ((*describe(room))->view.status, Status::finished);
    EXPECT_EQ(rooms->awake(), 0);
    auto eve = client("eve", 2);
    ask(room, eve, Join{.id = 1, .as_spectator = true});
    settle();
    EXPECT_TRUE(eve.is_in);
    EXPECT_EQ(eve.view["room"]["status"], "finished");
}

TEST_F(RoomsOfAShard, that_nobody_knows_refuse)
{
    auto ann = client("ann", 1);
    ask("k7qxm.00000000", ann, Join{.id = 4});
    settle();
    EXPECT_EQ(ann.errors[4], "not_found");
    EXPECT_TRUE(complaints.empty()) << "guesses are no trouble";
    auto const finds = store.finds;
    for (std::string const& nonsense : {std::string(), std::string(129, 'a'), std::string("a\0b"s),
             std::string("a b"), std::string("\xc3\xa4")})
        EXPECT_EQ(describe(nonsense)->error().code, ErrorCode::not_found);
    EXPECT_EQ(find_code("k7qxm.00000000")->error().code, ErrorCode::not_found);
    EXPECT_EQ(store.finds, finds) << "the store is not asked for what can be no room";
    ask("k7qxm.00000000", ann, Act{.id = 5, .name = "pass"});
    EXPECT_EQ(ann.errors[5], "not_found");
    EXPECT_EQ(describe("k7qxm.00000000")->error().code, ErrorCode::not_found);
}

TEST_F(RoomsOfAShard, come_back_after_a_restart_with_their_alarms)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    ask(room, ann, Act{.id = 1, .name = "arm", .body = R"({"timer":"tick","after":500})"});
    settle();
    now.steady += 1h;
    now.wall = now.wall + Milliseconds(1h);
    options.events_per_read = 2; // Several pages.
    build();
    settle();
    ASSERT_TRUE(started && *started);
    EXPECT_EQ(**started, 1);
    EXPECT_EQ(rooms->awake(), 1);
    after(2999ms);
    EXPECT_EQ(store.streams[room].back().type, "room.acted");
    after(2ms);
    EXPECT_EQ(store.streams[room].back().type, "added");
}

struct RoomsAtTheStart : RoomsOfAShard {
    // Rooms with an alarm after so long; without any: none.
    std::string with_alarm(std::string_view code, std::optional<int> after)
    {
        auto const room = **create_now(code);
        auto ann = client("ann", 1);
        ask(room, ann, Join{.id = 1});
        if (after)
            ask(room, ann, Act{.id = 1, .name = "arm",
                .body = R"({"timer":"tick","after":)" + std::to_string(*after) + "}"});
        settle();
        return room;
    }
    std::string calm, late, due, next;

    void SetUp() override
    {
        RoomsOfAShard::SetUp();
        calm = with_alarm("AAAAA", std::nullopt);
        late = with_alarm("BBBBB", 60'000);
        due = with_alarm("CCCCC", 10);
        next = with_alarm("DDDDD", 500);
    }
    void start_one_by_one()
    {
        options.hydrations_max = 1;
        build();
        store.were_read.clear();
    }
};

TEST_F(RoomsOfAShard, are_ready_when_all_are_known_and_wake_behind_that)
{
    for (char c = 'A'; c < 'G'; c++)
        static_cast<void>(**create_now(std::string(5, c)));
    options.hydrations_max = 2;
    build();
    answer_once();
    EXPECT_TRUE(started && rooms->is_started());
    EXPECT_EQ(**started, 6);
    EXPECT_EQ(rooms->unfinished(), 6);
    EXPECT_EQ(rooms->asleep(), 6);
    EXPECT_TRUE(rooms->list({.listings_max = 10}).empty()) << "only who is awake is listed";
    EXPECT_EQ(store.answers.size(), 2) << "so many are read at once";
    settle();
    EXPECT_EQ(rooms->asleep(), 0);
    EXPECT_EQ(rooms->list({.listings_max = 10}).size(), 6);
}

TEST_F(RoomsAtTheStart, wake_in_the_order_of_their_alarms)
{
    start_one_by_one();
    settle();
    // The first one was read before the others were known.
    store.were_read.erase(store.were_read.begin());
    EXPECT_TRUE(std::ranges::is_sorted(store.were_read, {}, [&](std::string const& room) {
        return room == due ? 0 : room == next ? 1 : room == late ? 2 : 3;
    })) << ::testing::PrintToString(store.were_read);
}

TEST_F(RoomsAtTheStart, let_whom_somebody_waits_for_go_first)
{
    start_one_by_one();
    answer_once();
    auto ann = client("ann", 1);
    ask(calm, ann, Join{.id = 1});
    answer_once();
    answer_once();
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ(store.were_read[1], calm);
    EXPECT_EQ(rooms->asleep(), 2);
    settle();
    EXPECT_EQ(store.were_read.size(), 4);
}

TEST_F(RoomsAtTheStart, answer_before_all_are_known)
{
    build(); // Nothing is known yet.
    auto ann = client("ann", 1);
    ask(calm, ann, Join{.id = 1});
    std::string found;
    rooms->find_code("DDDDD", [&](Result<std::string> room) { found = *room; });
    store.answers.erase(store.answers.begin(), store.answers.begin() + slots_total);
    settle(); // The slots are never told of.
    EXPECT_FALSE(rooms->is_started());
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ(found, next);
    EXPECT_EQ(describe("zzzzz.00000000")->error().code, ErrorCode::not_found);
}

TEST_F(RoomsOfAShard, are_asked_for_again_where_the_store_cannot_read_at_the_start)
{
    auto const room = **create_now("AAAAA");
    store.is_down = true;
    build();
    settle();
    EXPECT_FALSE(rooms->is_started());
    EXPECT_FALSE(complaints.empty());
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_EQ(create_now("AAAAA")->error().code, ErrorCode::unavailable);
    store.is_down = false;
    after(1001ms);
    EXPECT_TRUE(rooms->is_started());
    ask(room, ann, Join{.id = 2});
    settle();
    EXPECT_TRUE(ann.is_in);
}

TEST_F(RoomsOfAShard, survive_a_store_that_fails_for_a_while)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    store.is_down = true;
    ask(room, ann, Act{.id = 1, .name = "add", .body = R"({"n":5})"});
    settle();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_TRUE(rooms->is_store_failing());
    auto const reads = store.reads;
    after(900ms);
    EXPECT_EQ(store.reads, reads) << "not again and again";
    after(200ms);
    EXPECT_EQ(store.reads, reads + 1);
    store.is_down = false;
    after(1001ms);
    ask(room, ann, Act{.id = 1, .name = "add", .body = R"({"n":5})"});
    settle();
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(ann.view["game"]["sum"], 5);
    EXPECT_FALSE(rooms->is_store_failing());
}

// Its end was lost, and then it could not be read: it is not finished, and its alarms have to ring.
TEST_F(RoomsOfAShard, stay_awake_where_nobody_knows_whether_they_are_finished)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    store.is_down = true;
    ask(room, ann, Act{.id = 1, .name = "end"});
    ask(room, ann, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 1);
    store.is_down = false;
    after(1001ms);
    EXPECT_EQ(rooms->unfinished(), 1);
    EXPECT_EQ(rooms->list({.game = "tally", .listings_max = 10}).size(), 1);
}

TEST_F(RoomsOfAShard, that_ended_before_they_were_kept_are_counted_out_once)
{
    store.is_down = true;
    rooms->create(*games.find("tally"), options_bytes(*games.find("tally")), "AAAAA", [](auto) {});
    auto ann = client("ann", 1);
    std::string room;
    rooms->find_code("AAAAA", [&](Result<std::string> found) { room = *found; });
    ask(room, ann, Join{.id = 1});
    ask(room, ann, Act{.id = 1, .name = "end"});
    settle();
    store.is_down = false;
    after(1001ms);
    EXPECT_EQ(find_code("AAAAA")->error().code, ErrorCode::not_found);
    EXPECT_EQ(rooms->unfinished(), 0);
}

TEST_F(RoomsOfAShard, do_not_doubt_their_store_for_ever)
{
    store.is_down = true;
    EXPECT_FALSE(*create_now("AAAAA"));
    after(9s);
    EXPECT_TRUE(rooms->is_store_failing());
    after(2s);
    EXPECT_FALSE(rooms->is_store_failing()) << "or nobody would ever try again";
}

TEST_F(RoomsOfAShard, that_were_never_kept_are_forgotten)
{
    store.is_down = true;
    EXPECT_EQ(create_now("AAAAA")->error().code, ErrorCode::unavailable);
    store.is_down = false;
    after(1001ms);
    EXPECT_EQ(rooms->unfinished(), 0);
    EXPECT_EQ(find_code("AAAAA")->error().code, ErrorCode::not_found);
    EXPECT_TRUE(*create_now("AAAAA"));
}

TEST_F(RoomsOfAShard, that_are_finished_are_found_in_the_store)
{
    auto const room = past("AAAAA");
    EXPECT_EQ(rooms->awake(), 0);
    EXPECT_EQ(find_code("aaaaa"), room);
    build();
    settle();
    EXPECT_EQ(**started, 0) << "it does not come back by itself";
    EXPECT_EQ((*describe(room))->view.status, Status::finished);
    auto eve = client("eve", 2);
    ask(room, eve, Join{.id = 1, .as_spectator = true});
    ask(room, eve, Act{.id = 7, .name = "pass"}); // In the same breath.
    settle();
    EXPECT_TRUE(eve.is_in);
    EXPECT_EQ(eve.errors[7], "forbidden");
    ask(room, eve, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0);
}

TEST_F(RoomsOfAShard, that_are_finished_share_their_code_with_later_ones)
{
    auto const first = past("AAAAA");
    auto const second = past("AAAAA");
    ASSERT_NE(first, second);
    EXPECT_EQ(find_code("AAAAA"), second) << "the newest";
    auto eve = client("eve", 2);
    ask(first, eve, Join{.id = 1, .as_spectator = true});
    settle();
    EXPECT_EQ(find_code("AAAAA"), second) << "whoever is looked at";
    auto const third = **create_now("AAAAA");
    EXPECT_EQ(find_code("AAAAA"), third) << "the one that goes on";
    EXPECT_EQ(create_now("AAAAA")->error().code, ErrorCode::stale_base);
    ask(first, eve, Gone{});
    settle();
    EXPECT_EQ(find_code("AAAAA"), third);
    EXPECT_EQ(rooms->unfinished(), 1);
}

TEST_F(RoomsOfAShard, that_are_looked_for_have_a_number)
{
    options.lookups_max = 2;
    options.lookup_waiters_max = 3;
    build();
    settle();
    auto const room = past("AAAAA");
    auto const finds = store.finds;
    std::vector<Client> crowd;
    for (std::uint64_t i = 0; i < 4; i++)
        crowd.push_back(client("p" + std::to_string(i), i + 1));
    for (auto& each : crowd)
        ask(room, each, Join{.id = 1, .as_spectator = true});
    EXPECT_EQ(crowd[3].errors[1], "busy");
    EXPECT_EQ(store.finds, finds + 1) << "once for all";
    ask(room, crowd[0], Gone{}); // Is heard, or its place would be held for ever.
    auto ann = client("ann", 9);
    ask("bbbbb.00000000", ann, Join{.id = 1});
    ask("ccccc.00000000", ann, Join{.id = 2});
    EXPECT_EQ(ann.errors[2], "busy");
    settle();
    EXPECT_EQ(ann.errors[1], "not_found");
    EXPECT_TRUE(crowd[1].is_in && crowd[2].is_in);
    ask(room, crowd[1], Gone{});
    ask(room, crowd[2], Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0);
}

TEST_F(RoomsOfAShard, cannot_be_found_while_the_store_cannot_be_read)
{
    auto const room = past("AAAAA");
    build(); // What it was is cached no more.
    settle();
    store.is_down = true;
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_EQ(find_code("AAAAA")->error().code, ErrorCode::unavailable);
    EXPECT_EQ(describe(room)->error().code, ErrorCode::unavailable);
    store.is_down = false;
    EXPECT_TRUE(*describe(room));
}

TEST_F(RoomsOfAShard, with_broken_history_refuse_and_leave_the_others_alone)
{
    auto const broken = **create_now("AAAAA");
    auto const sound = **create_now("BBBBB");
    store.streams[broken][0].data = "nonsense";
    build();
    settle();
    EXPECT_TRUE(*started);
    auto ann = client("ann", 1);
    ask(broken, ann, Join{.id = 1});
    ask(sound, ann, Join{.id = 2});
    settle();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ((*describe(broken)).error().code, ErrorCode::unavailable);
}

// The store named the room, and then finds nothing under its name: an index of it is damaged.
TEST_F(RoomsOfAShard, are_not_unknown_because_their_history_cannot_be_found)
{
    auto const room = **create_now("AAAAA");
    store.streams[room].clear();
    for (auto const version : {store.known[room].version, events::Version{0}}) {
        store.known[room].version = version;
        build();
        settle();
        auto ann = client("ann", 1);
        ask(room, ann, Join{.id = 1});
        settle();
        EXPECT_EQ(ann.errors[1], "internal") << version;
    }
}

// Or finds less of it: what was acked behind that must not be done anew.
TEST_F(RoomsOfAShard, do_not_go_on_from_a_history_that_lacks_its_end)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    ASSERT_TRUE(ann.is_in);
    ASSERT_GT(store.streams[room].size(), 1u);
    store.streams[room].pop_back();
    build();
    settle();
    auto bob = client("bob", 2);
    ask(room, bob, Join{.id = 1});
    settle();
    EXPECT_EQ(bob.errors[1], "internal");
}

TEST_F(RoomsOfAShard, end_their_turn_when_a_late_decision_comes)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    held.is_on = true;
    ask(room, ann, Act{.id = 1, .name = "add", .body = R"({"n":5})"});
    settle();
    EXPECT_TRUE(ann.is_in);
    EXPECT_TRUE(ann.acks.empty());
    held.release();
    settle();
    EXPECT_TRUE(ann.acks.contains(1));
}

TEST(Codes, have_letters_that_do_not_look_alike)
{
    CountingDice dice;
    std::set<std::string> codes;
    for (int i = 0; i < 32; i++) {
        auto const code = draw_code(dice);
        EXPECT_EQ(code.size(), code_length);
        EXPECT_EQ(code.find_first_of("01IO"), std::string::npos);
        codes.insert(code);
    }
    EXPECT_EQ(codes.size(), 32);
}

TEST_F(RoomsOfAShard, refuse_who_joins_while_the_store_may_be_anothers)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    rooms->note_lease(now.steady + 5s);
    ask(room, ann, Join{.id = 1});
    settle();
    EXPECT_TRUE(ann.is_in);
    now.steady += 5s; // The process stood still.
    auto bob = client("bob", 2);
    ask(room, bob, Join{.id = 7});
    settle();
    EXPECT_FALSE(bob.is_in);
    EXPECT_EQ(bob.errors.at(7), "busy");
    ask(room, ann, Act{.id = 1, .name = "begin"});
    settle();
    EXPECT_TRUE(ann.acks.contains(1)) << "the store itself fences what is written";
    rooms->note_lease(now.steady + 5s);
    ask(room, bob, Join{.id = 8});
    settle();
    EXPECT_FALSE(bob.errors.contains(8) && bob.errors.at(8) == "busy");
}

TEST_F(RoomsOfAShard, refuse_who_waited_for_a_room_until_the_store_may_be_anothers)
{
    auto const room = **create_now("AAAAA");
    auto before = client("ann", 9); // She has her seat: coming back appends nothing.
    ask(room, before, Join{.id = 1});
    settle();
    std::size_t refused = 0;
    for (int steps = 0; steps < 8; steps++) {
        build();
        rooms->note_lease(now.steady + 5s);
        auto ann = client("ann", 1);
        ask(room, ann, Join{.id = 1});
        for (int i = 0; i < steps; i++)
            answer_once();
        bool const was_in = ann.is_in;
        now.steady += 5s; // The process stands still while the room is read.
        settle();
        EXPECT_EQ(ann.is_in, was_in) << "after " << steps << " steps";
        refused += ann.errors[1] == "busy";
        clients.clear();
    }
    EXPECT_GE(refused, 2u);
    EXPECT_LT(refused, 8u);
}

}  // namespace
}  // namespace gatehouse::rooms
