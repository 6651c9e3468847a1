// SPDX-License-Identifier: Apache-2.0
#include "gateway/toll.hpp"

#include "gateway/accounts.hpp"
#include "gateway/pipeline.hpp"
#include "limits/several.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {
namespace {

std::vector<LimitAccount> accounts_of(auto const& charges)
{
    std::vector<LimitAccount> all;
    for (auto const* const each : charges)
        all.push_back(each->account);
    return all;
}

} // namespace

Toll::Toll(Exchange& exchange, Context& context)
    : context_(context)
    , plan_(exchange.plan)
{
    for (auto const& limit : exchange.route->limits.all) {
        std::string const account(account_of(exchange, limit->options, context.scratch));
        charges_.push_back({.limit = limit.get(),
            .account = {limit->options.name, account},
            .owner = context.ports.accounts.owner_of(account),
            .is_shared = limit->options.store == LimitStore::shared});
    }
}

Progress Toll::ask_on(Exchange& exchange)
{
    while (!is_refused_) {
        if (auto const owner = next_owner()) {
            if (!context_.ports.accounts.is_own(charges_of(*owner).front()->account.account))
                return ask_elsewhere(exchange, *owner);
            ask_here(*owner);
        } else if (auto const shared = shared_charges(); !shared.empty()) {
            if (!ask_store(exchange, shared))
                return Progress::suspended;
        } else {
            break;
        }
    }
    return settle(exchange);
}

void Toll::resume(ExchangeHandle const& handle)
{
    auto* const waiting = handle.get();
    if (!waiting)
        return;
    waiting->is_suspended = false;
    auto const progress = ask_on(*waiting);
    if (progress == Progress::suspended)
        return;
    if (progress == Progress::answered)
        skip_to_shape(*waiting);
    waiting->waiting->go_on();
}

// ---- Accounts of shards

std::optional<ShardIndex> Toll::next_owner() const
{
    std::optional<ShardIndex> next;
    for (auto const& each : charges_) {
        if (each.is_judged || each.is_shared)
            continue;
        if (context_.ports.accounts.is_own(each.account.account))
            return each.owner;
        next = next.value_or(each.owner);
    }
    return next;
}

std::vector<Toll::Charge*> Toll::charges_of(ShardIndex owner)
{
    std::vector<Charge*> all;
    for (auto& each : charges_)
        if (each.owner == owner && !each.is_judged && !each.is_shared)
            all.push_back(&each);
    return all;
}

void Toll::ask_here(ShardIndex owner)
{
    auto const now = context_.ports.now.steady;
    hear(owner, judge_all(*context_.plan, accounts_of(charges_of(owner)), now), now);
}

Progress Toll::ask_elsewhere(Exchange& exchange, ShardIndex owner)
{
    exchange.is_suspended = true;
    auto const asked_at = context_.ports.now.steady;
    context_.ports.accounts.ask_all(owner, accounts_of(charges_of(owner)),
        [toll = shared_from_this(), handle = ExchangeHandle(exchange), owner, asked_at](
            Accounts::Verdicts const& verdicts) {
            toll->hear(owner, verdicts, asked_at);
            toll->resume(handle);
        });
    return Progress::suspended;
}

void Toll::hear(ShardIndex owner, Accounts::Verdicts const& verdicts, TimePoint asked_at)
{
    auto const charges = charges_of(owner);
    for (std::size_t i = 0; i < charges.size(); i++) {
        charges[i]->is_judged = true;
        charges[i]->verdict = verdicts[i];
    }
    is_refused_ = !std::ranges::all_of(verdicts, &limits::Verdict::allowed);
    if (is_refused_)
        give_back();
    else
        taken_.push_back({owner, accounts_of(charges), asked_at});
}

void Toll::give_back()
{
    for (auto& [owner, accounts, at] : std::exchange(taken_, {})) {
        for (auto& each : charges_)
            if (each.owner == owner && each.verdict && each.verdict->allowed)
                each.verdict->remaining++;
        if (context_.ports.accounts.is_own(accounts.front().account))
            give_back_all(*context_.plan, accounts, at, context_.ports.now.steady);
        else
            context_.ports.accounts.give_back(owner, std::move(accounts), at);
    }
}

// ---- Accounts of all nodes

std::vector<Toll::Charge*> Toll::shared_charges()
{
    std::vector<Charge*> all;
    for (auto& each : charges_)
        if (each.is_shared && !each.is_judged)
            all.push_back(&each);
    return all;
}

bool Toll::ask_store(Exchange& exchange, std::vector<Charge*> const& charges)
{
    auto* const store = context_.ports.shared_limits;
    if (!store) {
        hear_store(fail(ErrorCode::unavailable, "there is none"));
        return true;
    }
    std::vector<limits::Question> questions;
    for (auto const* const each : charges)
        questions.push_back({.key = each->account.limit + ":" + each->account.account,
            .limit = rate_of(each->limit->options)});
    has_heard_store_ = false;
    is_asking_store_ = true;
    store->ask(questions, 1,
        [toll = shared_from_this(), handle = ExchangeHandle(exchange)](
            Result<limits::SharedVerdict> const& said) {
            toll->hear_store(said);
            if (!toll->is_asking_store_)
                toll->resume(handle);
        });
    is_asking_store_ = false;
    exchange.is_suspended = !has_heard_store_;
    return has_heard_store_;
}

// Without an answer the shards are asked, which hold a share of these limits (plan.cpp).
void Toll::hear_store(Result<limits::SharedVerdict> const& said)
{
    has_heard_store_ = true;
    auto const charges = shared_charges();
    if (said)
        charges[said->which]->verdict = said->verdict;
    else
        context_.judged_alone.add();
    for (auto* const each : charges) {
        each->is_shared = false;
        each->is_judged = said.has_value();
    }
    is_refused_ = said && !said->verdict.allowed;
    if (is_refused_)
        give_back();
}

Progress Toll::settle(Exchange& exchange) const
{
    auto const& limits = exchange.route->limits.all;
    for (std::size_t i = 0; i < limits.size(); i++)
        for (auto const& each : charges_)
            if (each.limit == limits[i].get() && each.verdict)
                exchange.limits.said.push_back({i, *each.verdict});
    return settle_limits(exchange);
}

Progress settle_limits(Exchange& exchange)
{
    auto& said = exchange.limits.said;
    auto& worst = exchange.limits.worst;
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
