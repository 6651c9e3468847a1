// SPDX-License-Identifier: Apache-2.0
#include "base/seal.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gatehouse {
namespace {

std::string const key(32, 'k');
std::string const nonce(12, 'n');

// AES-256-GCM of "The Galois/Counter Mode of Operation" (McGrew, Viega), appendix B, which NIST
// took over: key, nonce, text, about, ciphertext, tag.
constexpr std::string_view gcm_key
    = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
constexpr std::string_view gcm_nonce = "cafebabefacedbaddecaf888";
constexpr std::array<std::array<std::string_view, 6>, 4> vectors{{
    {"0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000", "00000000000000000000000000000000", "",
        "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {gcm_key, gcm_nonce,
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
        "b094dac5d93471bdec1a502270e3cc6c"},
    {gcm_key, gcm_nonce,
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b"},
}};

TEST(Seal, makes_what_the_vectors_of_gcm_say)
{
    for (auto const& [hex_key, hex_nonce, text, about, cipher, tag] : vectors) {
        auto const sealed = seal(
            from_hex(hex_key), from_hex(hex_nonce), from_hex(text), from_hex(about));
        EXPECT_EQ(to_hex(sealed), std::string(hex_nonce).append(cipher).append(tag));
        EXPECT_EQ(unseal(from_hex(hex_key), sealed, from_hex(about)), from_hex(text));
    }
}

TEST(Seal, gives_any_text_back)
{
    for (std::size_t size = 0; size < 200; size++) {
        std::string text(size, '\0');
        for (std::size_t i = 0; i < size; i++)
            text[i] = static_cast<char>(i * 7 + size);
        auto const sealed = seal(key, nonce, text, "about");
        EXPECT_EQ(sealed.size(), seal_nonce_size + size + seal_tag_size);
        EXPECT_EQ(unseal(key, sealed, "about"), text);
    }
}

TEST(Seal, does_not_open_when_a_bit_of_it_was_changed)
{
    auto const sealed = seal(key, nonce, "Bärbel", "about");
    for (std::size_t bit = 0; bit < sealed.size() * 8; bit++) {
        auto changed = sealed;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(unseal(key, changed, "about")) << "bit " << bit;
    }
}

TEST(Seal, does_not_open_elsewhere_or_with_another_key_or_in_part)
{
    auto const sealed = seal(key, nonce, "Ann", "room.named");
    EXPECT_TRUE(unseal(key, sealed, "room.named"));
    EXPECT_FALSE(unseal(key, sealed, "room.came"));
    EXPECT_FALSE(unseal(key, sealed, ""));
    EXPECT_FALSE(unseal(std::string(32, 'l'), sealed, "room.named"));
    for (std::size_t size = 0; size < sealed.size(); size++)
        EXPECT_FALSE(unseal(key, sealed.substr(0, size), "room.named")) << size;
    EXPECT_FALSE(unseal(key, sealed + '\0', "room.named"));
}

TEST(Seal, shows_nothing_of_the_text)
{
    EXPECT_FALSE(seal(key, nonce, "a long name that is easy to find", "").contains("name"));
    EXPECT_NE(seal(key, nonce, "Ann", ""), seal(key, std::string(12, 'm'), "Ann", ""));
}

} // namespace
} // namespace gatehouse
