// SPDX-License-Identifier: Apache-2.0
#include "projections/rating.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace gatehouse::projections {
namespace {

std::vector<int> rate(std::vector<Rated> const& players)
{
    return projections::rate(players);
}

TEST(Rating, moves_from_who_lost_to_who_won)
{
    EXPECT_EQ(rate({{1500, 1}, {1500, 2}}), (std::vector{16, -16}));
    EXPECT_EQ(rate({{1500, 2}, {1500, 1}}), (std::vector{-16, 16}));
    EXPECT_EQ(rate({{1500, 1}, {1500, 1}}), (std::vector{0, 0}));
    EXPECT_EQ(rate({{1500, 1}}), (std::vector{0})) << "nobody to play against";
    EXPECT_TRUE(rate({}).empty());
}

TEST(Rating, moves_more_the_less_it_was_expected)
{
    EXPECT_EQ(rate({{1600, 1}, {1500, 2}}), (std::vector{12, -12}));
    EXPECT_EQ(rate({{1500, 1}, {1600, 2}}), (std::vector{20, -20}));
    EXPECT_EQ(rate({{1600, 1}, {1500, 1}}), (std::vector{-4, 4})) << "a draw is for the weaker";
    EXPECT_EQ(rate({{9000, 1}, {0, 2}}), (std::vector{0, 0}));
}

TEST(Rating, of_a_larger_table_moves_as_much_as_of_a_small_one)
{
    EXPECT_EQ(rate({{1500, 1}, {1500, 2}, {1500, 3}}), (std::vector{16, 0, -16}));
}

TEST(Rating, is_neither_made_nor_lost_and_does_not_ask_for_the_order_of_seats)
{
    std::mt19937 chance(7);
    for (int round = 0; round < 2000; round++) {
        std::vector<Rated> players(2 + chance() % 7);
        for (auto& each : players)
            each = {static_cast<int>(1000 + chance() % 1200), static_cast<int>(1 + chance() % 4)};
        auto const won = rate(players);
        EXPECT_EQ(std::reduce(won.begin(), won.end()), 0);
        for (auto const each : won)
            EXPECT_TRUE(each >= -40 && each <= 40) << each;
        std::ranges::reverse(players);
        auto turned = rate(players);
        std::ranges::reverse(turned);
        EXPECT_EQ(turned, won);
    }
}

} // namespace
} // namespace gatehouse::projections
