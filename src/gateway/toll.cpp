// SPDX-License-Identifier: Apache-2.0
#include "gateway/toll.hpp"

#include "gateway/accounts.hpp"
#include "gateway/pipeline.hpp"
#include "limits/several.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {

Toll::Toll(Exchange& exchange, Context& context)
    : context_(context)
{
    for (auto const& limit : exchange.route->limits.all) {
        std::string const account(account_of(exchange, limit->options, context.scratch));
        charges_.push_back({.account = {limit->options.name, account},
            .owner = context.ports.accounts.owner_of(account)});
    }
}

Progress Toll::ask_on(Exchange& exchange)
{
    while (auto const owner = next_owner()) {
        auto const charges = charges_of(*owner);
        if (!context_.ports.accounts.is_own(charges.front().account))
            return ask_elsewhere(exchange, *owner);
        auto const now = context_.ports.now.steady;
        if (!take(*owner, judge_all(*context_.plan, charges, now), now))
            break;
    }
    return settle(exchange);
}

std::optional<ShardIndex> Toll::next_owner() const
{
    std::optional<ShardIndex> next;
    for (auto const& each : charges_) {
        if (each.verdict)
            continue;
        if (context_.ports.accounts.is_own(each.account.account))
            return each.owner;
        next = next.value_or(each.owner);
    }
    return next;
}

std::vector<LimitAccount> Toll::charges_of(ShardIndex owner) const
{
    std::vector<LimitAccount> all;
    for (auto const& each : charges_)
        if (each.owner == owner)
            all.push_back(each.account);
    return all;
}

bool Toll::take(ShardIndex owner, Accounts::Verdicts const& verdicts, TimePoint asked_at)
{
    auto next = verdicts.begin();
    for (auto& each : charges_)
        if (each.owner == owner)
            each.verdict = *next++;
    if (std::ranges::all_of(verdicts, &limits::Verdict::allowed)) {
        taken_.push_back({owner, charges_of(owner), asked_at});
        return true;
    }
    give_back();
    return false;
}

Progress Toll::ask_elsewhere(Exchange& exchange, ShardIndex owner)
{
    exchange.is_suspended = true;
    auto const asked_at = context_.ports.now.steady;
    context_.ports.accounts.ask_all(owner, charges_of(owner),
        [toll = shared_from_this(), handle = ExchangeHandle(exchange), owner, asked_at](
            Accounts::Verdicts const& verdicts) {
            bool const goes_on = toll->take(owner, verdicts, asked_at);
            auto* const waiting = handle.get();
            if (!waiting)
                return;
            auto const progress = goes_on ? toll->ask_on(*waiting) : toll->settle(*waiting);
            if (progress == Progress::suspended)
                return;
            waiting->is_suspended = false;
            if (progress == Progress::answered)
                skip_to_shape(*waiting);
            waiting->waiting->go_on();
        });
    return Progress::suspended;
}

void Toll::give_back()
{
    for (auto& [owner, accounts, at] : std::exchange(taken_, {})) {
        for (auto& each : charges_)
            if (each.owner == owner)
                each.verdict->remaining++;
        if (context_.ports.accounts.is_own(accounts.front().account))
            give_back_all(*context_.plan, accounts, at, context_.ports.now.steady);
        else
            context_.ports.accounts.give_back(owner, std::move(accounts), at);
    }
}

Progress Toll::settle(Exchange& exchange) const
{
    for (std::size_t i = 0; i < charges_.size(); i++)
        if (auto const& verdict = charges_[i].verdict)
            exchange.limits.said.push_back({i, *verdict});
    return settle_limits(exchange);
}

Progress settle_limits(Exchange& exchange)
{
    auto& [said, worst] = exchange.limits;
    auto const is_worse = [](ExchangeLimits::Said const& a, ExchangeLimits::Said const& b) {
        return limits::is_worse(a.verdict, b.verdict);
    };
    worst = static_cast<std::size_t>(std::ranges::min_element(said, is_worse) - said.begin());
    if (said[worst].verdict.allowed)
        return Progress::go_on;
    exchange.refuse(ErrorCode::rate_limited, "Too many requests.");
    return Progress::answered;
}

} // namespace gatehouse::gateway
