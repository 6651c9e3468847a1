// SPDX-License-Identifier: Apache-2.0
#include "schema/decimal.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::schema {
namespace {

Decimal decimal(std::string_view text)
{
    json::Parser parser;
    auto const node = parser.parse(text);
    EXPECT_TRUE(node) << text;
    return Decimal::of(*node);
}

TEST(Decimal, equals_whatever_spells_the_same_number)
{
    EXPECT_EQ(decimal("1"), decimal("1.0"));
    EXPECT_EQ(decimal("100"), decimal("1e2"));
    EXPECT_EQ(decimal("0"), decimal("-0.0"));
    EXPECT_EQ(decimal("100").hash(), decimal("1.00e2").hash());
    EXPECT_NE(decimal("9007199254740993"), decimal("9007199254740992"));
    EXPECT_NE(decimal("1"), decimal("-1"));
}

TEST(Decimal, is_written_as_people_do)
{
    for (auto const text : {"0", "1", "-1", "0.01", "-12.5", "0.5", "100", "18446744073709551615"})
        EXPECT_EQ(decimal(text).text(), text);
    EXPECT_EQ(decimal("1.0").text(), "1");
    EXPECT_EQ(decimal("1.5e300").text(), "15e299");
    EXPECT_EQ(decimal("1e-300").text(), "1e-300");
}

TEST(Decimal, knows_whole_numbers)
{
    EXPECT_TRUE(decimal("1.0").is_integer());
    EXPECT_TRUE(decimal("1e300").is_integer());
    EXPECT_FALSE(decimal("1.5").is_integer());
    EXPECT_FALSE(decimal("1e-9").is_integer());
    EXPECT_EQ(decimal("18446744073709551615").count(), UINT64_MAX);
    EXPECT_EQ(decimal("2.0").count(), 2U);
    EXPECT_FALSE(decimal("1e20").count());
    EXPECT_FALSE(decimal("-1").count());
}

TEST(Decimal, orders_by_value)
{
    std::vector<std::string> const ascending{"-1e300", "-9223372036854775808", "-1.5", "-1",
        "-0.001", "0", "1e-300", "0.001", "0.1", "0.75", "1", "1.5", "10", "99.9", "100",
        "9223372036854775807", "18446744073709551614", "18446744073709551615", "1e300"};
    for (std::size_t a = 0; a < ascending.size(); a++)
        for (std::size_t b = 0; b < ascending.size(); b++)
            EXPECT_EQ(decimal(ascending[a]) <=> decimal(ascending[b]), a <=> b)
                << ascending[a] << " and " << ascending[b];
}

TEST(Decimal, divides_exactly)
{
    EXPECT_TRUE(decimal("0.0075").is_multiple_of(decimal("0.0001")));
    EXPECT_FALSE(decimal("0.00751").is_multiple_of(decimal("0.0001")));
    EXPECT_TRUE(decimal("19.99").is_multiple_of(decimal("0.01")));
    EXPECT_TRUE(decimal("12391239123").is_multiple_of(decimal("1e-8")));
    EXPECT_TRUE(decimal("-4.5").is_multiple_of(decimal("1.5")));
    EXPECT_TRUE(decimal("0").is_multiple_of(decimal("7")));
    EXPECT_FALSE(decimal("1e308").is_multiple_of(decimal("0.123456789")));
    EXPECT_TRUE(decimal("1e308").is_multiple_of(decimal("0.5")));
    EXPECT_FALSE(decimal("5").is_multiple_of(decimal("10")));
    EXPECT_TRUE(decimal("20").is_multiple_of(decimal("10")));
    EXPECT_TRUE(decimal("1e19").is_multiple_of(decimal("5e18")));
}

TEST(Decimal, agrees_with_integers_of_the_machine)
{
    std::mt19937 dice(7);
    std::uniform_int_distribution<std::int64_t> any(-2000, 2000);
    for (int i = 0; i < 20'000; i++) {
        auto const a = any(dice);
        auto const b = any(dice);
        EXPECT_EQ(Decimal::of(a) <=> Decimal::of(b), a <=> b);
        if (b > 0) {
            EXPECT_EQ(Decimal::of(a).is_multiple_of(Decimal::of(b)), a % b == 0) << a << " " << b;
        }
    }
}

} // namespace
} // namespace gatehouse::schema
