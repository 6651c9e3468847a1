// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_routes.hpp"
#include "routing/pattern.hpp"

#include <optional>
#include <string>

namespace gatehouse::config {

// What is wrong with the pattern of a match, if anything is. A host is a name, or `*.` and a name.
// A path is "/" and segments; a segment is literal, `:name` (any one segment), or, in the last
// place, `**` (all that follows, or nothing).
[[nodiscard]] std::optional<std::string> check_pattern(Match const& match);

// As the gateway will read it.
[[nodiscard]] routing::RoutePattern pattern_of(Match const& match);

} // namespace gatehouse::config
