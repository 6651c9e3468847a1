// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct Saving : ::testing::Test {
    Bench bench{{.snapshot_events = 4, .snapshot_growth = 0}};
    Client ann = bench.add("ann", 1);

    void SetUp() override
    {
        bench.open();
        bench.join(ann);
        bench.settle(); // Three events.
    }
    void add(std::uint64_t id) { bench.act(ann, id, "add", R"({"n":1})"); }
    // As Rooms does.
    void turn()
    {
        if (bench.room->wants_saving())
            bench.room->save();
        bench.turn();
    }
};

TEST_F(Saving, waits_for_so_many_events)
{
    EXPECT_FALSE(bench.room->wants_saving());
    add(1);
    EXPECT_TRUE(bench.room->wants_saving());
    turn();
    bench.settle();
    for (std::uint64_t id = 2; id <= 4; id++)
        add(id);
    bench.room->saved();
    EXPECT_FALSE(bench.room->wants_saving()) << "it counts from the last one";
    add(5);
    EXPECT_TRUE(bench.room->wants_saving());
}

TEST_F(Saving, gives_away_nothing_that_is_not_durable)
{
    add(1);
    turn();
    add(2);
    turn();
    EXPECT_TRUE(bench.snapshots.empty());
    bench.keep();
    ASSERT_EQ(bench.snapshots.size(), 1);
    EXPECT_EQ(bench.snapshots[0].version, 4) << "the second event is not durable yet";
    EXPECT_EQ(bench.snapshots[0], bench.replayed().snapshot());
}

TEST_F(Saving, drops_what_was_lost)
{
    add(1);
    turn();
    EXPECT_TRUE(bench.room->is_saving());
    bench.lose();
    bench.reload();
    EXPECT_FALSE(bench.room->is_saving());
    EXPECT_TRUE(bench.snapshots.empty());
    EXPECT_FALSE(bench.room->wants_saving());
    add(2);
    EXPECT_TRUE(bench.room->wants_saving());
}

TEST_F(Saving, has_one_under_way)
{
    add(1);
    turn();
    for (std::uint64_t id = 2; id <= 9; id++)
        add(id);
    EXPECT_FALSE(bench.room->wants_saving()) << "it is in the gate";
    bench.settle();
    EXPECT_FALSE(bench.room->wants_saving()) << "it is with the store";
    bench.room->saved();
    EXPECT_TRUE(bench.room->wants_saving());
}

TEST_F(Saving, is_worth_its_price)
{
    bench.options.snapshot_growth = 2;
    std::uint64_t id = 0;
    while (bench.snapshots.empty() && id < 1'000) {
        add(++id);
        turn();
        bench.settle();
    }
    auto const first = bench.replayed();
    ASSERT_EQ(bench.snapshots.size(), 1);
    EXPECT_GE(first.bytes(), 2 * bench.snapshots[0].state.size());
    EXPECT_LT(first.bytes(), 3 * bench.snapshots[0].state.size()) << "and in time";
    bench.room->saved();
    for (int i = 0; i < 20; i++)
        add(++id);
    EXPECT_FALSE(bench.room->wants_saving()) << "its data is small";
    bench.act(ann, ++id, "shout", R"({"n":10000})");
    EXPECT_TRUE(bench.room->wants_saving());
}

TEST_F(Saving, goes_on_from_where_it_was_restored)
{
    add(1);
    turn();
    bench.settle();
    auto const snapshot = bench.snapshots.at(0);
    for (std::uint64_t id = 2; id <= 4; id++)
        add(id);
    bench.settle();

    bench.room = std::make_unique<Room>(Bench::stream, bench.options, bench.around);
    ASSERT_TRUE(bench.room->restore(snapshot));
    bench.room->learn(bench.keys);
    std::vector<events::Event> const rest(
        bench.kept.begin() + static_cast<std::ptrdiff_t>(snapshot.version), bench.kept.end());
    ASSERT_TRUE(bench.room->absorb(rest));
    bench.room->hydrated();
    EXPECT_FALSE(bench.room->wants_saving());
    auto again = bench.add("ann", 2);
    bench.join(again);
    bench.act(again, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(again.acks[1], 4) << "it was applied before the snapshot";
    bench.act(again, 5, "add", R"({"n":1})");
    EXPECT_TRUE(bench.room->wants_saving());
    bench.settle();
    EXPECT_EQ(bench.sum(), 5);
}

TEST_F(Saving, passes_over_what_cannot_be_used)
{
    auto broken = bench.replayed().snapshot();
    broken.hash = std::string(32, 'x');
    Room other(Bench::stream, bench.options, bench.around);
    EXPECT_EQ(other.restore(broken).error().code, ErrorCode::internal);
    EXPECT_TRUE(other.wants_events()) << "and takes its events from the first on";
    ASSERT_TRUE(other.absorb(bench.kept));
    other.hydrated();
    EXPECT_TRUE(other.is_live());
}

}  // namespace
}  // namespace gatehouse::rooms
