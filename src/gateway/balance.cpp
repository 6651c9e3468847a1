// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

Progress balance(Exchange& exchange, Context& context)
{
    auto* const service = exchange.route->target.service.get();
    if (!service)
        return Progress::go_on;
    auto const endpoint
        = choose(service->options.balance, service->states, service->turn, context.dice);
    if (!endpoint) {
        exchange.refuse(ErrorCode::unavailable, "The service is not available.");
        return Progress::answered;
    }
    exchange.attempt.endpoint = *endpoint;
    return Progress::go_on;
}

}  // namespace gatehouse::gateway::stages
