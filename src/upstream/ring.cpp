// SPDX-License-Identifier: Apache-2.0
#include "upstream/ring.hpp"

#include "upstream/quick_dice.hpp"

#include <algorithm>

namespace gatehouse::upstream {
namespace {

constexpr int points_usual = 128;

int points_of(Endpoint const& endpoint)
{
    return std::max(std::clamp(endpoint.weight, 1, weight_max) * points_usual / weight_usual, 1);
}

} // namespace

std::uint64_t hash_of(std::string_view key)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    for (char const byte : key)
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    return mixed(hash);
}

std::uint64_t load_bound(std::uint64_t under_way, std::uint64_t share, std::uint64_t shares)
{
    // 1.25 is 5/4. Shares are below 2^17 each, and loads below 2^32: no overflow for 10,000 of
    // them.
    auto const divisor = 4 * shares;
    return (5 * (under_way + 1) * share + divisor - 1) / divisor;
}

Ring::Ring(Endpoints endpoints)
{
    for (auto const& each : endpoints) {
        auto const base = hash_of(each->address);
        for (int i = 0; i < points_of(*each); i++)
            points_.push_back({mixed(base + static_cast<std::uint64_t>(i)), each.get()});
    }
    std::ranges::sort(points_, [](Point const& a, Point const& b) {
        return a.at != b.at ? a.at < b.at : a.endpoint->address < b.endpoint->address;
    });
}

Endpoint* Ring::find(std::uint64_t key, Candidates const& candidates) const
{
    std::uint64_t under_way = 0;
    std::uint64_t shares = 0;
    for (auto const& each : candidates.all) {
        under_way += each.endpoint->in_flight;
        shares += static_cast<std::uint64_t>(each.share);
    }
    auto const takes = [&](Endpoint const* endpoint) {
        auto const one = std::ranges::find(candidates.all, endpoint, &Candidates::One::endpoint);
        return one != candidates.all.end()
            && endpoint->in_flight + std::uint64_t{1}
            <= load_bound(under_way, static_cast<std::uint64_t>(one->share), shares);
    };
    auto const first = std::ranges::lower_bound(points_, key, {}, &Point::at);
    for (auto at = first; at != points_.end(); ++at)
        if (takes(at->endpoint))
            return at->endpoint;
    for (auto at = points_.begin(); at != first; ++at)
        if (takes(at->endpoint))
            return at->endpoint;
    return nullptr;
}

} // namespace gatehouse::upstream
