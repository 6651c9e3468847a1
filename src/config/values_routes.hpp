// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_routes.hpp"
#include "config/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, Match& value);
[[nodiscard]] Wrong read_value(std::string_view text, Target& value);
[[nodiscard]] Wrong read_value(std::string_view text, Redirect& value);
[[nodiscard]] Wrong settle(Match& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Target& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Redirect& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Validate& value, Surroundings const& around); // Reads its files.

// The short form, where the value has one.
[[nodiscard]] std::optional<std::string> write_short(Match const& value);
[[nodiscard]] std::optional<std::string> write_short(Target const& value);
[[nodiscard]] std::optional<std::string> write_short(Redirect const& value);

} // namespace gatehouse::config
