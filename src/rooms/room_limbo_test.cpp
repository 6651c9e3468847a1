// SPDX-License-Identifier: Apache-2.0
// What becomes of answers that a loss took back.
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct Limbo : ::testing::Test {
    Bench bench{};
    Client ann = bench.add("ann", 1);
    Client eve = bench.add("eve", 3);

    void SetUp() override
    {
        bench.open();
        bench.join(ann);
        bench.join(eve, {.as_spectator = true});
        bench.settle();
        bench.sent.clear();
    }
    void add(std::uint64_t id) { bench.act(ann, id, "add", R"({"n":1})"); }
    void lose_all(Bench::Fate fate = Bench::Fate::lost)
    {
        bench.lose(fate);
        while (!bench.asked.empty()) {
            bench.asked.pop_front();
            bench.room->lost({ErrorCode::stale_base, "expected another version"});
        }
        bench.reload();
    }
};

TEST_F(Limbo, answers_each_action_once_and_counts_it)
{
    add(1);
    bench.turn();
    add(2);
    bench.act(ann, 3, "fly");
    bench.turn();
    lose_all();
    EXPECT_TRUE(ann.acks.empty());
    for (std::uint64_t id = 1; id <= 3; id++)
        EXPECT_EQ(ann.errors[id], "unavailable") << id;
    int answered = 0;
    for (auto const& each : bench.sent)
        answered += each.to == ann.who ? each.answered : 0;
    EXPECT_EQ(answered, 3);
}

TEST_F(Limbo, acks_what_is_kept_and_refuses_what_is_not)
{
    add(1);
    bench.turn();
    add(2);
    bench.turn();
    lose_all(Bench::Fate::kept_unknown);
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(ann.errors[2], "unavailable");
}

TEST_F(Limbo, keeps_saying_that_the_game_failed)
{
    add(1);
    bench.turn();
    bench.act(ann, 2, "boom");
    bench.turn();
    lose_all();
    EXPECT_EQ(ann.errors[1], "unavailable") << "it may come again";
    EXPECT_EQ(ann.errors[2], "internal") << "sent again it would fail again";
}

TEST_F(Limbo, refuses_spectators_who_acted)
{
    add(1);
    bench.turn();
    bench.act(eve, 1, "add", R"({"n":1})");
    bench.turn();
    lose_all(Bench::Fate::kept_unknown);
    EXPECT_EQ(eve.errors[1], "unavailable");
    EXPECT_TRUE(eve.acks.empty()) << "the id is another's";
}

TEST_F(Limbo, answers_who_left_meanwhile)
{
    add(1);
    bench.turn();
    bench.ask(ann, Gone{});
    bench.turn();
    lose_all(Bench::Fate::kept_unknown);
    EXPECT_EQ(ann.errors[1], "unavailable") << "and it is acked when it comes again";
    auto again = bench.add("ann", 9);
    bench.join(again);
    bench.act(again, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_TRUE(again.acks.contains(1));
    EXPECT_EQ(bench.sum(), 1);
}

}  // namespace
}  // namespace gatehouse::rooms
