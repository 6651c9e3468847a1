// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace gatehouse::identity {

// The signature algorithms that we accept (RFC 7518 §3.1, RFC 8037 §3.1). A secret shared with
// whoever verifies (HS256) is not among them, and neither is "none".
enum class Algorithm : std::uint8_t { eddsa, es256, rs256, rs384, rs512, ps256, ps384, ps512 };

[[nodiscard]] std::string_view name_of(Algorithm algorithm);
[[nodiscard]] std::optional<Algorithm> algorithm_named(std::string_view name);

// Checks signatures of one algorithm, which is fixed when the key is made and never taken from a
// token. Copies share the key.
class PublicKey {
public:
    // All fail with bad_request and what is wrong with the key.
    static Result<PublicKey> ed25519(std::string_view point);
    // P-256, coordinates of 32 bytes, big-endian.
    static Result<PublicKey> p256(std::string_view x, std::string_view y);
    // Big-endian numbers without a leading zero byte. The modulus has 2048 to 8192 bits, the
    // exponent is odd and above 2; keys of the ROCA generator (CVE-2017-15361) are refused.
    static Result<PublicKey> rsa(
        Algorithm algorithm, std::string_view modulus, std::string_view exponent);

    [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
    // The signature is in the form of JWS: r and s side by side for ES256.
    [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;

private:
    friend class SigningKey;
    PublicKey(Algorithm algorithm, evp_pkey_st* key);

    Algorithm algorithm_;
    std::shared_ptr<evp_pkey_st> key_;
};

// An Ed25519 key (RFC 8032). Signing is deterministic, so it needs no dice.
class SigningKey {
public:
    static constexpr std::size_t seed_bytes = 32;

    static SigningKey from_seed(std::string_view seed);
    // The seed in hexadecimal, white space at the end allowed: what server/ keeps in a file.
    static Result<SigningKey> from_text(std::string_view text);
    [[nodiscard]] std::string to_text() const;

    [[nodiscard]] std::string sign(std::string_view message) const; // 64 bytes
    [[nodiscard]] PublicKey public_key() const;

private:
    explicit SigningKey(evp_pkey_st* key);

    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace gatehouse::identity
