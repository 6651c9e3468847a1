// SPDX-License-Identifier: Apache-2.0
#include "server/map_gateway.hpp"

#include "server/mapping.hpp"

#include <utility>

namespace gatehouse::server {
namespace {

gateway::Balance balance_of(config::Balance balance)
{
    switch (balance) {
    case config::Balance::round_robin: return gateway::Balance::round_robin;
    case config::Balance::least_requests: return gateway::Balance::least_requests;
    case config::Balance::p2c_ewma: return gateway::Balance::p2c_ewma;
    }
    std::unreachable();
}

gateway::ServiceOptions service_of(std::string const& name, config::Service const& service)
{
    gateway::ServiceOptions options{.name = name,
        .balance = balance_of(service.balance),
        .timeout = service.timeout,
        .connect_timeout = service.connect_timeout};
    for (auto const& endpoint : service.endpoints)
        options.endpoints.push_back(to_text(endpoint));
    options.health = {.path = service.health.path,
        .interval = service.health.interval,
        .timeout = service.health.timeout,
        .up = service.health.up,
        .down = service.health.down};
    return options;
}

} // namespace

std::vector<gateway::ServiceOptions> map_services(config::Settings const& settings)
{
    std::vector<gateway::ServiceOptions> all;
    for (auto const& [name, service] : settings.services)
        all.push_back(service_of(name, service));
    return all;
}

std::string to_text(config::Address const& address)
{
    bool const is_v6 = address.host.contains(':');
    return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::vector<std::string> endpoints_of(config::Settings const& settings)
{
    std::vector<std::string> all;
    for (auto const& [name, service] : settings.services)
        for (auto const& endpoint : service.endpoints)
            all.push_back(to_text(endpoint));
    return all;
}

} // namespace gatehouse::server
