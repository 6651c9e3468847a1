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
        if (exchange.access.principal) {
            scratch.assign("p ").append(exchange.access.principal->id);
            return scratch;
        }
        [[fallthrough]];
    case LimitBy::ip: return exchange.peer;
    }
    std::unreachable();
}

Progress settle(Exchange& exchange)
{
    if (exchange.limits.verdict->allowed)
        return Progress::go_on;
    exchange.refuse(ErrorCode::rate_limited, "Too many requests.");
    return Progress::answered;
}

// The account lives on another shard: the request waits, and with it what its client sends.
void ask_owner(Exchange& exchange, Context& context, std::string_view account)
{
    exchange.is_suspended = true;
    context.ports.accounts.ask(exchange.route->limits.limit->options.name, account,
        [handle = ExchangeHandle(exchange)](RateLimiter::Verdict verdict) {
            auto* const waiting = handle.get();
            if (!waiting)
                return;
            waiting->limits.verdict = verdict;
            waiting->is_suspended = false;
            if (settle(*waiting) == Progress::answered)
                skip_to_shape(*waiting);
            waiting->waiting->go_on();
        });
}

}  // namespace

Progress limit(Exchange& exchange, Context& context)
{
    auto* const limit = exchange.route->limits.limit.get();
    if (!limit)
        return Progress::go_on;
    auto const account = account_of(exchange, limit->options.by, context.scratch);
    if (!context.ports.accounts.is_own(account)) {
        ask_owner(exchange, context, account);
        return Progress::suspended;
    }
    exchange.limits.verdict = limit->limiter.ask(account, context.ports.now.steady);
    return settle(exchange);
}

}  // namespace gatehouse::gateway::stages
