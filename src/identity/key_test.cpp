// SPDX-License-Identifier: Apache-2.0
#include "identity/key.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

// RFC 8032 §7.1, test 3.
std::string const seed
    = from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
std::string const point
    = from_hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
std::string const message = from_hex("af82");
std::string const signature
    = from_hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
               "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");

TEST(SigningKey, signs_as_rfc_8032_does)
{
    auto const key = SigningKey::from_seed(seed);
    EXPECT_EQ(key.sign(message), signature);
    EXPECT_TRUE(key.public_key().verifies(message, signature));
    EXPECT_TRUE(PublicKey::ed25519(point)->verifies(message, signature));
}

TEST(SigningKey, comes_back_from_its_text)
{
    auto const text = SigningKey::from_seed(seed).to_text();
    EXPECT_EQ(text, to_hex(seed));
    EXPECT_EQ(SigningKey::from_text(text + "\n")->sign(message), signature);
    for (std::string const& bad : {std::string(), text.substr(2), text + "00", "x" + text.substr(1),
             " " + text})
        EXPECT_EQ(SigningKey::from_text(bad).error().code, ErrorCode::bad_request);
}

TEST(PublicKey, refuses_any_other_message_signature_or_key)
{
    auto const key = *PublicKey::ed25519(point);
    EXPECT_FALSE(key.verifies("", signature));
    EXPECT_FALSE(key.verifies(message, ""));
    EXPECT_FALSE(key.verifies(message, signature + '\0'));
    auto const other = SigningKey::from_seed(std::string(32, 'k')).public_key();
    EXPECT_FALSE(other.verifies(message, signature));
    for (std::size_t i = 0; i < signature.size(); i++) {
        auto forged = signature;
        forged[i] = static_cast<char>(forged[i] ^ 1);
        EXPECT_FALSE(key.verifies(message, forged)) << i;
    }
}

TEST(PublicKey, refuses_malformed_and_weak_keys)
{
    EXPECT_FALSE(PublicKey::ed25519(point.substr(1)));
    EXPECT_FALSE(PublicKey::p256(point, point)); // Not on the curve.
    EXPECT_FALSE(PublicKey::p256(point.substr(1), point));

    std::string const e("\x01\x00\x01", 3);
    auto const rsa = [&](std::string const& n, std::string const& exponent) {
        return PublicKey::rsa(Algorithm::rs256, n, exponent).has_value();
    };
    std::string const modulus(256, '\xff');
    EXPECT_TRUE(rsa(modulus, e));
    EXPECT_FALSE(rsa(std::string(255, '\xff'), e));
    EXPECT_FALSE(rsa(std::string(1025, '\xff'), e));
    EXPECT_FALSE(rsa('\0' + modulus, e));
    EXPECT_FALSE(rsa(modulus, "\x01"));
    EXPECT_FALSE(rsa(modulus, "\x02"));
    EXPECT_FALSE(rsa(modulus, ""));
    EXPECT_FALSE(rsa("", e));
}

TEST(Algorithm, has_one_name_and_none_for_shared_secrets)
{
    using enum Algorithm;
    for (auto const algorithm : {eddsa, es256, rs256, rs384, rs512, ps256, ps384, ps512})
        EXPECT_EQ(algorithm_named(name_of(algorithm)), algorithm);
    for (auto const name : {"none", "HS256", "eddsa", "ES512", ""})
        EXPECT_FALSE(algorithm_named(name));
}

}  // namespace
}  // namespace gatehouse::identity
