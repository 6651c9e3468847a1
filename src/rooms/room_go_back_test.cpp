// SPDX-License-Identifier: Apache-2.0
// A room that goes on from how it was.
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct GoingBack : Table {
    std::optional<Result<events::Version>> answer{};

    void SetUp() override
    {
        Table::SetUp();
        bench.act(ann, 1, "begin");
        bench.settle();
    }
    void add(std::uint64_t id, int n)
    {
        bench.act(ann, id, "add", R"({"n":)" + std::to_string(n) + "}");
        bench.settle();
    }
    // To how it was with the event of this version.
    void go_back(std::size_t version)
    {
        RoomState past("k7qxm.00000001");
        for (std::size_t i = 0; i < version; i++)
            ASSERT_TRUE(past.evolve(bench.kept[i], bench.games));
        answer.reset();
        bench.room->obey(std::make_shared<Instruction>(
            GoBack{bench.kept[version - 1].at, past.snapshot()},
            [this](Result<events::Version> result) { answer = std::move(result); }));
    }
};

TEST_F(GoingBack, everybody_sees_it_as_it_was_and_plays_on)
{
    add(2, 1);
    auto const then = bench.kept.size();
    add(3, 10);
    bench.join(eve, {.as_spectator = true});
    bench.settle();
    ASSERT_EQ(bench.sum(), 11);

    go_back(then);
    bench.turn();
    EXPECT_FALSE(answer) << "not before it is durable";
    EXPECT_EQ(ann.view["game"]["sum"], 11) << "nobody sees it before it is";
    bench.settle();
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ(**answer, bench.kept.size());
    for (auto const* client : {&ann, &bob, &eve})
        EXPECT_EQ(client->view["game"]["sum"], 1) << client->principal;
    EXPECT_EQ(bench.room->epoch(), 2u);

    add(4, 5);
    EXPECT_EQ(ann.view["game"]["sum"], 6);
    EXPECT_EQ(bob.view["game"]["sum"], 6);
    bench.crash();
    EXPECT_EQ(bench.sum(), 6);
    EXPECT_EQ(bench.room->epoch(), 2u);
}

TEST_F(GoingBack, what_was_applied_is_not_applied_again)
{
    add(2, 1);
    auto const then = bench.kept.size();
    add(3, 10);
    go_back(then);
    bench.settle();
    ann.acks.clear();
    add(3, 10);
    EXPECT_TRUE(ann.acks.contains(3)) << "it was acked once, and an operator took it back";
    EXPECT_EQ(bench.sum(), 1);
}

TEST_F(GoingBack, who_comes_back_with_what_they_saw_before_gets_the_whole_view)
{
    add(2, 1);
    auto const then = bench.kept.size();
    add(3, 10);
    auto const seen = *bob.version;
    bench.ask(bob, Gone{});
    go_back(then);
    bench.settle();
    bob.view = nullptr;
    bench.join(bob, {.at = Place{1, seen}});
    bench.settle();
    EXPECT_EQ(bob.view["game"]["sum"], 1);
}

TEST_F(GoingBack, timers_have_the_time_that_they_had_left)
{
    bench.act(ann, 2, "arm", R"({"timer":"tick","after":10000})");
    bench.settle();
    auto const then = bench.kept.size();
    auto const due = bench.room->state().timers().at(0).at;
    bench.pass(4'000ms);
    add(3, 1);
    bench.pass(60'000ms);
    bench.act(ann, 4, "arm", R"({"timer":"tick"})"); // Cancelled.
    bench.settle();
    go_back(then);
    bench.settle();
    ASSERT_EQ(bench.room->state().timers().size(), 1u);
    EXPECT_EQ(bench.room->state().timers()[0].at, due + 64'000ms);
}

TEST_F(GoingBack, a_finished_game_goes_on)
{
    add(2, 7);
    auto const then = bench.kept.size();
    bench.act(ann, 3, "end");
    bench.settle();
    ASSERT_TRUE(bench.room->is_finished());
    go_back(then);
    bench.settle();
    EXPECT_FALSE(bench.room->is_finished());
    EXPECT_FALSE(bench.stored_state->finished);
    add(4, 1);
    EXPECT_EQ(bench.sum(), 8);
}

TEST_F(GoingBack, seats_are_as_they_were_and_nobody_is_forgotten)
{
    auto const then = bench.kept.size();
    bench.join(eve);
    bench.settle();
    go_back(then);
    bench.settle();
    EXPECT_EQ(bench.room->state().chairs()[1].by, Occupant::player);
    EXPECT_EQ(bench.replayed().members().size(), bench.room->state().members().size());
    EXPECT_EQ(bench.replayed().snapshot(), bench.room->state().snapshot());
}

TEST_F(GoingBack, a_past_that_is_lost_by_the_store_is_none)
{
    add(2, 1);
    auto const then = bench.kept.size();
    add(3, 10);
    go_back(then);
    bench.turn();
    bench.lose();
    bench.reload();
    EXPECT_EQ(answer->error().code, ErrorCode::unavailable);
    EXPECT_EQ(bench.room->epoch(), 1u);
    bench.settle();
    EXPECT_EQ(ann.view["game"]["sum"], 11);
}

} // namespace
} // namespace gatehouse::rooms
