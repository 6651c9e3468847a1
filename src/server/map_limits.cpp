// SPDX-License-Identifier: Apache-2.0
#include "server/map_gateway.hpp"

#include <utility>

namespace gatehouse::server {
namespace {

gateway::LimitBy limit_by(config::LimitBy by)
{
    switch (by) {
    case config::LimitBy::ip: return gateway::LimitBy::ip;
    case config::LimitBy::principal: return gateway::LimitBy::principal;
    case config::LimitBy::route: return gateway::LimitBy::route;
    case config::LimitBy::room: return gateway::LimitBy::room;
    }
    std::unreachable();
}

} // namespace

std::vector<gateway::LimitOptions> map_limits(config::Settings const& settings)
{
    std::vector<gateway::LimitOptions> all;
    for (auto const& [name, limit] : settings.limits) {
        all.push_back({.name = name,
            .rate = limit.rate.count,
            .per = limit.rate.period,
            .burst = limit.burst,
            .by = {},
            .store = limit.store == config::LimitStore::redis ? gateway::LimitStore::shared
                                                              : gateway::LimitStore::process,
            .nodes = limit.nodes,
            .tells_legacy = limit.legacy});
        for (auto const by : limit.by)
            all.back().by.push_back(limit_by(by));
    }
    return all;
}

gateway::BanOptions map_bans(config::Settings const& settings)
{
    gateway::BanOptions options;
    if (!settings.bans)
        return options;
    auto const& bans = *settings.bans;
    options.statuses = bans.of;
    options.rules.refusals = {.burst = bans.after.count, .period = bans.after.period};
    options.rules.lasts = std::chrono::duration_cast<Milliseconds>(bans.lasts);
    for (auto const& text : bans.never)
        if (auto const block = limits::parse_block(text)) // As config has seen to.
            options.rules.never.push_back(*block);
    return options;
}

} // namespace gatehouse::server
