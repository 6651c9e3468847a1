// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include "chance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gatehouse::load {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, agrees_with_sorting_all_values_to_a_thousandth)
{
    Chance chance(1);
    for (int round = 0; round < 20; round++) {
        Histogram histogram;
        std::vector<std::int64_t> all;
        for (int i = 0; i < 2'000; i++) {
            all.push_back(static_cast<std::int64_t>(chance.next() >> (28 + chance.below(30))));
            histogram.record(Duration(all.back()));
        }
        std::ranges::sort(all);
        for (double const part : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
            auto const rank = static_cast<std::size_t>(std::ceil(part * 2'000));
            auto const exact = static_cast<double>(all[rank == 0 ? 0 : rank - 1]);
            auto const found = static_cast<double>(histogram.percentile(part).count());
            EXPECT_GE(found, exact) << part;
            EXPECT_LE(found, exact * 1.001 + 1) << part;
        }
        EXPECT_EQ(histogram.max().count(), all.back());
    }
}

TEST(Histogram, holds_what_is_too_long_in_its_last_bucket)
{
    Histogram histogram;
    histogram.record(1h);
    EXPECT_EQ(histogram.count(), 1U);
    EXPECT_EQ(histogram.max(), 1h);
    EXPECT_GT(histogram.percentile(0.5), 68s);
}

TEST(Histogram, merges_to_what_one_would_have_counted)
{
    Histogram a;
    Histogram b;
    Histogram both;
    for (int i = 1; i <= 100; i++) {
        (i % 2 == 0 ? a : b).record(i * 1ms);
        both.record(i * 1ms);
    }
    a.merge(b);
    EXPECT_EQ(a.count(), both.count());
    EXPECT_EQ(a.percentile(0.37), both.percentile(0.37));
    a.clear();
    EXPECT_EQ(a.percentile(0.5), 0s);
}

}  // namespace
}  // namespace gatehouse::load
