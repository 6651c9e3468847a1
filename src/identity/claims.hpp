// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// What the claims of a token must say (RFC 7519 §4.1), whose signature was found good.
struct ClaimRules {
    // `iss` must be just this. Empty: whoever holds the keys is the issuer.
    std::string issuer{};
    // `aud` must name one of these. Empty: a token that names an audience is not for us (§4.1.3).
    std::vector<std::string> audiences{};
    // Where the roles are: the name of a claim, or names with dots between them, each inside the
    // one before ("realm_access.roles"). Empty: the token says nothing of roles.
    std::string roles_path{};
    // How far the clocks of issuer and gateway may differ.
    Milliseconds skew{60'000};

    bool operator==(ClaimRules const&) const = default;
};

struct Claims {
    std::string subject{};
    std::vector<std::string> roles{};
    WallTime expires_at{}; // The first instant at which the token is refused: `exp` and the skew.

    bool operator==(Claims const&) const = default;
};

enum class ClaimFault : std::uint8_t {
    malformed, // No object of unique names, or a claim of another type than RFC 7519 gives it.
    wrong_issuer,
    wrong_audience,
    no_expiry,
    expired,
    not_yet_valid, // `nbf` or `iat` lies ahead.
    no_subject,
    bad_roles,
};

struct ClaimRefusal {
    ClaimFault fault;
    std::string detail; // For the operator's log: what was found, and what was looked for.
};

inline constexpr std::size_t roles_max = 64;
inline constexpr std::size_t role_bytes_max = 128;

// `payload` is what verify_jws() gave. Dates are numbers from 0 to 253402300799 (the year 9999),
// fractions of a second allowed; what is written as text is none. `exp` and `sub` are demanded.
[[nodiscard]] std::expected<Claims, ClaimRefusal> judge_claims(
    ClaimRules const& rules, std::string_view payload, WallTime now);

// For the body of a 401: token_expired or unauthenticated, a sentence that gives nothing away, and
// the detail for the log.
[[nodiscard]] Error error_of(ClaimRefusal refusal);

// What a token of whatever origin says of its issuer; empty where that can't be read. For choosing
// who should judge it, and for nothing else.
[[nodiscard]] std::string claimed_issuer(std::string_view payload);

// What stores keep and others write in logs: 1 to 256 bytes of UTF-8 without control characters.
[[nodiscard]] bool is_principal_id(std::string_view id);

} // namespace gatehouse::identity
