// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.hpp"
#include "config/settings.hpp"

#include <span>
#include <string_view>

namespace gatehouse::config {

// What spans several keys: names that must exist, routes that tie, addresses that clash. `games`
// are those that this binary knows.
void check_settings(Settings const& settings, std::span<std::string_view const> games,
    Origins const& origins, Problems& problems);

} // namespace gatehouse::config
