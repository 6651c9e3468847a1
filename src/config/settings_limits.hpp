// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace gatehouse::config {

enum class LimitBy : std::uint8_t { ip, principal, route };
constexpr std::array<std::string_view, 3> enum_names(LimitBy)
{
    return {"ip", "principal", "route"};
}
constexpr std::array<std::string_view, 2> later_names(LimitBy)
{
    return {"key", "room"};
}

struct Limit {
    Rate rate {};
    int burst = 0; // At once. Left out, it is the rate's count (a loaded Settings says so).
    LimitBy by = LimitBy::ip;

    bool operator==(Limit const&) const = default;
};

} // namespace gatehouse::config
