// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace gatehouse::identity {

// The signature algorithms that we know (RFC 7518 §3.1, RFC 8037 §3.1). "none" is not among them.
// HS256 and its like are no signatures: who can check one can make one, so a key set has them only
// where that was chosen (KeyPolicy).
enum class Algorithm : std::uint8_t {
    hs256,
    hs384,
    hs512,
    eddsa,
    es256,
    es384,
    es512,
    rs256,
    rs384,
    rs512,
    ps256,
    ps384,
    ps512,
};

// In the order of Algorithm: within a family a later one has a longer hash.
enum class KeyFamily : std::uint8_t { secret, edwards, elliptic, rsa_pkcs1, rsa_pss };

[[nodiscard]] std::string_view name_of(Algorithm algorithm);
[[nodiscard]] std::optional<Algorithm> algorithm_named(std::string_view name);
[[nodiscard]] KeyFamily family_of(Algorithm algorithm);

// Checks signatures of one algorithm, which is fixed when the key is made and never taken from a
// token. Copies share the key.
class VerifyingKey {
public:
    static constexpr std::size_t secret_bytes_max = 512;

    // All fail with bad_request and what is wrong with the key.
    static Result<VerifyingKey> ed25519(std::string_view point);
    // Coordinates, big-endian: of 32 bytes for ES256 (P-256), 48 for ES384, 66 for ES512 (P-521).
    static Result<VerifyingKey> elliptic(
        Algorithm algorithm, std::string_view x, std::string_view y);
    // Big-endian numbers without a leading zero byte. The modulus has 2048 to 8192 bits, the
    // exponent is odd and above 2; keys of the ROCA generator (CVE-2017-15361) are refused.
    static Result<VerifyingKey> rsa(
        Algorithm algorithm, std::string_view modulus, std::string_view exponent);
    // At least as long as the hash (RFC 7518 §3.2): 32, 48 or 64 bytes, and 512 at most.
    static Result<VerifyingKey> secret(Algorithm algorithm, std::string_view bytes);

    [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
    // The signature is in the form of JWS: r and s side by side for elliptic curves.
    [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;

    // The same RSA key with a longer hash and the same padding. Empty for all else.
    [[nodiscard]] std::optional<VerifyingKey> with_longer_hash(Algorithm algorithm) const;

private:
    friend class SigningKey;
    VerifyingKey(Algorithm algorithm, std::shared_ptr<evp_pkey_st> key);

    [[nodiscard]] bool verifies_by_secret(std::string_view message, std::string_view tag) const;

    Algorithm algorithm_;
    std::shared_ptr<evp_pkey_st> key_{}; // Of all families but `secret`.
    std::shared_ptr<std::string const> secret_{};
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
    [[nodiscard]] VerifyingKey public_key() const;
    [[nodiscard]] std::string public_point() const; // 32 bytes

private:
    explicit SigningKey(evp_pkey_st* key);

    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace gatehouse::identity
