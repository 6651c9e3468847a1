// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "http/bearer.hpp"

#include <utility>

namespace gatehouse::gateway::stages {

Progress authenticate(Exchange& exchange, Context& context)
{
    auto const& options = *exchange.route->options;
    if (options.auth.empty())
        return Progress::go_on;
    auto const token = http::bearer_token(exchange.head->headers);
    if (!token) {
        if (options.target == Target::rooms)
            return Progress::go_on;
        exchange.refuse(ErrorCode::unauthenticated, "This needs a token.");
        return Progress::answered;
    }
    auto& ports = context.ports;
    auto principal = ports.authenticator.verify(*token, options.auth, ports.now.wall);
    if (!principal) {
        exchange.refuse(principal.error().code, principal.error().message);
        return Progress::answered;
    }
    exchange.access.principal = std::move(*principal);
    return Progress::go_on;
}

}  // namespace gatehouse::gateway::stages
