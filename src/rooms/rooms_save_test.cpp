// SPDX-License-Identifier: Apache-2.0
// The rooms of a shard, and the snapshots that they are kept by.
#include "rooms/testing_shard.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct SavedRooms : RoomsOfAShard {
    Client ann = client("ann", 1);
    std::uint64_t last_act = 0;

    void SetUp() override
    {
        options.others.room.snapshot_events = 5;
        options.others.room.snapshot_growth = 0;
        RoomsOfAShard::SetUp();
    }
    void add(std::string const& room, int times)
    {
        for (int i = 0; i < times; i++) {
            ask(room, ann, Act{.id = ++last_act, .name = "add", .body = R"({"n":1})"});
            settle();
        }
    }
    std::string played(std::string_view code, int times)
    {
        auto const room = **create_now(code);
        ask(room, ann, Join{.id = 1});
        add(room, times);
        return room;
    }
    void restart()
    {
        build();
        settle();
        store.were_read.clear();
    }
    int sum_for(Client& who, std::string const& room)
    {
        ask(room, who, Join{.id = 1});
        settle();
        return who.is_in ? who.view["game"]["sum"].get<int>() : -1;
    }
};

TEST_F(SavedRooms, wake_from_their_snapshot)
{
    auto const room = played("AAAAA", 9);
    EXPECT_EQ(rooms->snapshots_kept(), 2);
    ASSERT_TRUE(store.snapshots.contains(room));
    store.floors[room] = store.snapshots[room].version; // Nothing else is left of it.
    options.events_per_read = 1;
    restart();
    EXPECT_TRUE(complaints.empty());
    auto again = client("ann", 2);
    EXPECT_EQ(sum_for(again, room), 9);
    ask(room, again, Act{.id = 10, .name = "add", .body = R"({"n":1})"});
    settle();
    EXPECT_EQ(again.acks[10], 13);
}

TEST_F(SavedRooms, go_on_from_it_after_a_loss)
{
    auto const room = played("AAAAA", 9);
    store.floors[room] = store.snapshots[room].version;
    store.is_down = true;
    add(room, 1);
    EXPECT_EQ(ann.errors[10], "unavailable");
    store.is_down = false;
    after(1001ms);
    add(room, 1);
    EXPECT_EQ(ann.view["game"]["sum"], 10);
}

TEST_F(SavedRooms, read_all_events_where_it_cannot_be_used)
{
    auto const room = played("AAAAA", 9);
    store.snapshots[room].state[0] = 9;
    restart();
    ASSERT_EQ(complaints.size(), 1);
    EXPECT_EQ(complaints[0].message, "this room's snapshot cannot be used");
    auto again = client("ann", 2);
    EXPECT_EQ(sum_for(again, room), 9);
    EXPECT_NE(store.snapshots[room].state[0], 9) << "and take a new one";
}

TEST_F(SavedRooms, are_closed_where_neither_can_be_read)
{
    auto const room = played("AAAAA", 9);
    store.snapshots[room].state[0] = 9;
    store.floors[room] = 3;
    restart();
    ASSERT_EQ(complaints.size(), 2);
    EXPECT_TRUE(complaints[1].detail.contains("compacted"));
    auto again = client("ann", 2);
    EXPECT_EQ(sum_for(again, room), -1);
    EXPECT_EQ(again.errors[1], "internal");
}

TEST_F(SavedRooms, are_read_anew_where_they_were_compacted_meanwhile)
{
    auto const room = played("AAAAA", 9);
    auto const snapshot = store.snapshots[room];
    options.events_per_read = 1;
    store.snapshots.clear();
    build();
    answer_once();
    answer_once(); // The first event.
    store.snapshots[room] = snapshot;
    store.floors[room] = snapshot.version;
    settle();
    after(1001ms);
    auto again = client("ann", 2);
    EXPECT_EQ(sum_for(again, room), 9);
}

TEST_F(SavedRooms, do_without_what_the_store_refuses)
{
    store.refuses_snapshots = true;
    auto const room = played("AAAAA", 4);
    EXPECT_EQ(rooms->snapshots_refused(), 1);
    EXPECT_TRUE(complaints.empty());
    add(room, 2);
    EXPECT_EQ(rooms->snapshots_refused(), 1) << "not again and again";
    add(room, 1);
    EXPECT_EQ(rooms->snapshots_refused(), 2);
    EXPECT_EQ(rooms->snapshots_kept(), 0);
    EXPECT_TRUE(rooms->is_quiet());
}

TEST_F(SavedRooms, take_turns)
{
    options.others.room.snapshot_events = 1'000;
    options.snapshots_max = 2;
    build();
    settle();
    std::vector<std::string> all;
    for (char c = 'A'; c < 'H'; c++)
        all.push_back(played(std::string(5, c), 4));
    options.others.room.snapshot_events = 5; // Now all of them want one.
    build();
    settle();
    EXPECT_EQ(rooms->snapshots_kept(), 7);
    EXPECT_EQ(store.snapshots.size(), 7);
    EXPECT_TRUE(rooms->is_quiet());
}

TEST_F(SavedRooms, save_no_more_than_so_many_at_once)
{
    options.others.room.snapshot_events = 1'000;
    options.snapshots_max = 2;
    build();
    settle();
    for (char c = 'A'; c < 'E'; c++)
        played(std::string(5, c), 4);
    options.others.room.snapshot_events = 5;
    build();
    std::size_t most = 0;
    while (!rooms->is_started() || rooms->asleep() > 0 || !rooms->is_quiet()) {
        most = std::max(most, rooms->snapshots_under_way());
        answer_once();
    }
    EXPECT_EQ(most, 2);
    EXPECT_EQ(store.snapshots.size(), 4);
}

TEST_F(SavedRooms, leave_memory_saved)
{
    auto const room = played("AAAAA", 1);
    EXPECT_FALSE(store.snapshots.contains(room));
    ask(room, ann, Act{.id = ++last_act, .name = "end"});
    ask(room, ann, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0);
    EXPECT_EQ(store.snapshots[room].version, store.streams[room].size());
    EXPECT_TRUE(rooms->is_quiet());
}

}  // namespace
}  // namespace gatehouse::rooms
