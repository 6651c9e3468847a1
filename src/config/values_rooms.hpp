// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_rooms.hpp"
#include "config/value.hpp"

#include <string>
#include <string_view>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, RulesProcess& value);
[[nodiscard]] std::string write_value(RulesProcess const& value);
[[nodiscard]] Wrong settle(RulesProcess& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Seats& value, Surroundings const& around);

constexpr ValueType type_of(RulesProcess const&)
{
    return {"unix:PATH", "^unix:."};
}

} // namespace gatehouse::config
