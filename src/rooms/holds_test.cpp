// SPDX-License-Identifier: Apache-2.0
#include "rooms/holds.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace gatehouse::rooms {
namespace {

using namespace std::chrono_literals;

struct HoldsTest : ::testing::Test {
    WallTime now{1'000'000};
    Holds holds{{.seats_max = 2, .rate_max = 4, .rate_period = 40s, .principals_max = 3}};

    // "" where it may.
    std::string take(std::string_view principal, std::string_view room, Milliseconds length = 60s)
    {
        auto const taken = holds.take(principal, room, now + length, now);
        return taken ? "" : std::string(name_of(taken.error().code));
    }
};

TEST_F(HoldsTest, are_of_so_many_seats_at_once)
{
    EXPECT_EQ(take("ann", "a"), "");
    EXPECT_EQ(take("ann", "b"), "");
    EXPECT_EQ(take("ann", "c"), "rate_limited");
    EXPECT_EQ(take("ann", "b"), "") << "the same one";
    EXPECT_EQ(take("bob", "c"), "");
    holds.drop("ann", "a");
    EXPECT_EQ(take("ann", "c"), "") << "she came to one";
}

TEST_F(HoldsTest, end_with_their_time)
{
    take("ann", "a");
    take("ann", "b", 61s);
    now = now + 60s;
    EXPECT_EQ(take("ann", "c"), "");
    EXPECT_EQ(take("ann", "d"), "rate_limited");
}

TEST_F(HoldsTest, are_changed_no_faster_than_that)
{
    auto const change = [&] {
        auto const taken = take("ann", "a");
        holds.drop("ann", "a");
        return taken;
    };
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(change(), "") << "at once, if she likes";
    EXPECT_EQ(change(), "rate_limited");
    now = now + 10s;
    EXPECT_EQ(change(), "");
    EXPECT_EQ(change(), "rate_limited");
    now = now + 60s;
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(change(), "") << "and no more than that was saved up";
    EXPECT_EQ(change(), "rate_limited");
}

TEST_F(HoldsTest, are_of_so_many_people_and_nothing_is_left_of_them)
{
    for (auto const* who : {"ann", "bob", "cem"})
        EXPECT_EQ(take(who, "a"), "");
    EXPECT_EQ(take("dan", "a"), "busy");
    EXPECT_EQ(take("ann", "b"), "");
    holds.forget("bob");
    EXPECT_EQ(take("dan", "a"), "");
    now = now + 60s;
    EXPECT_EQ(take("eve", "a"), "");
    EXPECT_EQ(holds.principals(), 1U);
    holds.drop("nobody", "a");
}

} // namespace
} // namespace gatehouse::rooms
