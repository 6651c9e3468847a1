// SPDX-License-Identifier: Apache-2.0
#include "rooms/chance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace gatehouse::rooms {

namespace {

std::string counting_key()
{
    std::string key(32, '\0');
    std::iota(key.begin(), key.end(), '\0');
    return key;
}

// RFC 8439, A.1: vectors 1 and 2 (key and nonce zero, blocks 0 and 1).
TEST(Rng, draws_the_words_of_the_rfc)
{
    constexpr std::array<std::uint32_t, 32> words{0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653,
        0xb819d2bd, 0x1aed8da0, 0xccef36a8, 0xc70d778b, 0x7c5941da, 0x8d485751, 0x3fe02477,
        0x374ad8b8, 0xf4b8436a, 0x1ca11815, 0x69b687c3, 0x8665eeb2, 0xbee7079f, 0x7a385155,
        0x7c97ba98, 0x0d082d73, 0xa0290fcb, 0x6965e348, 0x3e53c612, 0xed7aee32, 0x7621b729,
        0x434ee69c, 0xb03371d5, 0xd539d874, 0x281fed31, 0x45fb0a51, 0x1f0ae1ac, 0x6f4d794b};
    Rng rng(std::string(32, '\0'), 0);
    for (auto const word : words)
        EXPECT_EQ(rng.next(), word);
}

TEST(Rng, goes_on_where_it_was_however_far_it_is_drawn)
{
    Rng once(counting_key(), 7);
    std::vector<std::uint32_t> all(5000);
    for (auto& word : all)
        word = once.next();
    Rng again(counting_key(), 7);
    for (auto const word : all)
        ASSERT_EQ(again.next(), word);
    auto const repeats = std::ranges::count(all, all.front());
    EXPECT_EQ(repeats, 1);
}

// Made with the openssl command and twenty lines of Python that follow the comment in the header.
TEST(Rng, shuffles_as_an_independent_program_does)
{
    std::array<int, 32> row;
    std::iota(row.begin(), row.end(), 0);
    Chance const chance(counting_key());
    auto rng = chance.stream(1);
    rng.shuffle(row);
    EXPECT_EQ(row, (std::array<int, 32>{20, 15, 16, 23, 25, 19, 10, 8, 11, 9, 22, 1, 0, 27, 29, 21,
                       2, 18, 26, 13, 14, 31, 17, 12, 4, 5, 3, 7, 6, 28, 30, 24}));
}

TEST(Rng, gives_each_stream_draws_of_its_own)
{
    Chance const chance(counting_key());
    EXPECT_NE(chance.stream(1).next(), chance.stream(2).next());
    EXPECT_NE(chance.stream(1).next(), chance.stream(1ULL << 40).next());
}

TEST(Rng, throws_away_just_the_words_that_would_favour_small_numbers)
{
    for (auto const n : {1U, 2U, 3U, 32U, 1'000'003U, 3U << 30U, 0x80000001U, 0xffffffffU}) {
        Rng rng(counting_key(), n);
        Rng words(counting_key(), n);
        auto const uneven = (std::uint64_t{1} << 32U) % n;
        for (int i = 0; i < 500; i++) {
            std::uint64_t word = words.next();
            while (word < uneven)
                word = words.next();
            ASSERT_EQ(rng.below(n), word % n) << n;
        }
    }
}

TEST(Rng, is_uniform_below_a_number_that_divides_nothing)
{
    constexpr std::uint32_t n = 3U << 30U; // A quarter of all words is uneven here.
    constexpr int draws = 30000;
    std::array<int, 3> thirds{};
    Rng rng(counting_key(), 3);
    for (int i = 0; i < draws; i++)
        thirds[rng.below(n) >> 30U]++;
    for (auto const count : thirds)
        EXPECT_NEAR(count, draws / 3, 400); // Five standard deviations; without rejection 7500 off.
}

}  // namespace

}  // namespace gatehouse::rooms
