// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_services.hpp"
#include "config/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, Health& value);

// The short form, where the value has one.
[[nodiscard]] std::optional<std::string> write_short(Health const& value);

} // namespace gatehouse::config
