// SPDX-License-Identifier: Apache-2.0
#include "gateway/rate_limit.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};
constexpr RateLimit three_per_minute{.burst = 3, .period = 60s};

TEST(RateLimiter, grants_a_burst_then_names_the_exact_wait)
{
    RateLimiter limiter(three_per_minute, 10);
    for (int i = 0; i < 3; i++)
        EXPECT_TRUE(limiter.ask("ann", noon).allowed);

    auto const refused = limiter.ask("ann", noon);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 20s);
    EXPECT_FALSE(limiter.ask("ann", noon + 20s - 1ns).allowed);
    EXPECT_TRUE(limiter.ask("ann", noon + 20s).allowed);
}

TEST(RateLimiter, says_what_is_left_and_when_it_is_whole_again)
{
    RateLimiter limiter(three_per_minute, 10);
    auto verdict = limiter.ask("ann", noon);
    EXPECT_EQ(verdict.remaining, 2);
    EXPECT_EQ(verdict.reset_after, 20s);
    static_cast<void>(limiter.ask("ann", noon));
    EXPECT_EQ(limiter.ask("ann", noon + 10s).remaining, 0);
    verdict = limiter.ask("ann", noon + 10s);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_EQ(verdict.remaining, 0);
    EXPECT_EQ(verdict.reset_after, 50s);
}

TEST(RateLimiter, asking_in_vain_costs_nothing)
{
    RateLimiter limiter(three_per_minute, 10);
    for (int i = 0; i < 1000; i++)
        static_cast<void>(limiter.ask("ann", noon));
    EXPECT_TRUE(limiter.ask("ann", noon + 20s).allowed);
}

TEST(RateLimiter, bounds_its_memory_by_refusing_newcomers)
{
    RateLimiter limiter(three_per_minute, 2);
    EXPECT_TRUE(limiter.ask("ann", noon).allowed);
    EXPECT_TRUE(limiter.ask("bob", noon).allowed);
    EXPECT_EQ(limiter.ask("eve", noon + 10s).retry_after, 50s);

    EXPECT_TRUE(limiter.ask("bob", noon + 60s).allowed); // Known clients keep their place...
    EXPECT_FALSE(limiter.ask("eve", noon + 60s).allowed);
    EXPECT_TRUE(limiter.ask("eve", noon + 120s).allowed); // ...and Ann has lost hers.
    EXPECT_TRUE(limiter.ask("bob", noon + 120s).allowed);
    EXPECT_FALSE(limiter.ask("ann", noon + 120s).allowed);
    EXPECT_TRUE(limiter.ask("ann", noon + 240s).allowed); // Nobody came for two periods.
}

// Forgetting must never change a verdict. Compares with the bare definition of GCRA, which forgets
// nobody, over random arrivals that straddle many generations.
TEST(RateLimiter, forgetting_changes_no_verdict)
{
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937 chance(seed);
        RateLimiter limiter(three_per_minute, 1000);
        TimePoint now = noon;
        TimePoint ann_paid_at = noon;
        for (int i = 0; i < 500; i++) {
            now += std::chrono::milliseconds(chance() % 60'000);
            auto const will_have_paid = std::max(ann_paid_at, now) + 20s;
            bool const expected = will_have_paid - now <= 60s;
            ASSERT_EQ(limiter.ask("ann", now).allowed, expected) << "seed " << seed;
            if (expected)
                ann_paid_at = will_have_paid;
        }
    }
}

}  // namespace
}  // namespace gatehouse::gateway
