// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "upstream/endpoint.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::upstream {

// What settings, DNS or the registry say of an endpoint.
struct EndpointOptions {
    std::string address; // "host:port"
    int weight = weight_usual;

    bool operator==(EndpointOptions const&) const = default;
};

// Who is known by which address, so that what is learned of an endpoint belongs to it: whatever
// else of a service changes, in a reload or in DNS, the same address is the same endpoint, with its
// calls under way, its failures and its ejection. It is forgotten when nobody holds it any more:
// neither a service nor a call. Belongs to one shard.
class EndpointBook {
public:
    using Set = std::vector<std::shared_ptr<Endpoint>>; // In the order in which they were said.

    // The endpoints of a service from now on. Whoever is new beside others that are known starts
    // slowly; the first set of a service starts at once, for there is nobody else. An address that
    // is said twice counts once, with the weights of both, up to weight_max.
    [[nodiscard]] Set meet(
        std::string_view service, std::span<EndpointOptions const> said, TimePoint now);

    [[nodiscard]] std::size_t size(std::string_view service) const;

private:
    using Known = std::map<std::string, std::weak_ptr<Endpoint>, std::less<>>; // By address.
    std::map<std::string, Known, std::less<>> services_{};
};

} // namespace gatehouse::upstream
