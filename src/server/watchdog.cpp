// SPDX-License-Identifier: Apache-2.0
#include "server/watchdog.hpp"

#include <cstdlib>
#include <utility>

namespace gatehouse::server {

std::optional<ShardIndex> Stare::look(std::span<std::uint64_t const> laid)
{
    std::optional<ShardIndex> stuck;
    for (ShardIndex shard = 0; shard < laid.size(); shard++) {
        auto& seen = seen_[shard];
        if (laid[shard] == 0 || laid[shard] != seen.number)
            seen = {laid[shard], 0};
        else if (++seen.looks >= looks_max && !stuck)
            stuck = shard;
    }
    return stuck;
}

Watchdog::Watchdog(
    runtime::Clock& clock, CrumbFile& crumbs, std::size_t shards, Duration limit, OnStuck on_stuck)
    : crumbs_(crumbs)
    , pause_(limit / Stare::looks_max)
    , on_stuck_(std::move(on_stuck))
    , stare_(shards)
    , laid_(shards)
    , worker_(clock, {.name = "gh-watchdog"})
    , next_look_([this] { look(); })
{
    worker_.reactor().timers().arm(next_look_, worker_.reactor().now().steady + pause_);
}

Watchdog::~Watchdog()
{
    worker_.stop();
}

void Watchdog::look()
{
    for (ShardIndex shard = 0; shard < laid_.size(); shard++)
        laid_[shard] = crumbs_.laid(shard);
    if (auto const stuck = stare_.look(laid_))
        if (auto const site = crumbs_.accuse(*stuck, laid_[*stuck])) {
            on_stuck_(*site);
            std::abort();
        }
    auto& reactor = worker_.reactor();
    reactor.timers().arm(next_look_, reactor.now().steady + pause_);
}

} // namespace gatehouse::server
