// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "gateway/options.hpp"

#include <vector>

// How `gateway_config` (mapping.hpp) maps each section of the settings, in the file of its name.
namespace gatehouse::server {

[[nodiscard]] std::vector<gateway::ServiceOptions> map_services(config::Settings const& settings);
[[nodiscard]] std::vector<gateway::LimitOptions> map_limits(config::Settings const& settings);
[[nodiscard]] gateway::BanOptions map_bans(config::Settings const& settings);
// The error is of a schema that does not compile, which config has told already.
[[nodiscard]] Result<std::vector<gateway::RouteOptions>> map_routes(
    config::Settings const& settings);
// Reads the folders that routes lead to. The error names the route.
[[nodiscard]] Result<std::vector<gateway::FilesOptions>> map_files(
    config::Settings const& settings);

} // namespace gatehouse::server
