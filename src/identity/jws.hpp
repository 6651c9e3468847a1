// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "identity/jwks.hpp"
#include "identity/key.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::identity {

inline constexpr std::size_t token_bytes_max = 8192;

// JWS compact serialisation (RFC 7515 §7.1), and no other.

// `kid` is what the key is called in the set that others have: nothing that JSON escapes. Empty:
// the token names none.
[[nodiscard]] std::string sign_jws(
    SigningKey const& key, std::string_view payload, std::string_view kid = {});

// A token taken apart: what it says, of which nothing is true yet.
struct Jws {
    std::string algorithm{};
    std::string kid{}; // Empty where it names none.
    std::string payload{};
    std::string signature{};
    std::string_view signed_part{}; // Of the token, which must outlive this.
};

// What a header says beyond `alg` and `kid` is not followed: `crit` and `b64` are refused, keys
// that it brings along or leads to (`jwk`, `jku`, `x5c`, `x5u`) are ignored. Strict in all else:
// three parts of base64url without padding, a header of unique names, 8 KiB. Fails with
// unauthenticated; the reason is in the detail.
[[nodiscard]] Result<Jws> read_jws(std::string_view token);

// Did the key that the token names sign it, with the algorithm of that key?
[[nodiscard]] Result<void> check_jws(KeySet const& keys, Jws const& token);

// Both: the payload, if a key of the set signed the token.
[[nodiscard]] Result<std::string> verify_jws(KeySet const& keys, std::string_view token);

}  // namespace gatehouse::identity
