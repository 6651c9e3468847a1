// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/principal.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// Refresh tokens (RFC 6749 §1.5, RFC 9700 §4.14.2): whoever signs in begins a family, and each use
// of its token gives the next one and ends the one before:
//
//     <id>.<counter>.<secret>      3fa1c0de99887766….17.9b…
//
// A token that was used before and comes again was stolen, or its owner's was: nobody can tell
// which, so the family ends. But a client whose answer was lost, or that has two tabs, uses one
// twice without harm: for `grace` after a use the token before gives the very same successor.
//
// The secret is an HMAC of id, counter and the family's seed under the server's pepper, so what is
// stored is the counter and no secret of any token, and the same successor can be told again.
// Everything here is a value: the caller keeps the family in a store that refuses to write over
// what was changed meanwhile, and judges again when it did.
struct Family {
    std::string id{};
    std::string seed{};      // Hexadecimal, 16 bytes of chance.
    std::string principal{}; // Who signed in.
    std::vector<std::string> roles{};
    std::uint64_t counter = 0; // Of the one token that is good.
    std::int64_t created_ms = 0;
    std::int64_t rotated_ms = 0;
    std::optional<std::int64_t> revoked_ms{};

    static constexpr bool lenient = true;
    static void fields(auto& self, auto&& field)
    {
        field("id", self.id);
        field("seed", self.seed);
        field("principal", self.principal);
        field("roles", self.roles);
        field("counter", self.counter);
        field("created_ms", self.created_ms);
        field("rotated_ms", self.rotated_ms);
        field("revoked_ms", self.revoked_ms);
    }
    bool operator==(Family const&) const = default;
};

struct FamilyOptions {
    Milliseconds grace = std::chrono::seconds(10); // 0: the second use of a token ends it all.
    Milliseconds idle_max = std::chrono::days(30); // Since the last use.
    Milliseconds age_max = std::chrono::days(180); // Since the sign-in.
};

[[nodiscard]] Family begin_family(
    std::string principal, std::vector<std::string> roles, Dice& dice, WallTime now);

// The token that is good now. The pepper has 32 bytes at least.
[[nodiscard]] std::string refresh_token_of(Family const& family, std::string_view pepper);

struct PresentedRefresh {
    std::string id;
    std::uint64_t counter = 0;
    std::string secret;
};

// Empty where the text is no refresh token.
[[nodiscard]] std::optional<PresentedRefresh> read_refresh_token(std::string_view text);

struct Refreshed {
    enum class Outcome : std::uint8_t {
        rotated, // Store `family`, then hand out `token`.
        again,   // The same successor once more; nothing to store.
        reused,  // Store `family`, which is revoked; refuse.
        refused, // Nothing to store.
    };
    Outcome outcome = Outcome::refused;
    Family family{};
    std::string token{};
    std::string detail{}; // For the log, where it was refused.
};

// `stored` is what the store has under that id, or null. Only whoever shows a token that was ours
// can end a family: a forged one changes nothing.
[[nodiscard]] Refreshed judge_refresh(PresentedRefresh const& presented, Family const* stored,
    FamilyOptions const& options, std::string_view pepper, WallTime now);

// Sign-out, or an operator's order.
[[nodiscard]] Family revoked(Family family, WallTime now);

// When the record may go: nothing changes any more what is answered.
[[nodiscard]] WallTime ends_at(Family const& family, FamilyOptions const& options);

// As it is stored: JSON. Reading fails with `internal` where it is none of ours.
[[nodiscard]] std::string to_text(Family const& family);
[[nodiscard]] Result<Family> family_from_text(std::string_view text);

} // namespace gatehouse::identity
