// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/jwks.hpp"
#include "identity/key.hpp"
#include "identity/principal.hpp"
#include "identity/verified_tokens.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::identity {

// The tokens of anonymous sessions: JWTs (RFC 7519) that this installation signs for itself,
//     {"iss":"gatehouse","sub":"g_3f…","iat":1763733787,"exp":1763820187,"kind":"guest"}
// so any node that has the key knows the guest, and none keeps a table. Checking a signature costs
// 60 µs, so tokens found good are remembered (VerifiedTokens). Belongs to one shard.
class GuestTokens {
public:
    struct Options {
        std::string issuer = "gatehouse";
        std::size_t remembered_max = 16'384;
    };

    explicit GuestTokens(SigningKey key) : GuestTokens(std::move(key), Options{}) {}
    GuestTokens(SigningKey key, Options options);

    // The id must be UTF-8. `exp` is in whole seconds: a part of one is given away.
    [[nodiscard]] std::string issue(
        std::string_view principal_id, WallTime now, std::chrono::seconds ttl) const;

    // Fails with unauthenticated, or token_expired from the second of `exp` on.
    [[nodiscard]] Result<Verified> verify(std::string_view token, WallTime now);

private:
    [[nodiscard]] Result<Verified> check(std::string_view token) const;

    SigningKey key_;
    KeySet keys_;
    Options options_;
    VerifiedTokens verified_;
};

}  // namespace gatehouse::identity
