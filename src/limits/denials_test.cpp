// SPDX-License-Identifier: Apache-2.0
#include "limits/denials.hpp"

#include "limits/shared.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace gatehouse::limits {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};
constexpr RateLimit three_per_minute{.burst = 3, .period = 60s};

TEST(Denials, hold_until_it_may_be_asked_again)
{
    Denials denials(10);
    Gcra gcra(three_per_minute, 10);
    static_cast<void>(gcra.ask("ann", 3, noon));
    denials.note("ann", three_per_minute, 1, gcra.peek("ann", 1, noon), noon);
    auto const known = denials.find("ann", three_per_minute, 1, noon + 5s);
    ASSERT_TRUE(known);
    EXPECT_FALSE(known->allowed);
    EXPECT_EQ(known->retry_after, 15s);
    EXPECT_EQ(known->reset_after, 55s);
    EXPECT_FALSE(denials.find("bob", three_per_minute, 1, noon));
    EXPECT_FALSE(denials.find("ann", three_per_minute, 1, noon + 20s));
    EXPECT_FALSE(denials.find("ann", {.burst = 4, .period = 60s}, 1, noon)) << "another limit";
    denials.note("eve", three_per_minute, 2, {.allowed = false, .retry_after = 20s}, noon);
    EXPECT_TRUE(denials.find("eve", three_per_minute, 3, noon));
    EXPECT_FALSE(denials.find("eve", three_per_minute, 1, noon)) << "one might be left";
    denials.note("dan", three_per_minute, 1, {.allowed = true}, noon);
    EXPECT_EQ(denials.size(), 2u);
}

TEST(Denials, make_room_of_those_that_are_over)
{
    Denials denials(2);
    auto const note = [&](std::string_view account, Duration wait, TimePoint now) {
        denials.note(account, three_per_minute, 1, {.allowed = false, .retry_after = wait}, now);
    };
    note("ann", 10s, noon);
    note("bob", 20s, noon);
    note("eve", 20s, noon);
    EXPECT_FALSE(denials.find("eve", three_per_minute, 1, noon)) << "so the owner is asked";
    note("bob", 30s, noon); // No newcomer.
    note("eve", 20s, noon + 10s);
    EXPECT_TRUE(denials.find("eve", three_per_minute, 1, noon + 10s));
    EXPECT_EQ(denials.size(), 2u);
}

// What is remembered is what the owner would say, for nobody else can make it say otherwise sooner.
TEST(Denials, never_say_no_where_the_owner_would_say_yes)
{
    int remembered = 0;
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937 chance(seed);
        Denials denials(3);
        Gcra gcra(three_per_minute, 100);
        TimePoint now = noon;
        for (int i = 0; i < 500; i++) {
            now += std::chrono::milliseconds(chance() % 4'000);
            auto const account = std::to_string(chance() % 5);
            auto const cost = 1 + static_cast<int>(chance() % 2);
            if (auto const known = denials.find(account, three_per_minute, cost, now)) {
                remembered++;
                ASSERT_FALSE(gcra.peek(account, cost, now).allowed) << seed << " " << i;
                continue;
            }
            denials.note(account, three_per_minute, cost, gcra.ask(account, cost, now), now);
        }
    }
    EXPECT_GT(remembered, 1'000) << "the test shows nothing otherwise";
}

TEST(SharedLimit, falls_back_to_a_share_of_itself)
{
    RateLimit const limit{.burst = 100, .period = 60s};
    EXPECT_EQ(share_of(limit, 4), (RateLimit{.burst = 25, .period = 60s}));
    EXPECT_EQ(share_of(limit, 1), limit);
    EXPECT_EQ(share_of(limit, 0), limit);
    auto const few = share_of({.burst = 2, .period = 60s}, 5);
    EXPECT_EQ(few, (RateLimit{.burst = 1, .period = 150s})) << "five of them: 2 a minute";
}

} // namespace
} // namespace gatehouse::limits
