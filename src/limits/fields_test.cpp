// SPDX-License-Identifier: Apache-2.0
#include "limits/fields.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gatehouse::limits {
namespace {

using namespace std::chrono_literals;

TEST(LimitFields, list_every_limit)
{
    std::array const policies{
        policy_of("per_player", {.burst = 20, .period = 12s}), Policy{"monthly", 10'000, 720h}};
    EXPECT_EQ(print_policies(policies), R"("per_player";q=20;w=12, "monthly";q=10000;w=2592000)");
    std::array const left{
        Remaining{"per_player", 19, 600ms}, Remaining{"monthly", 9'431, 86'021'001ms}};
    EXPECT_EQ(print_remaining(left), R"("per_player";r=19;t=1, "monthly";r=9431;t=86022)");
    EXPECT_EQ(print_policies({}), "");
    EXPECT_EQ(print_remaining({}), "");
}

TEST(LimitFields, say_what_was_said_of_a_single_limit)
{
    std::array const policies{policy_of("login", {.burst = 5, .period = 60s})};
    EXPECT_EQ(print_policies(policies), R"("login";q=5;w=60)");
    std::array const left{Remaining{"login", 0, 60s}};
    EXPECT_EQ(print_remaining(left), R"("login";r=0;t=60)");
}

TEST(LimitFields, are_structured_fields_whatever_a_limit_is_called)
{
    EXPECT_EQ(quoted(R"(a"b\c)"), R"("a\"b\\c")");
    EXPECT_EQ(quoted("\xc3\xa9\r\n\x7f"), R"("?????")");
    std::array const left{Remaining{"a", -1, -1s}};
    EXPECT_EQ(print_remaining(left), R"("a";r=0;t=0)");
    std::array const policies{Policy{"a", 9'000'000'000'000'000'000, 1ns}};
    EXPECT_EQ(print_policies(policies), R"("a";q=999999999999999;w=1)");
}

TEST(LimitFields, round_waits_up)
{
    EXPECT_EQ(print_retry_after(0s), "1");
    EXPECT_EQ(print_retry_after(1ns), "1");
    EXPECT_EQ(print_retry_after(1s), "1");
    EXPECT_EQ(print_retry_after(1s + 1ns), "2");
}

TEST(LimitFields, speak_the_older_dialect_too)
{
    auto const fields = legacy_fields({"a", 20, 12s}, {"a", 7, 1500ms});
    EXPECT_EQ(fields,
        (Fields{{"X-RateLimit-Limit", "20"}, {"X-RateLimit-Remaining", "7"},
            {"X-RateLimit-Reset", "2"}}));
}

} // namespace
} // namespace gatehouse::limits
