// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

namespace gatehouse::liap_tui {

namespace {

// Seat 0 holds all that is strong; 1, 2 and 3 are weak.
constexpr Hands one_strong{{
    {0, 1, 2, 3, 4, 5, 6, 7},
    {8, 9, 10, 11, 12, 13, 14, 15},
    {16, 17, 18, 19, 20, 21, 22, 23},
    {24, 25, 26, 27, 28, 29, 30, 31},
}};
// The same, 0 and 3 having a strong piece and a weak one changed: 1 and 2 are weak.
constexpr Hands two_strong{{
    {0, 1, 2, 3, 4, 5, 6, 31},
    {8, 9, 10, 11, 12, 13, 14, 15},
    {16, 17, 18, 19, 20, 21, 22, 23},
    {7, 24, 25, 26, 27, 28, 29, 30},
}};

Table dealt(Hands const& hands, int starter, Options const& options = {})
{
    Table table(1, options);
    evolve(table.state, Dealt{.round = 1, .deal = 1, .starter = starter, .hands = hands});
    return table;
}

TEST(Preparation, asks_weak_hands_in_seat_order_from_the_starter)
{
    auto table = dealt(one_strong, 2);
    EXPECT_EQ(table.state.phase, Phase::preparation);
    for (int const seat : {2, 3, 1}) {
        EXPECT_EQ(table.state.turn, seat);
        EXPECT_EQ(table.refusal((seat + 1) % 4, Redeal{true}), ErrorCode::not_your_turn);
        table.act(seat, Redeal{false});
    }
    EXPECT_EQ(table.state.kept, (std::vector{2, 3, 1}));
    EXPECT_EQ(table.state.phase, Phase::declaration);
    EXPECT_EQ(table.state.turn, 2);
    EXPECT_EQ(table.state.multiplier, 1);
}

TEST(Preparation, is_passed_over_where_no_hand_is_weak)
{
    constexpr Hands all_strong{{{0, 1, 8, 9, 10, 11, 12, 13}, {2, 3, 14, 15, 16, 17, 18, 19},
        {4, 5, 20, 21, 22, 23, 24, 25}, {6, 7, 26, 27, 28, 29, 30, 31}}};
    auto const table = dealt(all_strong, 3);
    EXPECT_EQ(table.state.phase, Phase::declaration);
    EXPECT_EQ(table.state.turn, 3);
}

TEST(Preparation, grants_the_first_redeal_and_who_asked_becomes_the_starter)
{
    auto table = dealt(two_strong, 3);
    EXPECT_EQ(table.state.turn, 1);
    table.act(1, Redeal{false});
    auto const decision = table.act(2, Redeal{true});
    EXPECT_EQ(the<RedealAsked>(decision).seat, 2);
    EXPECT_EQ(the<Dealt>(decision).round, 1);
    EXPECT_EQ(the<Dealt>(decision).deal, 2);
    EXPECT_EQ(the<Dealt>(decision).starter, 2);
    EXPECT_EQ(table.state.multiplier, 2);
    EXPECT_EQ(table.state.starter, 2);
    EXPECT_TRUE(table.state.kept.empty());
}

TEST(Preparation, asks_nobody_after_the_last_redeal_of_a_round)
{
    auto table = dealt(two_strong, 0, {.redeals = 2});
    for (int redeals = 1; redeals <= 2; redeals++) {
        ASSERT_EQ(table.state.phase, Phase::preparation);
        evolve(table.state, RedealAsked{.seat = 1});
        evolve(table.state,
            Dealt{.round = 1, .deal = 1 + redeals, .starter = 1, .hands = two_strong});
    }
    EXPECT_EQ(table.state.phase, Phase::declaration);
    EXPECT_EQ(table.state.multiplier, 3);
    EXPECT_EQ(table.state.turn, 1);
}

TEST(Preparation, keeps_the_hand_of_who_does_not_answer)
{
    auto table = dealt(two_strong, 1);
    auto const decision = table.ring();
    EXPECT_EQ(the<Kept>(decision).seat, 1);
    EXPECT_TRUE(the<Kept>(decision).forced);
    EXPECT_EQ(table.state.turn, 2);
    EXPECT_EQ(*decision.timers.at(0).after, std::chrono::seconds(15));
    EXPECT_EQ(*table.act(2, Redeal{false}).timers.at(0).after, std::chrono::seconds(30));
}

TEST(Preparation, begins_each_round_with_the_single_score)
{
    auto table = dealt(two_strong, 0);
    evolve(table.state, RedealAsked{.seat = 1});
    evolve(table.state, Dealt{.round = 2, .deal = 2, .starter = 1, .hands = two_strong});
    EXPECT_EQ(table.state.multiplier, 1);
}

}  // namespace

}  // namespace gatehouse::liap_tui
