// SPDX-License-Identifier: Apache-2.0
// Rooms that nobody is in leave memory, and nobody can tell when they are back.
#include "rooms/testing_shard.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct SleepyRooms : RoomsOfAShard {
    std::deque<Client> people{};
    std::uint64_t connections = 0;
    std::uint64_t last_act = 0;

    void SetUp() override
    {
        options.sleep_after = 60s;
        RoomsOfAShard::SetUp();
    }
    Client& enter(std::string const& room, std::string const& name = "ann")
    {
        auto& who = people.emplace_back(client(name, ++connections));
        ask(room, who, Join{.id = 1});
        settle();
        return who;
    }
    void act(std::string const& room, Client& who, std::string name, std::string body)
    {
        ask(room, who, Act{.id = ++last_act, .name = std::move(name), .body = std::move(body)});
        settle();
    }
    void leave(std::string const& room, Client& who)
    {
        ask(room, who, Gone{});
        settle();
    }
    // A room in which so much was added, that was left now.
    std::string left(std::string_view code, int times = 1)
    {
        auto const room = **create_now(code);
        auto& ann = enter(room);
        for (int i = 0; i < times; i++)
            act(room, ann, "add", R"({"n":1})");
        leave(room, ann);
        return room;
    }
};

TEST_F(SleepyRooms, leave_memory_when_nobody_was_in_them_for_a_while)
{
    auto const room = left("AAAAA", 3);
    after(59s);
    EXPECT_EQ(rooms->awake(), 1);
    after(2s);
    EXPECT_EQ(rooms->awake(), 0);
    EXPECT_EQ(rooms->resting(), 1);
    EXPECT_EQ(rooms->put_to_sleep(), 1);
    EXPECT_EQ(rooms->unfinished(), 1) << "it counts as a room all the same";
    EXPECT_EQ(create_now("AAAAA")->error().code, ErrorCode::stale_base) << "and has its code";
}

TEST_F(SleepyRooms, are_told_of_without_being_woken)
{
    auto const room = left("AAAAA", 3);
    auto const before = *describe(room);
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    auto const reads = store.reads + store.finds;
    auto const listed = rooms->list({.game = "tally", .only_open = true});
    ASSERT_EQ(listed.size(), 1);
    auto const asleep = *describe(room);
    EXPECT_EQ(listed[0].room, room);
    EXPECT_EQ(listed[0].opened_at, before->opened_at);
    EXPECT_EQ(asleep->view.seats[0].name, before->view.seats[0].name);
    EXPECT_EQ(asleep->view.seats[0].by, Occupant::player);
    EXPECT_EQ(find_code("aaaaa"), room);
    EXPECT_EQ(store.reads + store.finds, reads);
    EXPECT_EQ(rooms->resting(), 1);
}

TEST_F(SleepyRooms, wake_for_whoever_comes_and_are_what_they_were)
{
    auto const room = left("AAAAA", 3);
    for (int round = 1; round <= 3; round++) {
        after(61s);
        ASSERT_EQ(rooms->resting(), 1);
        auto again = client("ann", 50 + static_cast<std::uint64_t>(round));
        ask(room, again, Join{.id = 1});
        settle();
        ASSERT_TRUE(again.is_in);
        EXPECT_EQ(again.seat, 0);
        EXPECT_EQ(again.view["game"]["sum"], 2 + round);
        ask(room, again, Act{.id = last_act, .name = "add", .body = R"({"n":1})"});
        act(room, again, "add", R"({"n":1})");
        EXPECT_TRUE(again.acks.contains(last_act - 1)) << "what was applied is known";
        EXPECT_EQ(again.view["game"]["sum"], 3 + round);
        EXPECT_EQ(rooms->woken(), round);
        leave(room, again);
    }
    EXPECT_EQ(rooms->put_to_sleep(), 3);
    EXPECT_TRUE(complaints.empty());
}

TEST_F(SleepyRooms, stay_where_somebody_is)
{
    auto const room = **create_now("AAAAA");
    auto& ann = enter(room);
    after(600s);
    EXPECT_EQ(rooms->awake(), 1);
    auto eve = client("eve", 7);
    ask(room, eve, Join{.id = 1, .as_spectator = true});
    leave(room, ann);
    after(600s);
    EXPECT_EQ(rooms->awake(), 1) << "who watches is somebody";
    leave(room, eve);
    after(61s);
    EXPECT_EQ(rooms->awake(), 0);
}

TEST_F(SleepyRooms, ring_their_timers_in_time)
{
    auto const room = **create_now("AAAAA");
    auto& ann = enter(room);
    act(room, ann, "arm", R"({"timer":"tick","after":300000})");
    leave(room, ann);
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    after(238s);
    EXPECT_EQ(store.streams[room].back().type, "room.acted");
    after(1s);
    after(1ms);
    EXPECT_EQ(store.streams[room].back().type, "added");
    EXPECT_EQ(rooms->woken(), 1);
    after(61s);
    EXPECT_EQ(rooms->resting(), 1) << "and sleep again";
}

// Found by a seed of the simulation: laid down in its grace, it was late at each waking anew.
TEST_F(SleepyRooms, that_could_not_be_read_in_time_ring_after_a_grace_however_short_memory_is)
{
    options.memory_short_at_percent = 0;
    options.nap_min = 0ms;
    options.others.room.overdue_grace = 500ms;
    build();
    settle();
    auto const room = **create_now("AAAAA");
    auto& ann = enter(room);
    act(room, ann, "arm", R"({"timer":"tick","after":60000})");
    leave(room, ann);
    after(2s);
    ASSERT_EQ(rooms->resting(), 1);
    store.is_down = true;
    after(59s);
    store.is_down = false;
    for (int i = 0; i < 40; i++)
        after(50ms);
    EXPECT_EQ(store.streams[room].back().type, "added");
}

TEST_F(SleepyRooms, whose_alarm_is_near_are_not_laid_down)
{
    auto const room = **create_now("AAAAA");
    auto& ann = enter(room);
    act(room, ann, "arm", R"({"timer":"tick","after":62000})");
    leave(room, ann);
    after(61s);
    EXPECT_EQ(rooms->awake(), 1);
}

TEST_F(SleepyRooms, miss_their_players_as_if_they_were_awake)
{
    options.others.room.seat_held = 120s;
    options.others.room.abandoned = 600s;
    build();
    settle();
    auto const room = left("AAAAA");
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    after(58s);
    EXPECT_EQ(store.streams[room].back().type, "added");
    after(1s);
    after(1ms);
    EXPECT_EQ(store.streams[room].back().type, "room.seat_left");
    after(61s);
    EXPECT_EQ(rooms->resting(), 1);
    after(414s);
    EXPECT_FALSE(store.known[room].state.finished);
    after(5s);
    after(1ms);
    EXPECT_TRUE(store.known[room].state.finished) << "nobody was in it for ten minutes";
}

TEST_F(SleepyRooms, miss_nobody_who_comes_before_their_time_is_up)
{
    options.others.room.seat_held = 120s;
    build();
    settle();
    auto const room = left("AAAAA");
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    after(58s);
    auto again = client("ann", 9);
    ask(room, again, Join{.id = 1});
    rooms->end_turn();
    now.steady += 2s; // The store takes its time.
    now.wall = now.wall + 2s;
    settle();
    ASSERT_TRUE(again.is_in);
    EXPECT_EQ(again.seat, 0);
    EXPECT_NE(store.streams[room].back().type, "room.seat_left");
}

TEST_F(SleepyRooms, take_a_snapshot_first_where_there_is_much_to_replay)
{
    auto const little = left("AAAAA", 3);
    auto const much = left("BBBBB", 40);
    after(61s);
    EXPECT_EQ(rooms->resting(), 2);
    EXPECT_FALSE(store.snapshots.contains(little));
    ASSERT_TRUE(store.snapshots.contains(much));
    EXPECT_EQ(store.snapshots[much].version, store.streams[much].size());
    store.floors[much] = store.streams[much].size(); // Nothing else is left of it.
    EXPECT_EQ(enter(much).view["game"]["sum"], 40);
    EXPECT_TRUE(complaints.empty());
}

TEST_F(SleepyRooms, take_no_more_snapshots_at_once_than_they_may)
{
    options.snapshots_max = 2;
    build();
    settle();
    for (int i = 0; i < 7; i++)
        left("AAAA" + std::string(1, static_cast<char>('A' + i)), 40);
    now.steady += 61s;
    now.wall = now.wall + 61s;
    timers->run(now.steady);
    rooms->end_turn();
    EXPECT_EQ(rooms->snapshots_under_way(), 2);
    for (int i = 0; i < 10; i++)
        after(11ms);
    EXPECT_EQ(rooms->resting(), 7);
    EXPECT_EQ(rooms->snapshots_kept(), 7);
}

TEST_F(SleepyRooms, sleep_without_one_where_the_store_keeps_none)
{
    store.refuses_snapshots = true;
    auto const room = left("AAAAA", 40);
    after(61s);
    EXPECT_EQ(rooms->resting(), 1);
    EXPECT_EQ(enter(room).view["game"]["sum"], 40);
}

TEST_F(SleepyRooms, are_not_laid_down_while_their_snapshot_is_on_its_way_and_somebody_comes)
{
    auto const room = left("AAAAA", 40);
    now.steady += 61s;
    now.wall = now.wall + 61s;
    timers->run(now.steady);
    rooms->end_turn(); // The snapshot is on its way.
    auto ann = client("ann", 9);
    ask(room, ann, Join{.id = 1});
    settle();
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ(rooms->awake(), 1);
    EXPECT_EQ(rooms->snapshots_kept(), 1);
}

TEST_F(SleepyRooms, that_cannot_be_read_are_asked_for_again)
{
    auto const room = left("AAAAA", 3);
    after(61s);
    store.is_down = true;
    auto ann = client("ann", 9);
    ask(room, ann, Join{.id = 1});
    settle();
    EXPECT_EQ(ann.errors[1], "unavailable");
    store.is_down = false;
    after(1001ms);
    EXPECT_EQ(enter(room).view["game"]["sum"], 3);
}

TEST_F(SleepyRooms, that_an_operator_has_to_look_at_stay)
{
    auto const room = **create_now("AAAAA");
    auto& ann = enter(room);
    act(room, ann, "boom", "{}");
    ASSERT_EQ(rooms->letters().size(), 1);
    leave(room, ann);
    after(600s);
    EXPECT_EQ(rooms->letters().size(), 1);
}

TEST_F(SleepyRooms, show_no_name_of_who_was_forgotten)
{
    auto const room = **create_now("AAAAA");
    auto& ann = enter(room, "ann");
    auto& bob = enter(room, "bob");
    act(room, ann, "room.name", R"({"name":"Ann"})");
    leave(room, ann);
    leave(room, bob);
    after(61s);
    ASSERT_EQ(rooms->resting(), 1);
    ASSERT_EQ(rooms->list({.listings_max = 1})[0].view.seats[0].name, "Ann");
    rooms->forget("ann", [] {});
    auto const seats = rooms->list({.listings_max = 1})[0].view.seats;
    EXPECT_FALSE(seats[0].name);
    EXPECT_EQ(seats[0].by, Occupant::player);
}

// ---- Memory

struct CrampedRooms : SleepyRooms {
    std::vector<std::string> made{};

    // So that so many rooms take just what they may.
    void SetUp() override
    {
        SleepyRooms::SetUp();
        auto const room = left("ZZZZZ");
        options.memory_max = rooms->bytes() * 10;
        store.streams.clear();
        store.known.clear();
        build();
        settle();
    }
    void make(int count)
    {
        for (int i = 0; i < count; i++) {
            made.push_back(left("AAAA" + std::string(1, static_cast<char>('A' + made.size()))));
            after(1s);
        }
    }
};

TEST_F(CrampedRooms, sleep_sooner_and_who_was_idle_longest_first)
{
    make(7);
    EXPECT_EQ(rooms->resting(), 0);
    EXPECT_GT(rooms->bytes(), options.memory_max / 2);
    auto ann = client("ann", 90); // The first one is not idle any more.
    ask(made[0], ann, Join{.id = 1});
    settle();
    make(5);
    after(100ms);
    EXPECT_GT(rooms->resting(), 1);
    EXPECT_LT(rooms->bytes(), options.memory_max / 100 * 81);
    store.were_read.clear();
    auto const resting = rooms->resting();
    auto eve = client("eve", 91);
    ask(made[1], eve, Join{.id = 1, .as_spectator = true});
    settle();
    EXPECT_EQ(store.were_read, std::vector{made[1]}) << "it went first";
    EXPECT_TRUE(ann.view.contains("game"));
    store.were_read.clear();
    act(made[0], ann, "add", R"({"n":1})");
    EXPECT_TRUE(ann.acks.contains(last_act));
    EXPECT_TRUE(store.were_read.empty());
    EXPECT_GE(resting + 1, rooms->resting());
}

TEST_F(CrampedRooms, refuse_new_ones_while_all_are_in_use)
{
    std::deque<Client> here;
    std::optional<Error> refused;
    for (int i = 0; i < 26 && !refused; i++) {
        auto const room = create_now("BBBB" + std::string(1, static_cast<char>('A' + i)));
        if (!*room) {
            refused = room->error();
            break;
        }
        here.push_back(client("p" + std::to_string(i), 200 + static_cast<std::uint64_t>(i)));
        ask(**room, here.back(), Join{.id = 1});
        settle();
        after(20ms);
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::busy);
    EXPECT_TRUE(refused->message.contains("memory")) << refused->message;
    EXPECT_EQ(rooms->memory_refusals(), 1);
    ASSERT_EQ(complaints.size(), 1) << "an operator hears of it";
    EXPECT_FALSE(*create_now("CCCCC"));
    EXPECT_EQ(complaints.size(), 1) << "once a minute";
    EXPECT_EQ(rooms->resting(), 0) << "somebody is in each";
    for (auto const& each : here)
        EXPECT_TRUE(each.is_in);
    ask(rooms->list({.listings_max = 1})[0].room, here.back(), Gone{});
    settle();
    after(100ms);
    EXPECT_EQ(rooms->resting(), 1);
    EXPECT_TRUE(*create_now("CCCCC")) << "who goes makes place";
}

} // namespace
} // namespace gatehouse::rooms
