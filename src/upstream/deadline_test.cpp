// SPDX-License-Identifier: Apache-2.0
#include "upstream/deadline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};

TEST(Deadline, is_read_from_its_header)
{
    EXPECT_EQ(parse_timeout("830ms"), 830ms);
    EXPECT_EQ(parse_timeout("0ms"), 0ms);
    EXPECT_EQ(parse_timeout("10s"), 10s);
    EXPECT_EQ(parse_timeout("2m"), 2min);
    EXPECT_EQ(parse_timeout("00000830ms"), 830ms);
    EXPECT_EQ(parse_timeout("99999999m"), timeout_max);
    for (auto const text : {"", "ms", "10", "-1s", "+1s", "1.5s", " 1s", "1s ", "1 s", "1S", "1h",
             "123456789ms", "0x1s", "1sms"})
        EXPECT_FALSE(parse_timeout(text)) << text;
}

TEST(Deadline, is_read_as_grpc_says_it)
{
    EXPECT_EQ(parse_grpc_timeout("1H"), 1h);
    EXPECT_EQ(parse_grpc_timeout("2M"), 2min);
    EXPECT_EQ(parse_grpc_timeout("3S"), 3s);
    EXPECT_EQ(parse_grpc_timeout("4m"), 4ms);
    EXPECT_EQ(parse_grpc_timeout("5u"), 5us);
    EXPECT_EQ(parse_grpc_timeout("6n"), 6ns);
    EXPECT_EQ(parse_grpc_timeout("99999999H"), timeout_max);
    for (auto const text : {"", "H", "1", "1h", "1s", "1ms", "123456789n", "-1S", "1 S"})
        EXPECT_FALSE(parse_grpc_timeout(text)) << text;
}

TEST(Deadline, is_passed_on_in_whole_units)
{
    EXPECT_EQ(print_timeout(830ms), "830ms");
    EXPECT_EQ(print_timeout(1'999us), "1ms");
    EXPECT_EQ(print_timeout(999us), "0ms");
    EXPECT_EQ(print_timeout(-1s), "0ms");
    EXPECT_EQ(print_timeout(99'999'999ms), "99999999ms");
    EXPECT_EQ(print_timeout(100'000'000ms), "100000s");
    EXPECT_EQ(print_grpc_timeout(-1s), "0n");
    EXPECT_EQ(print_grpc_timeout(99'999'999ns), "99999999n");
    EXPECT_EQ(print_grpc_timeout(100'000'999ns), "100000u");
    EXPECT_EQ(print_grpc_timeout(100s), "100000m");
    EXPECT_EQ(print_grpc_timeout(timeout_max), "31536000S");
}

// Through ten gateways, by either header: nobody ever waits longer than whoever asked, and what
// rounding costs is less than the unit.
TEST(Deadline, only_shrinks_along_the_way)
{
    for (unsigned seed = 0; seed < 2'000; seed++) {
        std::mt19937_64 chance(seed);
        auto const magnitude = std::uint64_t{1} << (chance() % 55);
        TimePoint now = noon;
        auto deadline = now + Duration(static_cast<Duration::rep>(chance() % magnitude));
        for (int hop = 0; hop < 10; hop++) {
            now += Duration(static_cast<Duration::rep>(chance() % 50'000'000));
            bool const is_grpc = chance() % 2 == 0;
            auto const left = left_of(deadline, now);
            auto const read = is_grpc ? parse_grpc_timeout(print_grpc_timeout(left))
                                      : parse_timeout(print_timeout(left));
            ASSERT_TRUE(read);
            auto const unit = is_grpc ? left / 99'999 + 1ns
                : left < 99'999'999ms ? Duration(1ms)
                                      : Duration(1s);
            ASSERT_LE(*read, left);
            ASSERT_GE(*read, left - unit) << print_grpc_timeout(left);
            auto const allowed = Duration(static_cast<Duration::rep>(chance() % (2 * magnitude)));
            auto const next = deadline_of(now, allowed, read);
            ASSERT_LE(next, now + allowed);
            ASSERT_TRUE(next <= deadline || left == Duration::zero());
            deadline = next;
        }
    }
}

TEST(Deadline, is_the_routes_own_where_nobody_says_another)
{
    EXPECT_EQ(deadline_of(noon, 3s, std::nullopt), noon + 3s);
    EXPECT_EQ(deadline_of(noon, 3s, 10s), noon + 3s);
    EXPECT_EQ(deadline_of(noon, 3s, 1s), noon + 1s);
    EXPECT_EQ(left_of(noon + 3s, noon + 1s), 2s);
    EXPECT_EQ(left_of(noon, noon + 1s), 0s);
}

} // namespace
} // namespace gatehouse::upstream
