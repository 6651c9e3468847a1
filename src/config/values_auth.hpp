// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_auth.hpp"
#include "config/value.hpp"

#include <string>
#include <string_view>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, Jwks& value);
// Keys come by HTTPS; by HTTP from this machine alone, for whoever is in between makes keys.
[[nodiscard]] Wrong check_key_url(std::string_view url);
[[nodiscard]] std::string write_value(Jwks const& value);
constexpr ValueType type_of(Jwks const&)
{
    return {"key set", "^(auto$|file:.|https?://.)"};
}
[[nodiscard]] Wrong settle(Jwks& value, Surroundings const& around);
[[nodiscard]] Wrong settle(ApiKeys& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Jwt& value, Surroundings const& around);

} // namespace gatehouse::config
