// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_auth.hpp"
#include "config/value.hpp"

#include <string>
#include <string_view>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, Jwks& value);
[[nodiscard]] std::string write_value(Jwks const& value);
constexpr ValueType type_of(Jwks const&)
{
    return {"key set", "^file:."};
}
[[nodiscard]] Wrong settle(Jwks& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Jwt& value, Surroundings const& around);

} // namespace gatehouse::config
