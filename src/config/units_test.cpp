// SPDX-License-Identifier: Apache-2.0
#include "config/units.hpp"

#include <gtest/gtest.h>
#include <random>

namespace gatehouse::config {
namespace {

using namespace std::chrono_literals;

TEST(Durations, are_read_with_their_units)
{
    EXPECT_EQ(read_duration("250ms"), Duration(250ms));
    EXPECT_EQ(read_duration("10s"), Duration(10s));
    EXPECT_EQ(read_duration("5m"), Duration(5min));
    EXPECT_EQ(read_duration("24h"), Duration(24h));
    EXPECT_EQ(read_duration("7d"), Duration(7 * 24h));
    for (auto const* bad : {"", "s", "10", "-1s", "+1s", "1 s", " 1s", "010s", "1e3s", "3651d",
             "18446744073709551616s", "99999999999999999999999s"})
        EXPECT_FALSE(read_duration(bad)) << bad;
}

TEST(Sizes, count_by_1024_or_by_1000_as_their_unit_says)
{
    EXPECT_EQ(read_size("512B"), Size {512});
    EXPECT_EQ(read_size("16KiB"), Size {16'384});
    EXPECT_EQ(read_size("16KB"), Size {16'000});
    EXPECT_EQ(read_size("1MiB"), Size {1'048'576});
    EXPECT_EQ(read_size("0B"), Size {0});
    for (auto const* bad : {"", "1024", "1K", "1kib", "9999999GiB", "0x10B"})
        EXPECT_FALSE(read_size(bad)) << bad;
}

TEST(Rates, count_per_time)
{
    EXPECT_EQ(read_rate("100/min"), (Rate {100, 1min}));
    EXPECT_EQ(read_rate("5/s"), (Rate {5, 1s}));
    EXPECT_EQ(read_rate("1000/h"), (Rate {1000, 1h}));
    EXPECT_EQ(read_rate("5/10s"), (Rate {5, 10s}));
    for (auto const* bad :
        {"", "5", "5/", "/s", "0/s", "5/0s", "5/10", "5 / s", "-5/s", "2000000000/s"})
        EXPECT_FALSE(read_rate(bad)) << bad;
}

TEST(Shares, are_whole_percents)
{
    EXPECT_EQ(read_percent("20%"), 20);
    EXPECT_EQ(read_percent("100%"), 100);
    for (auto const* bad : {"", "20", "101%", "2.5%", "%", "020%"})
        EXPECT_FALSE(read_percent(bad)) << bad;
}

TEST(Counts, are_decimal_and_in_range)
{
    EXPECT_EQ(read_count("0", 0, 9), 0);
    EXPECT_EQ(read_count("9", 0, 9), 9);
    for (auto const* bad : {"", "10", "00", "010", "08", "-1", "1_0", "1e0", "0x1", " 1"})
        EXPECT_FALSE(read_count(bad, 0, 9)) << bad;
}

TEST(Quantities, read_back_as_they_were_written)
{
    std::mt19937_64 random(7);
    for (int i = 0; i < 2000; i++) {
        auto const scale = std::uint64_t {1} << (random() % 38);
        auto const amount = 1 + random() % scale;
        Duration const duration = Milliseconds(static_cast<std::int64_t>(amount));
        EXPECT_EQ(read_duration(write_duration(duration)), duration);
        EXPECT_EQ(read_size(write_size({amount})), Size {amount});
        Rate const rate {static_cast<int>(1 + amount % 1000), duration};
        EXPECT_EQ(read_rate(write_rate(rate)), rate);
    }
}

} // namespace
} // namespace gatehouse::config
