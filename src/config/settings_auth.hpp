// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

// Guests: anyone may have a session by asking for it (POST /v1/sessions).
struct Anonymous {
    Duration ttl = std::chrono::hours(24);
    Secret key {}; // Signs the tokens. None: one is made once and kept in the data folder.

    bool operator==(Anonymous const&) const = default;
};

// Where the keys of an issuer are.
struct Jwks {
    // Issuer: where he says so himself (OpenID Connect Discovery).
    enum class Kind : std::uint8_t { none, file, url, issuer };

    Kind kind = Kind::none;
    Path file {};
    std::string url {};
    std::string text {}; // What the file holds: a key set that was found good.

    bool operator==(Jwks const&) const = default;
};

// Who comes with a token (RFC 7519): a player, or a service.
enum class JwtKind : std::uint8_t { player, service };
constexpr std::array<std::string_view, 2> enum_names(JwtKind)
{
    return {"player", "service"};
}

// Tokens of an issuer elsewhere.
struct Jwt {
    std::string issuer {};
    std::vector<std::string> audience {}; // One of them must be named. Empty: none may be.
    Jwks jwks {};
    Duration skew = std::chrono::seconds(60);
    Duration cooldown = std::chrono::seconds(60); // Of looking for a key that is not known.
    std::string roles {};  // The claim that has them. Empty: the token says nothing of roles.
    std::string prefix {}; // Before the subject, in a principal's id. Empty: "NAME:".
    JwtKind kind = JwtKind::player;

    [[nodiscard]] std::string prefix_of(std::string_view name) const; // By the way's name.
    bool operator==(Jwt const&) const = default;
};

// Keys that operators make: `gatehouse key create`.
struct ApiKeys {
    Secret pepper {}; // Of what is stored of them. None: it is made of the guests' key.

    bool operator==(ApiKeys const&) const = default;
};

// One way to tell who is asking. Exactly one kind is set.
struct Auth {
    std::optional<Anonymous> anonymous {};
    std::optional<Jwt> jwt {};
    std::optional<ApiKeys> api_keys {};

    bool operator==(Auth const&) const = default;
};

// What somebody with a role may do.
struct Role {
    std::vector<std::string> permissions {};

    bool operator==(Role const&) const = default;
};

} // namespace gatehouse::config
