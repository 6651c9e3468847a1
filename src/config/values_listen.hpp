// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_listen.hpp"
#include "config/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, Https& value);

// The short form, where the value has one.
[[nodiscard]] std::optional<std::string> write_short(Https const& value);

} // namespace gatehouse::config
