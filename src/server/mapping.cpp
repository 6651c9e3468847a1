// SPDX-License-Identifier: Apache-2.0
#include "server/mapping.hpp"

#include "server/map_gateway.hpp"

#include <filesystem>

namespace gatehouse::server {

namespace fs = std::filesystem;

std::string store_name(config::Store const& store)
{
    if (store.kind == config::Store::Kind::memory)
        return "memory";
    if (store.kind == config::Store::Kind::postgres)
        return store.url;
    std::error_code error;
    auto const file = fs::weakly_canonical(store.path.text, error);
    return "sqlite:" + (error ? store.path.text : file.string());
}

Result<std::shared_ptr<gateway::Config const>> gateway_config(config::Settings const& settings)
{
    gateway::GatewayOptions options;
    options.access_log = settings.log.access;
    options.services = map_services(settings);
    options.limits = map_limits(settings);
    options.bans = map_bans(settings);
    options.trusted_proxies = settings.trusted_proxies;
    options.routes = GH_TRY(map_routes(settings));
    for (auto const& [name, role] : settings.roles)
        options.roles[name] = role.permissions;
    options.files = GH_TRY(map_files(settings));
    return gateway::compile(std::move(options));
}

std::optional<storage::redis::Target> redis_target(config::Redis const& redis)
{
    if (redis.kind == config::Redis::Kind::none)
        return std::nullopt;
    return storage::redis::Target{.host = redis.address.host, .port = redis.address.port,
        .socket = redis.socket.text, .user = redis.user, .password = redis.password.value,
        .database = redis.database};
}

}  // namespace gatehouse::server
