// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

namespace gatehouse::liap_tui {

namespace {

Table declaring(int starter, BySeat<int> zeros = {})
{
    Table table;
    table.state.phase = Phase::declaration;
    table.state.starter = starter;
    table.state.turn = starter;
    table.state.zeros = zeros;
    return table;
}

TEST(Declaration, goes_round_from_the_starter_who_then_leads)
{
    auto table = declaring(2);
    for (int const seat : {2, 3, 0, 1}) {
        EXPECT_EQ(table.state.turn, seat);
        EXPECT_EQ(table.refusal((seat + 1) % 4, Declare{1}), ErrorCode::not_your_turn);
        EXPECT_FALSE(table.act(seat, Declare{seat}).refusal);
    }
    EXPECT_EQ(table.state.phase, Phase::turn);
    EXPECT_EQ(table.state.turn, 2);
    EXPECT_EQ(table.state.declared, (BySeat<int>{0, 1, 2, 3}));
}

TEST(Declaration, is_of_nought_to_eight_piles)
{
    auto const table = declaring(0);
    EXPECT_EQ(table.refusal(0, Declare{-1}), ErrorCode::rejected);
    EXPECT_EQ(table.refusal(0, Declare{9}), ErrorCode::rejected);
    EXPECT_EQ(table.refusal(0, Declare{0}), std::nullopt);
    EXPECT_EQ(table.refusal(0, Declare{8}), std::nullopt);
}

TEST(Declaration, may_not_sum_to_eight)
{
    auto table = declaring(1);
    table.act(1, Declare{3});
    table.act(2, Declare{0});
    EXPECT_TRUE(forbidden_piles(table.state).empty());
    table.act(3, Declare{1});
    EXPECT_EQ(view_of(table.state, 2).forbidden, (std::vector{4}));
    EXPECT_EQ(table.refusal(0, Declare{4}), ErrorCode::rejected);
    EXPECT_EQ(table.refusal(0, Declare{3}), std::nullopt);
    EXPECT_EQ(table.refusal(0, Declare{5}), std::nullopt);
}

TEST(Declaration, leaves_the_last_free_when_the_others_are_above_eight)
{
    auto table = declaring(0);
    for (int seat = 0; seat < 3; seat++)
        table.act(seat, Declare{3});
    EXPECT_TRUE(forbidden_piles(table.state).empty());
}

TEST(Declaration, is_not_nought_after_two_rounds_of_nought)
{
    auto table = declaring(0, {2, 1, 0, 0});
    EXPECT_EQ(forbidden_piles(table.state), (std::vector{0}));
    EXPECT_EQ(table.refusal(0, Declare{0}), ErrorCode::rejected);
    table.act(0, Declare{1});
    EXPECT_EQ(table.state.zeros[0], 0);
    table.act(1, Declare{0});
    EXPECT_EQ(table.state.zeros[1], 2);
}

TEST(Declaration, always_leaves_a_number_when_both_rules_meet)
{
    for (int sum = 0; sum <= 24; sum++) {
        auto table = declaring(0, {0, 0, 0, 2});
        table.act(0, Declare{std::min(sum, 8)});
        table.act(1, Declare{std::clamp(sum - 8, 0, 8)});
        table.act(2, Declare{std::clamp(sum - 16, 0, 8)});
        ASSERT_EQ(table.state.turn, 3);
        int allowed = 0;
        for (int piles = 0; piles <= 8; piles++)
            if (!table.refusal(3, Declare{piles}))
                allowed++;
        EXPECT_EQ(allowed, sum < 8 ? 7 : 8) << sum;
    }
}

TEST(Declaration, is_the_smallest_allowed_number_of_who_does_not_answer)
{
    auto table = declaring(0, {0, 2, 0, 2});
    EXPECT_EQ(the<Declared>(table.ring()).piles, 0);
    EXPECT_EQ(the<Declared>(table.ring()).piles, 1);
    table.act(2, Declare{6});
    auto const last = the<Declared>(table.ring());
    EXPECT_EQ(last.piles, 2); // Neither 0 (twice before) nor 1 (the sum would be 8).
    EXPECT_EQ(last.seat, 3);
    EXPECT_TRUE(last.forced);
    EXPECT_EQ(table.state.phase, Phase::turn);
}

}  // namespace

}  // namespace gatehouse::liap_tui
