// SPDX-License-Identifier: Apache-2.0
#include "limits/gcra.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::limits {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};
constexpr RateLimit three_per_minute{.burst = 3, .period = 60s};

TEST(Gcra, grants_a_burst_then_names_the_exact_wait)
{
    Gcra gcra(three_per_minute, 10);
    for (int i = 0; i < 3; i++)
        EXPECT_TRUE(gcra.ask("ann", 1, noon).allowed);
    auto const refused = gcra.ask("ann", 1, noon);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 20s);
    EXPECT_FALSE(gcra.ask("ann", 1, noon + 20s - 1ns).allowed);
    EXPECT_TRUE(gcra.ask("ann", 1, noon + 20s).allowed);
}

TEST(Gcra, peeks_without_taking)
{
    Gcra gcra(three_per_minute, 10);
    for (int i = 0; i < 9; i++)
        EXPECT_EQ(gcra.peek("ann", 1, noon).remaining, 2);
    EXPECT_EQ(gcra.accounts(), 0u);
}

TEST(Gcra, takes_a_cost_whole_or_not_at_all)
{
    Gcra gcra(three_per_minute, 10);
    EXPECT_EQ(gcra.ask("ann", 2, noon).remaining, 1);
    auto const refused = gcra.ask("ann", 2, noon);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 1);
    EXPECT_EQ(refused.retry_after, 20s);
    EXPECT_TRUE(gcra.ask("ann", 1, noon).allowed);
    EXPECT_FALSE(gcra.ask("bob", 4, noon + 1h).allowed) << "more than a burst";
    EXPECT_EQ(gcra.take_some("eve", 5, noon), 3);
    EXPECT_EQ(gcra.take_some("eve", 5, noon + 59s), 2);
    EXPECT_EQ(gcra.take_some("eve", 5, noon + 59s), 0);
}

TEST(Gcra, lets_newcomers_share_an_account_where_it_is_full)
{
    Gcra gcra(three_per_minute, 2);
    EXPECT_TRUE(gcra.ask("ann", 1, noon).allowed);
    EXPECT_TRUE(gcra.ask("bob", 1, noon).allowed);
    for (auto const newcomer : {"eve", "dan", "eve"})
        EXPECT_TRUE(gcra.ask(newcomer, 1, noon).allowed);
    EXPECT_EQ(gcra.ask("zoe", 1, noon).retry_after, 20s);
    EXPECT_EQ(gcra.accounts(), 2u);
    EXPECT_EQ(gcra.peek("ann", 1, noon).remaining, 1) << "whoever has one keeps it";
    EXPECT_TRUE(gcra.ask("zoe", 3, noon + 2min).allowed) << "all have been forgotten";
    EXPECT_EQ(gcra.accounts(), 1u);
}

TEST(Gcra, keeps_what_each_owes_when_the_limit_changes)
{
    Gcra gcra(three_per_minute, 10);
    static_cast<void>(gcra.ask("ann", 2, noon));
    gcra.change({.burst = 6, .period = 60s}, noon);
    EXPECT_EQ(gcra.peek("ann", 1, noon).remaining, 1) << "40 of 60 seconds are owed";
    EXPECT_EQ(gcra.peek("bob", 1, noon).remaining, 5);
    gcra.change({.burst = 1, .period = 10s}, noon);
    EXPECT_EQ(gcra.ask("ann", 1, noon).retry_after, 10s) << "never more than the new period";
    EXPECT_TRUE(gcra.ask("ann", 1, noon + 10s).allowed);
}

// The module's first form, in the design's example, without its memory: the bare definition, which
// forgets nobody. Bounds of memory aside, each verdict is the same, whatever is asked and whenever
// the limit changes.
struct Prototype {
    RateLimit limit;
    std::map<std::string, TimePoint> paid_at{};

    Verdict ask(std::string const& account, int cost, TimePoint now)
    {
        auto const price = limit.period / limit.burst;
        auto const known = paid_at.contains(account) ? paid_at[account] : now;
        auto const will_have_paid = std::max(known, now) + price * cost;
        auto const debt = will_have_paid - now;
        if (debt > limit.period) {
            auto const owed = debt - price * cost;
            return {
                false, debt - limit.period, static_cast<int>((limit.period - owed) / price), owed};
        }
        paid_at[account] = will_have_paid;
        return {true, {}, static_cast<int>((limit.period - debt) / price), debt};
    }
    void change(RateLimit to, TimePoint now)
    {
        limit = to;
        for (auto& [account, at] : paid_at)
            at = std::min(at, now + to.period);
    }
};

TEST(Gcra, says_what_the_prototype_says_though_it_forgets)
{
    for (unsigned seed = 0; seed < 200; seed++) {
        std::mt19937 chance(seed);
        auto const draw = [&] {
            return RateLimit{.burst = 1 + static_cast<int>(chance() % 9),
                .period = std::chrono::seconds(1 + chance() % 90)};
        };
        auto limit = draw();
        Gcra gcra(limit, 1'000);
        Prototype prototype{limit};
        TimePoint now = noon;
        for (int i = 0; i < 600; i++) {
            now += std::chrono::milliseconds(chance() % (chance() % 10 == 0 ? 90'000 : 3'000));
            if (chance() % 60 == 0) {
                limit = draw();
                gcra.change(limit, now);
                prototype.change(limit, now);
            }
            auto const account = std::to_string(chance() % 4);
            auto const cost = 1 + static_cast<int>(chance() % 3 == 0 ? chance() % 3 : 0);
            auto const got = gcra.ask(account, cost, now);
            auto const expected = prototype.ask(account, cost, now);
            ASSERT_EQ(got.allowed, expected.allowed) << seed << " " << i;
            ASSERT_EQ(got.retry_after, expected.retry_after);
            ASSERT_EQ(got.remaining, expected.remaining);
            ASSERT_EQ(got.reset_after, expected.reset_after);
        }
    }
}

// The bound that the header states, over every stretch of time.
TEST(Gcra, never_grants_more_than_its_bound_in_any_stretch)
{
    for (unsigned seed = 0; seed < 50; seed++) {
        std::mt19937 chance(seed);
        RateLimit const limit{.burst = 1 + static_cast<int>(chance() % 20), .period = 10s};
        Gcra gcra(limit, 10);
        std::vector<TimePoint> granted;
        TimePoint now = noon;
        for (int i = 0; i < 1'000; i++) {
            now += std::chrono::milliseconds(chance() % 400);
            if (gcra.ask("ann", 1, now).allowed)
                granted.push_back(now);
        }
        for (std::size_t from = 0; from < granted.size(); from++)
            for (auto to = from; to < granted.size(); to++)
                ASSERT_LE(static_cast<Duration::rep>(to - from) + 1,
                    limit.burst + (granted[to] - granted[from]) / limit.price());
    }
}

TEST(Gcra, has_what_is_given_back_at_once_as_if_it_was_never_taken)
{
    Gcra gcra({.burst = 3, .period = 30s}, 2);
    EXPECT_TRUE(gcra.ask("ann", 1, noon).allowed);
    EXPECT_TRUE(gcra.ask("ann", 2, noon + 1s).allowed);
    gcra.give_back("ann", 2, noon + 1s, noon + 1s);
    EXPECT_EQ(gcra.peek("ann", 1, noon + 1s).remaining, 1);
    EXPECT_EQ(gcra.peek("ann", 1, noon + 1s).reset_after, 19s);

    EXPECT_TRUE(gcra.ask("bob", 1, noon + 1s).allowed);
    EXPECT_TRUE(gcra.ask("eve", 1, noon + 1s).allowed); // With those who came when it was full.
    gcra.give_back("eve", 1, noon + 1s, noon + 1s);
    EXPECT_EQ(gcra.peek("dan", 1, noon + 1s).remaining, 2);
}

// Time passes between asking and giving back. Beside it one that was never asked in vain.
TEST(Gcra, has_nobody_better_off_for_giving_back)
{
    for (unsigned seed = 0; seed < 200; seed++) {
        std::mt19937 chance(seed);
        RateLimit const limit{.burst = 1 + static_cast<int>(chance() % 9), .period = 10s};
        Gcra gcra(limit, 10);
        Gcra without(limit, 10);
        std::vector<TimePoint> held;
        TimePoint now = noon;
        int granted = 0;
        for (int i = 0; i < 1'000; i++) {
            now += std::chrono::milliseconds(chance() % 900);
            if (!held.empty() && chance() % 2 == 0) {
                gcra.give_back("ann", 1, held.back(), now);
                held.pop_back();
            }
            if (!gcra.ask("ann", 1, now).allowed)
                continue;
            granted++;
            if (chance() % 3 == 0)
                held.push_back(now);
            else
                ASSERT_TRUE(without.ask("ann", 1, now).allowed) << seed << " " << i;
        }
        EXPECT_GT(granted, 30);
    }
}

} // namespace
} // namespace gatehouse::limits
