// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "gateway/options.hpp"
#include "gateway/planned_access.hpp"
#include "gateway/planned_shape.hpp"
#include "limits/address.hpp"
#include "routing/router.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace gatehouse::gateway {

// Options that were found sound, with what is looked up per request made ready. Immutable, shared
// by all shards.
struct Config {
    GatewayOptions options;
    routing::Routes routes; // Indices into options.routes, then into the built-in ones.
    std::vector<PlannedShape> shapes; // Of the routes.
    std::vector<PlannedAccess> accesses;
    identity::RoleTable roles;
    std::vector<limits::Block> trusted_proxies;

    // Is what that address forwards of others believed?
    [[nodiscard]] bool trusts(std::string_view address) const;
};

// Which route takes a request, of all listeners. A CORS preflight is about another method: the
// route of that one answers it, if it has a word to say.
[[nodiscard]] routing::Routes::Found find_route(Config const& config, routing::Asked const& asked);

// Adds the built-in routes (/health, /health/live, /health/ready, /metrics) where no route shadows
// them. Fails with bad_request for whatever could not work: a name that nobody defines, two routes
// that match the same, a block that is none.
[[nodiscard]] Result<std::shared_ptr<Config const>> compile(GatewayOptions options);

}  // namespace gatehouse::gateway
