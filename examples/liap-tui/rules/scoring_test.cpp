// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/phases.hpp"
#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

namespace gatehouse::liap_tui {

namespace {

// The last piece of a round is about to be played by seat 3, and seat 0 takes its pile.
Table last_play(BySeat<int> declared, BySeat<int> won, BySeat<int> scores, Options options = {})
{
    Table table(1, options);
    auto& state = table.state;
    state.phase = Phase::turn;
    state.round = 1;
    state.deal = 1;
    state.turn = 0;
    state.hands = {{{0}, {29}, {30}, {31}}};
    state.declared = declared;
    state.won = won;
    state.scores = scores;
    for (int seat = 0; seat < 3; seat++)
        table.act(seat, Play{{state.hands[index_of(seat)].front()}});
    return table;
}

rooms::Decision<Event> finish(Table& table)
{
    return table.act(3, Play{{31}});
}

TEST(Score, follows_the_table)
{
    EXPECT_EQ(score_of(0, 0, 1), 3);
    EXPECT_EQ(score_of(1, 1, 1), 6);
    EXPECT_EQ(score_of(8, 8, 1), 13);
    EXPECT_EQ(score_of(0, 2, 1), -2);
    EXPECT_EQ(score_of(5, 1, 1), -4);
    EXPECT_EQ(score_of(0, 0, 3), 9);
    EXPECT_EQ(score_of(2, 2, 4), 28);
    EXPECT_EQ(score_of(2, 5, 2), -6);
}

TEST(Scoring, adds_the_round_times_its_multiplier)
{
    auto table = last_play({4, 0, 4, 2}, {3, 0, 1, 3}, {10, 1, -2, 0});
    table.state.multiplier = 2;
    EXPECT_EQ(the<Scored>(finish(table)).deltas, (BySeat<int>{18, 6, -6, -2}));
    EXPECT_EQ(table.state.scores, (BySeat<int>{28, 7, -8, -2}));
    EXPECT_EQ(view_of(table.state, 1).deltas, (BySeat<int>{18, 6, -6, -2}));
}

TEST(Scoring, is_followed_by_the_deal_that_the_last_winner_starts)
{
    auto table = last_play({4, 0, 4, 2}, {3, 0, 1, 3}, {});
    finish(table);
    auto const dealt = the<Dealt>(table.ring());
    EXPECT_EQ(dealt.round, 2);
    EXPECT_EQ(dealt.deal, 2);
    EXPECT_EQ(dealt.starter, 0);
    EXPECT_FALSE(table.state.deltas);
    EXPECT_FALSE(table.state.last_turn);
    EXPECT_EQ(table.state.won, BySeat<int>{});
}

TEST(Scoring, ends_early_when_every_person_is_ready)
{
    auto table = last_play({4, 0, 4, 2}, {3, 0, 1, 3}, {});
    table.seats[2] = rooms::Occupant::bot;
    finish(table);
    EXPECT_TRUE(table.act(0, Ready{}).timers.empty()); // The clock runs on.
    EXPECT_EQ(table.refusal(0, Ready{}), ErrorCode::rejected);
    table.act(3, Ready{});
    EXPECT_EQ(table.state.ready, (std::vector{0, 3}));
    auto const decision = table.act(1, Ready{});
    EXPECT_EQ(the<Dealt>(decision).round, 2);
    EXPECT_EQ(decision.timers.size(), 1U);
    EXPECT_TRUE(table.state.ready.empty());
}

TEST(Scoring, ends_the_game_at_the_goal)
{
    auto table = last_play({4, 0, 4, 2}, {3, 0, 1, 3}, {41, 0, 0, 0});
    auto const decision = finish(table);
    EXPECT_EQ(the<Ended>(decision).winners, (std::vector{0}));
    EXPECT_TRUE(decision.is_over);
    EXPECT_EQ(decision.timers.at(0).name, "turn");
    EXPECT_FALSE(decision.timers.at(0).after);
    EXPECT_EQ(table.state.phase, Phase::game_over);
    EXPECT_TRUE(table.ring().events.empty());
    EXPECT_EQ(table.refusal(0, Ready{}), ErrorCode::wrong_phase);
}

TEST(Scoring, goes_on_one_point_below_the_goal)
{
    auto table = last_play({4, 0, 4, 2}, {3, 0, 1, 3}, {40, 0, 0, 0});
    EXPECT_FALSE(finish(table).is_over);
    EXPECT_EQ(table.state.scores[0], 49);
}

TEST(Scoring, ends_the_game_after_the_last_round_and_shares_a_tied_win)
{
    auto table = last_play({4, 0, 4, 2}, {3, 0, 1, 3}, {1, 7, 0, 0}, {.rounds = 1});
    EXPECT_EQ(the<Ended>(finish(table)).winners, (std::vector{0, 1}));
}

TEST(Scoring, says_who_came_out_where)
{
    State state;
    state.scores = {3, 40, -2, 3};
    std::vector<int> places;
    for (auto const& standing : LiapTui::results(state))
        places.push_back(standing.place);
    EXPECT_EQ(places, (std::vector{2, 1, 4, 2}));
}

}  // namespace

}  // namespace gatehouse::liap_tui
