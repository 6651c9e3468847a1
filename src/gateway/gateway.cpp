// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.hpp"

#include "gateway/accounts.hpp"
#include "gateway/context.hpp"
#include "gateway/health_checks.hpp"
#include "gateway/http1_client.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {

Gateway::Gateway(Ports ports, std::shared_ptr<Config const> config, Probing probing)
    : context_(std::make_unique<Context>(ports))
{
    if (probing == Probing::on)
        checks_ = std::make_unique<HealthChecks>(*context_);
    reload(std::move(config));
}

Gateway::~Gateway()
{
    checks_.reset();
    context_->connections.clear();
}

void Gateway::opened(ConnectionId id, Accepted const& how)
{
    context_->connections.sweep();
    context_->connections.adopt(id, std::make_unique<Http1Client>(*context_, id, how));
}

void Gateway::received(ConnectionId id, std::span<char const> bytes)
{
    context_->connections.sweep();
    if (auto* const connection = context_->connections.find(id))
        connection->received({bytes.data(), bytes.size()});
}

void Gateway::drained(ConnectionId id)
{
    context_->connections.sweep();
    if (auto* const connection = context_->connections.find(id))
        connection->drained();
}

void Gateway::ended(ConnectionId id)
{
    context_->connections.sweep();
    if (auto* const connection = context_->connections.find(id))
        connection->ended();
}

void Gateway::connected(ConnectionId id)
{
    context_->connections.sweep();
    if (auto* const connection = context_->connections.find(id))
        connection->connected();
}

void Gateway::closed(ConnectionId id, CloseReason reason)
{
    context_->connections.sweep();
    if (auto* const connection = context_->connections.find(id))
        connection->closed(reason);
}

void Gateway::reload(std::shared_ptr<Config const> config)
{
    auto const before
        = std::exchange(context_->plan, make_plan(std::move(config), context_->plan.get(),
                                            context_->ports.metrics, context_->ports.now.steady));
    auto const& services = context_->plan->services;
    if (before)
        for (auto const& service : before->services)
            if (std::ranges::find(services, service) == services.end())
                context_->upstreams.retire(*service);
    static_cast<void>(context_->bans.change(
        context_->plan->config->options.bans.rules, context_->ports.now.steady));
    if (checks_)
        checks_->follow(*context_->plan);
}

void Gateway::drain()
{
    context_->is_draining = true;
    context_->connections.drain();
}

std::size_t Gateway::open_connections() const
{
    return static_cast<std::size_t>(context_->open.value());
}

void Gateway::on_health_changed(std::move_only_function<void(HealthChange const&)> tell)
{
    if (checks_)
        checks_->tell = std::move(tell);
}

limits::Verdict Gateway::judge(std::string_view limit, std::string_view account)
{
    auto const& limits = context_->plan->limits;
    auto const found = std::ranges::find(
        limits, limit, [](auto const& each) -> std::string_view { return each->options.name; });
    if (found == limits.end())
        return {};
    return (*found)->accounts->ask(account, 1, context_->ports.now.steady);
}

Accounts::Verdicts Gateway::judge_all(std::span<LimitAccount const> accounts)
{
    return gateway::judge_all(*context_->plan, accounts, context_->ports.now.steady);
}

void Gateway::give_back(std::span<LimitAccount const> accounts, TimePoint taken_at)
{
    give_back_all(*context_->plan, accounts, taken_at, context_->ports.now.steady);
}

Result<void> Gateway::ban(limits::Ban const& ban)
{
    static_cast<void>(context_->bans.expire(context_->ports.now.wall));
    return context_->bans.add(ban);
}

bool Gateway::lift(limits::Block const& block) { return context_->bans.lift(block); }

std::vector<limits::Ban> Gateway::bans() const
{
    auto all = context_->bans.list();
    std::erase_if(all, [now = context_->ports.now.wall](limits::Ban const& each) {
        return each.until && *each.until <= now;
    });
    return all;
}

void Gateway::note_refusal(std::string_view address)
{
    auto const& ports = context_->ports;
    static_cast<void>(context_->bans.expire(ports.now.wall));
    if (auto const ban = context_->bans.note_refusal(address, ports.now); ban && ports.ban_book)
        ports.ban_book->tell_all(*ban);
}

void Gateway::set_health(HealthChange const& change)
{
    for (auto const& service : context_->plan->services)
        for (std::size_t i = 0; i < service->options.endpoints.size(); i++)
            if (service->options.name == change.service
                && service->options.endpoints[i] == change.endpoint)
                service->states[i].healthy = change.healthy;
}

}  // namespace gatehouse::gateway
