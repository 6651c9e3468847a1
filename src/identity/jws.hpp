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

[[nodiscard]] std::string sign_jws(SigningKey const& key, std::string_view payload);

// The payload, if a key of the set signed the token. The token's header picks the key by `kid`, and
// must name the algorithm of that key. What it says beyond that is not followed: `crit` and `b64`
// are refused, keys that it brings along (`jwk`, `jku`, `x5c`) are ignored. Fails with
// unauthenticated; the reason is in the detail.
[[nodiscard]] Result<std::string> verify_jws(KeySet const& keys, std::string_view token);

}  // namespace gatehouse::identity
