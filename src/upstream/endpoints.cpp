// SPDX-License-Identifier: Apache-2.0
#include "upstream/endpoints.hpp"

#include <algorithm>

namespace gatehouse::upstream {
namespace {

int weight_within_bounds(int weight)
{
    return std::clamp(weight, 1, weight_max);
}

} // namespace

EndpointBook::Set EndpointBook::meet(
    std::string_view service, std::span<EndpointOptions const> said, TimePoint now)
{
    for (auto& [name, of_service] : services_)
        std::erase_if(of_service, [](auto const& each) { return each.second.expired(); });
    std::erase_if(services_, [](auto const& each) { return each.second.empty(); });
    auto& known = services_.try_emplace(std::string(service)).first->second;
    bool const is_first = known.empty();
    Set set;
    for (auto const& each : said) {
        auto const again = std::ranges::find(set, each.address, &Endpoint::address);
        if (again != set.end()) {
            (*again)->weight = weight_within_bounds((*again)->weight + each.weight);
            continue;
        }
        auto& entry = known[each.address];
        auto endpoint = entry.lock();
        if (!endpoint)
            entry = endpoint = std::make_shared<Endpoint>(
                Endpoint{.address = each.address, .warm_since = is_first ? TimePoint{} : now});
        endpoint->weight = weight_within_bounds(each.weight);
        set.push_back(std::move(endpoint));
    }
    return set;
}

std::size_t EndpointBook::size(std::string_view service) const
{
    auto const found = services_.find(service);
    return found == services_.end() ? 0
                                    : static_cast<std::size_t>(std::ranges::count_if(found->second,
                                        [](auto const& each) { return !each.second.expired(); }));
}

} // namespace gatehouse::upstream
