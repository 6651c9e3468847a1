// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/document.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"
#include "config/values.hpp"

#include <span>
#include <string>

namespace gatehouse::config {

// One `--set listen.http=:9090`.
struct Flag {
    std::string key {};
    std::string value {};
};

// Reads the merged tree by the table of keys. A flag, else the variable GATEHOUSE_… of the key,
// stands in for what the tree says; neither reaches into lists such as routes. Notes in `origins`
// where each value came from and in `problems` all that is wrong with any of them.
[[nodiscard]] Settings read_settings(Node const& tree, std::span<Flag const> flags,
    Surroundings const& around, Origins& origins, Problems& problems);

// "/services/users/timeout" → "GATEHOUSE_SERVICES_USERS_TIMEOUT".
[[nodiscard]] std::string variable_of(std::string_view pointer);

} // namespace gatehouse::config
