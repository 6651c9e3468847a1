// SPDX-License-Identifier: Apache-2.0
// What rooms may do about players who stay away. (A bot stands in: room_decide_test.cpp.)
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct Absent : Table {
    void SetUp() override
    {
        bench.options.bot_after = 20s;
        Table::SetUp();
        bench.act(ann, 1, "begin"); // It is seat 1's turn.
        bench.settle();
    }
    void go(Client& who)
    {
        bench.ask(who, Gone{});
        bench.settle();
    }
};

TEST_F(Absent, players_have_their_alarm_ring_at_once_when_it_is_their_turn)
{
    bench.options.absence = Absence::fallback;
    bench.act(ann, 2, "arm", R"({"timer":"tick","after":600000})");
    go(bob);
    bench.after(20s);
    EXPECT_EQ(bench.sum(), 0);
    bench.after(1s);
    EXPECT_EQ(bench.sum(), 100) << "what the game does then";
    bench.after(1min);
    EXPECT_EQ(bench.sum(), 100) << "it is not their turn any more";
}

TEST_F(Absent, players_are_played_for_by_a_bot_where_no_alarm_is_armed)
{
    bench.options.absence = Absence::fallback;
    go(bob);
    bench.after(21s);
    EXPECT_GT(bench.sum(), 0);
    EXPECT_LT(bench.sum(), 100);
}

TEST_F(Absent, players_are_out_and_the_game_says_what_that_means)
{
    bench.options.absence = Absence::forfeit;
    go(bob);
    bench.after(19s);
    EXPECT_EQ(bench.sum(), 0);
    bench.after(1s);
    EXPECT_EQ(bench.sum(), 100) << "Tally adds that on any alarm";
    EXPECT_EQ(ann.view["room"]["seats"][1]["by"], "nobody");
    auto again = bench.add("bob", 8);
    bench.join(again);
    bench.settle();
    EXPECT_EQ(again.errors[1], "room_closed");
    auto const at = bench.kept.size();
    bench.after(1h);
    EXPECT_EQ(bench.kept.size(), at) << "once";
}

TEST_F(Absent, players_are_not_out_who_came_back_in_time)
{
    bench.options.absence = Absence::forfeit;
    bench.held.is_on = true;
    go(bob);
    bench.act(ann, 2, "add", R"({"n":1})"); // The game thinks for long.
    bench.settle();
    bench.after(9s);
    while (!bench.held.answers.empty())
        bench.held.release();
    bench.held.is_on = false;
    bench.settle();
    bench.after(10s);
    auto again = bench.add("bob", 8);
    bench.join(again);
    bench.settle();
    bench.after(1h);
    EXPECT_EQ(again.seat, 1);
    EXPECT_EQ(ann.view["room"]["seats"][1]["by"], "player");
}

TEST_F(Absent, players_are_waited_for_while_the_game_does_not_answer)
{
    bench.options.absence = Absence::forfeit;
    go(bob);
    bench.held.is_on = true;
    bench.after(31s);
    EXPECT_EQ(bench.room->state().chairs()[1].by, Occupant::player);
    bench.held.is_on = false;
    bench.after(20s);
    EXPECT_EQ(bench.room->state().chairs()[1].by, Occupant::nobody) << "it is asked again";
}

}  // namespace
}  // namespace gatehouse::rooms
