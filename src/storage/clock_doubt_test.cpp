// SPDX-License-Identifier: Apache-2.0
#include "storage/clock_doubt.hpp"

#include <gtest/gtest.h>

namespace gatehouse::storage {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'790'337'600'000};

TEST(ClockDoubt, believes_a_clock_that_goes_on_and_doubts_one_that_leaps_for_a_day)
{
    ClockDoubt doubt;
    doubt.begin(noon);
    EXPECT_FALSE(doubt.is_doubted(noon + 24h));
    EXPECT_FALSE(doubt.is_doubted(noon + 48h));
    auto const leapt = noon + 10'000h;
    EXPECT_TRUE(doubt.is_doubted(leapt));
    EXPECT_TRUE(doubt.is_doubted(leapt + 23h));
    EXPECT_FALSE(doubt.is_doubted(leapt + 24h));
    EXPECT_TRUE(doubt.is_doubted(leapt + 50h));
}

TEST(ClockDoubt, is_over_a_day_after_the_clock_was_set_back)
{
    ClockDoubt doubt;
    doubt.begin(noon);
    EXPECT_TRUE(doubt.is_doubted(noon + 90'000h));
    EXPECT_TRUE(doubt.is_doubted(noon + 1h));
    EXPECT_FALSE(doubt.is_doubted(noon + 25h));
}

TEST(ClockDoubt, believes_any_clock_where_nothing_has_happened_yet)
{
    ClockDoubt doubt;
    doubt.begin({});
    EXPECT_FALSE(doubt.is_doubted(noon));
    EXPECT_FALSE(doubt.is_doubted(noon + 1h));
}

} // namespace
} // namespace gatehouse::storage
