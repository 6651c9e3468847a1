// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "gateway/ban_options.hpp"
#include "gateway/files.hpp"
#include "gateway/limit_options.hpp"
#include "gateway/route_options.hpp"
#include "gateway/service_options.hpp"
#include "identity/roles.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

// What an operator may say about the gateway. server/ maps the settings to these; they are compiled
// once (gateway/config.hpp) into what all shards share. Services, limits and routes have a file
// each.
namespace gatehouse::gateway {

struct FilesOptions {
    std::string name;
    std::shared_ptr<FileSet const> files;
};

struct TimeoutOptions {
    Duration head = std::chrono::seconds(10); // From a request's first byte to the end of its head.
    Duration idle = std::chrono::seconds(60); // Between requests.
    Duration body = std::chrono::seconds(30); // Without a byte of progress, in both directions.
    Duration tunnel = std::chrono::hours(1);  // Without a byte, after an upgrade.
};

struct GatewayOptions {
    std::vector<RouteOptions> routes{};
    std::vector<ServiceOptions> services{};
    std::vector<LimitOptions> limits{};
    std::vector<FilesOptions> files{};
    std::vector<std::string> trusted_proxies{}; // Addresses, or blocks such as "10.0.0.0/8".
    identity::RoleTable::Permissions roles{}; // What each role may do.
    BanOptions bans{};
    TimeoutOptions timeouts{};
    bool access_log = true;
};

}  // namespace gatehouse::gateway
