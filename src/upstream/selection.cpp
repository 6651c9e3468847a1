// SPDX-License-Identifier: Apache-2.0
#include "upstream/selection.hpp"

#include <algorithm>
#include <cstdint>

namespace gatehouse::upstream {

int share_of(Endpoint const& endpoint, Duration slow_start, TimePoint now)
{
    constexpr std::int64_t whole = 100;
    constexpr std::int64_t least = 10;
    auto const age = std::max(now - endpoint.warm_since, Duration::zero());
    auto const percent = age >= slow_start
        ? whole
        : std::max(least, age.count() / std::max<std::int64_t>(slow_start.count() / whole, 1));
    return std::clamp(endpoint.weight, 1, weight_max) * static_cast<int>(std::min(percent, whole));
}

void find_candidates(
    SelectionOptions const& options, Endpoints all, TimePoint now, Candidates& candidates)
{
    auto const is_good = [&](std::shared_ptr<Endpoint> const& each) {
        return each->passes_checks && !is_ejected(*each, now);
    };
    auto const good = static_cast<std::size_t>(std::ranges::count_if(all, is_good));
    candidates.is_panic = options.panics && good * 2 < all.size();
    candidates.all.clear();
    for (auto const& each : all)
        if (candidates.is_panic || is_good(each))
            candidates.all.push_back({each.get(), share_of(*each, options.slow_start, now)});
}

Endpoint* next_in_turn(Candidates const& candidates)
{
    int total = 0;
    Endpoint* next = nullptr;
    for (auto const& [endpoint, share] : candidates.all) {
        endpoint->turn += share;
        total += share;
        if (next == nullptr || endpoint->turn > next->turn)
            next = endpoint;
    }
    if (next != nullptr)
        next->turn -= total;
    return next;
}

} // namespace gatehouse::upstream
