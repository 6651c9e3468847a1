// SPDX-License-Identifier: Apache-2.0
#include "cache/sealed.hpp"

#include "base/seal.hpp"

#include <gtest/gtest.h>

namespace gatehouse::cache {
namespace {

std::string const nonce(seal_nonce_size, 'n');
Answer const answer{.version = 812, .made_at = {1'795'000'000'123}, .value = "who played"};

TEST(CacheSeal, opens_what_it_closed)
{
    Seal const seal("secret");
    EXPECT_EQ(seal.open("name", seal.close("name", answer, nonce)), answer);
    Answer const empty{.version = ~0ULL, .made_at = {-1}, .value = {}};
    EXPECT_EQ(seal.open("", seal.close("", empty, nonce)), empty);
}

TEST(CacheSeal, shows_nothing_of_the_value)
{
    auto const sealed = Seal("secret").close("name", answer, nonce);
    EXPECT_FALSE(sealed.contains(answer.value));
    EXPECT_FALSE(sealed.contains(answer.value.substr(0, 4)));
}

TEST(CacheSeal, takes_no_answer_for_another_name_and_none_of_another_secret)
{
    auto const sealed = Seal("secret").close("name", answer, nonce);
    EXPECT_FALSE(Seal("secret").open("nama", sealed));
    EXPECT_FALSE(Seal("Secret").open("name", sealed));
    EXPECT_NE(Seal("secret").fingerprint(), Seal("Secret").fingerprint());
}

TEST(CacheSeal, notices_every_flipped_bit_and_every_cut)
{
    Seal const seal("secret");
    auto const sealed = seal.close("name", answer, nonce);
    for (std::size_t bit = 0; bit < sealed.size() * 8; bit++) {
        auto broken = sealed;
        broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(seal.open("name", broken)) << bit;
    }
    for (std::size_t size = 0; size < sealed.size(); size++)
        EXPECT_FALSE(seal.open("name", sealed.substr(0, size))) << size;
    EXPECT_FALSE(seal.open("name", sealed + "x"));
}

} // namespace
} // namespace gatehouse::cache
