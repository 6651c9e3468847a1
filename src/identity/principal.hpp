// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

enum class PrincipalKind : std::uint8_t { guest, player, service };

[[nodiscard]] constexpr std::string_view name_of(PrincipalKind kind)
{
    switch (kind) {
    case PrincipalKind::guest: return "guest";
    case PrincipalKind::player: return "player";
    case PrincipalKind::service: return "service";
    }
    return {};
}

// Who acts. The id is what rooms, limits and logs know of a person: opaque, stable, never reused.
struct Principal {
    std::string id;
    PrincipalKind kind = PrincipalKind::guest;
    std::vector<std::string> roles{};

    bool operator==(Principal const&) const = default;
};

// What a good token says.
struct Verified {
    Principal principal;
    WallTime expires_at;
};

}  // namespace gatehouse::identity
