// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include <utility>

namespace gatehouse::gateway::stages {
namespace {

// Who shares an account. A principal's id can't be taken for an address: they have no space.
std::string_view account_of(Exchange const& exchange, LimitBy by, std::string& scratch)
{
    switch (by) {
    case LimitBy::route: return exchange.route->options->id;
    case LimitBy::principal:
        if (exchange.principal) {
            scratch.assign("p ").append(exchange.principal->id);
            return scratch;
        }
        [[fallthrough]];
    case LimitBy::ip: return exchange.peer;
    }
    std::unreachable();
}

}  // namespace

Progress limit(Exchange& exchange, Context& context)
{
    auto* const limit = exchange.route->limit.get();
    if (!limit)
        return Progress::go_on;
    auto const account = account_of(exchange, limit->options.by, context.scratch);
    exchange.verdict = limit->limiter.ask(account, context.ports.now.steady);
    if (exchange.verdict->allowed)
        return Progress::go_on;
    exchange.refuse(ErrorCode::rate_limited, "Too many requests.");
    return Progress::answered;
}

}  // namespace gatehouse::gateway::stages
