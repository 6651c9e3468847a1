// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "gateway/accounts.hpp"
#include "gateway/toll.hpp"

namespace gatehouse::gateway::stages {
namespace {

// The account lives on another shard: the request waits, and with it what its client sends.
Progress ask_owner(
    Exchange& exchange, Context& context, Limit const& limit, std::string_view account)
{
    exchange.is_suspended = true;
    context.ports.accounts.ask(limit.options.name, account,
        [handle = ExchangeHandle(exchange)](limits::Verdict const& verdict) {
            auto* const waiting = handle.get();
            if (!waiting)
                return;
            waiting->limits.said.push_back({0, verdict});
            waiting->is_suspended = false;
            if (settle_limits(*waiting) == Progress::answered)
                skip_to_shape(*waiting);
            waiting->waiting->go_on();
        });
    return Progress::suspended;
}

// As nearly all routes have it: nothing is allocated where the account is known.
Progress ask_one(Exchange& exchange, Context& context, Limit const& limit)
{
    auto const account = account_of(exchange, limit.options, context.scratch);
    if (!context.ports.accounts.is_own(account))
        return ask_owner(exchange, context, limit, account);
    exchange.limits.said.push_back(
        {0, limit.accounts->ask(account, 1, context.ports.now.steady)});
    return settle_limits(exchange);
}

}  // namespace

Progress limit(Exchange& exchange, Context& context)
{
    auto const& limits = exchange.route->limits.all;
    if (limits.empty())
        return Progress::go_on;
    if (limits.size() == 1 && !exchange.route->limits.asks_store)
        return ask_one(exchange, context, *limits.front());
    return std::make_shared<Toll>(exchange, context)->ask_on(exchange);
}

}  // namespace gatehouse::gateway::stages
