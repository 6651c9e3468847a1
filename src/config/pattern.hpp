// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_routes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

// What is wrong with the pattern of a match, if anything is. A path is "/" and segments; a segment
// is literal, `:name` (any one segment), or, in the last place, `**` (all that follows, or
// nothing).
[[nodiscard]] std::optional<std::string> check_pattern(Match const& match);

// The path without the names in it: "/a/:id/b" and "/a/:name/b" take the same requests.
[[nodiscard]] std::string shape_of(std::string_view path);

// Do both take the very same requests, or share a method where both name methods? Then neither is
// the more specific one.
[[nodiscard]] bool is_tie(Match const& a, Match const& b);

} // namespace gatehouse::config
