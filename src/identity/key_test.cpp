// SPDX-License-Identifier: Apache-2.0
#include "identity/key.hpp"

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "identity/hmac.hpp"

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
    EXPECT_TRUE(VerifyingKey::ed25519(point)->verifies(message, signature));
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

TEST(VerifyingKey, refuses_any_other_message_signature_or_key)
{
    auto const key = *VerifyingKey::ed25519(point);
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

TEST(VerifyingKey, refuses_malformed_and_weak_keys)
{
    EXPECT_FALSE(VerifyingKey::ed25519(point.substr(1)));
    using enum Algorithm;
    EXPECT_FALSE(VerifyingKey::elliptic(es256, point, point)); // Not on the curve.
    EXPECT_FALSE(VerifyingKey::elliptic(es256, point.substr(1), point));
    EXPECT_FALSE(VerifyingKey::elliptic(es512, point, point)); // Of another curve.

    std::string const e("\x01\x00\x01", 3);
    auto const rsa = [&](std::string const& n, std::string const& exponent) {
        return VerifyingKey::rsa(Algorithm::rs256, n, exponent).has_value();
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

// Made by `openssl dgst -sha384 -sign` and `-sha512`.
TEST(VerifyingKey, checks_signatures_of_the_longer_curves)
{
    auto const bytes = [](std::string_view text) { return *from_base64url(text); };
    auto const p384 = VerifyingKey::elliptic(Algorithm::es384,
        bytes("yPCE5wPCGtmTcDexaYrkYSQHjoO4u8dT4q5wrH7Ik_XU9EUdZt1FiS99pyENx3ua"),
        bytes("Mkxbqlo9minYZlK3wywooD16s_IluhNqJLu5cIxtgUia4OafCVFfbiUyG7ds-rVb"));
    auto const p521 = VerifyingKey::elliptic(Algorithm::es512,
        bytes("Aav_J91X7i4YvRWRDhuCAO-15OUyNcLpZOfx3TGj5OQ2BPy1XzAjDnaeRIr-b_Kl6lqKK-gKx-"
              "YisqbwTDxem9cl"),
        bytes("AIB7TbfUYkxqZG_9cVbpJYKlIB0cM5iR9arPhJVNx1BKzTWZ4pMtGJZiCffA15FlIYUFGYtJMqe11"
              "JXOz5t42Buf"));
    auto const by_p384 = bytes(
        "dlTQo7esjYJTkfdxJrKcP5e1E6WBoX629ICDD1G7Ump2gaXq0AtF7vx52xQeDUHwBwJLkNeIKSQzc-QAEqKuJNBd"
        "9LiMqImaFgClAe4z37gHOEHyCQGe3IBcpn8tYNrM");
    auto const by_p521 = bytes(
        "AVUOOw-39QyoWaPaeacH_M_uZjFePyPQQgKFSO2Xlr-ga4TgNuv1AP7qD5MSQFZjDWPoKCTkQJAM76esfACUjT89"
        "AJTBGcGAVcCNbWLT2Ug-1nuJk3Zwq6AmCUF6TKiU9VHH7dl-XdgkC4BGdniAoPyBuBDzm7MA9vpfOIwUwnNW_"
        "ZtT");
    ASSERT_TRUE(p384 && p521);
    EXPECT_TRUE(p384->verifies("message", by_p384));
    EXPECT_TRUE(p521->verifies("message", by_p521));
    EXPECT_FALSE(p384->verifies("massage", by_p384));
    EXPECT_FALSE(p521->verifies("message", by_p521.substr(1)));
    EXPECT_FALSE(p521->verifies("message", by_p384));
    EXPECT_FALSE(p521->verifies("message", std::string(132, '\0'))); // CVE-2022-21449
}

// RFC 4231, test case 2 (its key is shorter than what we take) by hmac(); the rest by secrets.
TEST(VerifyingKey, checks_by_a_secret_of_enough_bytes)
{
    EXPECT_EQ(to_hex(hmac(Hash::sha256, "Jefe", "what do ya want for nothing?")),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    struct Case {
        Algorithm algorithm;
        Hash hash;
        std::size_t bytes_min;
    };
    for (auto const& [algorithm, hash, bytes_min] :
        {Case{Algorithm::hs256, Hash::sha256, 32}, Case{Algorithm::hs384, Hash::sha384, 48},
            Case{Algorithm::hs512, Hash::sha512, 64}}) {
        std::string const secret(bytes_min, 's');
        auto const key = VerifyingKey::secret(algorithm, secret);
        ASSERT_TRUE(key);
        auto const tag = hmac(hash, secret, message);
        EXPECT_EQ(tag.size(), bytes_min);
        EXPECT_TRUE(key->verifies(message, tag));
        EXPECT_FALSE(key->verifies(message, tag.substr(1)));
        EXPECT_FALSE(key->verifies(message, ""));
        EXPECT_FALSE(key->verifies("", tag));
        EXPECT_FALSE(VerifyingKey::secret(algorithm, secret.substr(1)));
        EXPECT_FALSE(VerifyingKey::secret(algorithm, std::string(513, 's')));
    }
}

TEST(VerifyingKey, lends_itself_to_a_longer_hash_of_the_same_padding_only)
{
    using enum Algorithm;
    auto const key
        = *VerifyingKey::rsa(ps384, std::string(256, '\xff'), std::string("\x01\x00\x01", 3));
    EXPECT_EQ(key.with_longer_hash(ps512)->algorithm(), ps512);
    for (auto const other : {ps256, ps384, rs512, es512, hs512, eddsa})
        EXPECT_FALSE(key.with_longer_hash(other)) << name_of(other);
    EXPECT_FALSE(VerifyingKey::secret(hs256, std::string(64, 's'))->with_longer_hash(hs512));
}

TEST(Algorithm, has_one_name_and_one_family)
{
    using enum Algorithm;
    for (auto const algorithm : {hs256, hs384, hs512, eddsa, es256, es384, es512, rs256, rs384,
             rs512, ps256, ps384, ps512})
        EXPECT_EQ(algorithm_named(name_of(algorithm)), algorithm);
    for (auto const name : {"none", "None", "NONE", "hs256", "eddsa", "ES521", "A256GCM", ""})
        EXPECT_FALSE(algorithm_named(name));
    EXPECT_EQ(family_of(hs512), KeyFamily::secret);
    EXPECT_EQ(family_of(eddsa), KeyFamily::edwards);
    EXPECT_EQ(family_of(es256), KeyFamily::elliptic);
    EXPECT_EQ(family_of(es512), KeyFamily::elliptic);
    EXPECT_EQ(family_of(rs256), KeyFamily::rsa_pkcs1);
    EXPECT_EQ(family_of(rs512), KeyFamily::rsa_pkcs1);
    EXPECT_EQ(family_of(ps256), KeyFamily::rsa_pss);
}

}  // namespace
}  // namespace gatehouse::identity
