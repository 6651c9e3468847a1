// SPDX-License-Identifier: Apache-2.0
#include "limits/several.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::limits {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};

TEST(Several, take_from_all_or_from_none)
{
    Gcra per_address({.burst = 2, .period = 20s}, 10);
    Gcra per_player({.burst = 5, .period = 100s}, 10);
    std::array const charges{Charge{&per_address, "::1"}, Charge{&per_player, "ann"}};
    auto verdict = ask_all(charges, 1, noon);
    EXPECT_TRUE(verdict.allowed);
    EXPECT_EQ(verdict.which, 0u) << "one is left of two, four of five";
    EXPECT_EQ(verdict.each[1].remaining, 4);
    EXPECT_TRUE(ask_all(charges, 1, noon).allowed);
    verdict = ask_all(charges, 1, noon);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_EQ(verdict.which, 0u);
    EXPECT_EQ(verdict.each[0].retry_after, 10s);
    EXPECT_EQ(verdict.each[1].remaining, 3);
    EXPECT_EQ(verdict.each[1].reset_after, 40s);
    EXPECT_EQ(per_player.peek("ann", 1, noon).remaining, 2) << "it cost nothing there";
    EXPECT_TRUE(ask_all({}, 1, noon).allowed);
}

TEST(Several, tell_the_longest_wait)
{
    Gcra quick({.burst = 1, .period = 1s}, 10);
    Gcra slow({.burst = 1, .period = 60s}, 10);
    std::array const charges{Charge{&quick, "a"}, Charge{&slow, "a"}};
    EXPECT_TRUE(ask_all(charges, 1, noon).allowed);
    auto const verdict = ask_all(charges, 1, noon);
    EXPECT_EQ(verdict.which, 1u);
    EXPECT_EQ(verdict.each[verdict.which].retry_after, 60s);
}

TEST(Several, count_an_account_that_is_named_twice_once)
{
    Gcra gcra({.burst = 3, .period = 30s}, 10);
    std::array const charges{Charge{&gcra, "a"}, Charge{&gcra, "a"}, Charge{&gcra, "b"}};
    EXPECT_TRUE(ask_all(charges, 1, noon).allowed);
    EXPECT_EQ(gcra.peek("a", 1, noon).remaining, 1);
}

// Beside them, limits of their own for each request: it passes just if each alone would let it, and
// nothing else ever counts against them.
TEST(Several, agree_with_limits_that_are_asked_one_by_one)
{
    int allowed = 0;
    int refused = 0;
    for (unsigned seed = 0; seed < 200; seed++) {
        std::mt19937 chance(seed);
        std::vector<Gcra> real;
        std::vector<Gcra> alone;
        for (auto count = 1 + chance() % 4; count > 0; count--) {
            RateLimit const limit{.burst = 1 + static_cast<int>(chance() % 8),
                .period = std::chrono::seconds(1 + chance() % 30)};
            real.emplace_back(limit, 100);
            alone.emplace_back(limit, 100);
        }
        TimePoint now = noon;
        for (int step = 0; step < 300; step++) {
            now += std::chrono::milliseconds(chance() % 2'000);
            auto const cost = 1 + static_cast<int>(chance() % 2);
            std::vector<std::string> accounts;
            std::vector<Charge> charges;
            for (std::size_t i = 0; i < real.size(); i++)
                accounts.push_back(std::to_string(chance() % 3));
            for (std::size_t i = 0; i < real.size(); i++)
                charges.push_back({&real[i], accounts[i]});
            bool expected = true;
            Duration longest{};
            for (std::size_t i = 0; i < alone.size(); i++) {
                auto const one = alone[i].peek(accounts[i], cost, now);
                expected = expected && one.allowed;
                longest = std::max(longest, one.retry_after);
            }
            for (std::size_t i = 0; i < alone.size() && expected; i++)
                static_cast<void>(alone[i].ask(accounts[i], cost, now));
            auto const verdict = ask_all(charges, cost, now);
            ASSERT_EQ(verdict.allowed, expected) << seed << " " << step;
            ASSERT_EQ(verdict.each[verdict.which].retry_after, longest);
            for (std::size_t i = 0; i < alone.size(); i++) {
                auto const left = alone[i].peek(accounts[i], 1, now);
                auto const has = left.allowed ? left.remaining + 1 : 0;
                ASSERT_EQ(verdict.each[i].remaining, has);
            }
            (expected ? allowed : refused)++;
        }
    }
    EXPECT_GT(allowed, 1'000) << "the test shows nothing otherwise";
    EXPECT_GT(refused, 1'000);
}

} // namespace
} // namespace gatehouse::limits
