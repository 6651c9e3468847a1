// SPDX-License-Identifier: Apache-2.0
#include "gateway/plan.hpp"

#include "limits/shared.hpp"
#include "routing/pattern.hpp"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

constexpr std::size_t limit_accounts_max = 100'000; // Per limit and shard.

using Metrics = observe::Metrics;

template <typename T>
auto find_named(std::vector<std::shared_ptr<T>> const& all, std::string_view name)
{
    auto const found = std::ranges::find_if(
        all, [name](auto const& each) { return each->options.name == name; });
    return found == all.end() ? nullptr : *found;
}

// The one of `before` where it is the same, else a fresh one.
template <typename T, typename Options, typename Make>
std::shared_ptr<T> take_over(
    std::vector<std::shared_ptr<T>> const* before, Options const& options, Make make)
{
    auto const kept = before ? find_named(*before, options.name) : nullptr;
    return kept && kept->options == options ? kept : std::make_shared<T>(make(options));
}

// What each account owes stays owed, but where accounts are others.
std::shared_ptr<limits::Gcra> accounts_of(
    LimitOptions const& options, Limit const* before, TimePoint now)
{
    auto const rate = options.store == LimitStore::shared
        ? limits::share_of(rate_of(options), options.nodes)
        : rate_of(options);
    if (!before || before->options.by != options.by)
        return std::make_shared<limits::Gcra>(rate, limit_accounts_max);
    if (before->accounts->limit() != rate)
        before->accounts->change(rate, now);
    return before->accounts;
}

std::shared_ptr<Limit> take_over_limit(
    std::vector<std::shared_ptr<Limit>> const* all, LimitOptions const& options, TimePoint now)
{
    auto const before = all ? find_named(*all, options.name) : nullptr;
    if (before && before->options == options)
        return before;
    return std::make_shared<Limit>(Limit{.options = options,
        .accounts = accounts_of(options, before.get(), now),
        .policy = limits::policy_of(options.name, rate_of(options))});
}

// Where a path of the route names a room.
std::optional<std::size_t> room_segment(RouteOptions const& route)
{
    std::string_view path = route.path;
    for (std::size_t i = 0; !routing::is_at_end(path); i++)
        if (routing::take_segment(path) == ":room")
            return i;
    return std::nullopt;
}

PlannedLimits plan_limits(RouteOptions const& route, Plan const& plan)
{
    PlannedLimits planned{.room_at = room_segment(route)};
    std::vector<limits::Policy> policies;
    for (auto const& name : route.limits) {
        planned.all.push_back(find_named(plan.limits, name));
        policies.push_back(planned.all.back()->policy);
        if (planned.all.back()->options.store == LimitStore::shared)
            planned.asks_store = true;
    }
    planned.policies = limits::print_policies(policies);
    return planned;
}

void count_as(PlannedRoute& route, std::string const& id, Metrics& metrics)
{
    static constexpr std::array classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
    for (std::size_t i = 0; i < classes.size(); i++)
        route.counts.requests[i] = &metrics.counter("gatehouse_http_requests", "Requests answered.",
            {{"route", id}, {"status", classes[i]}});
    route.counts.duration = &metrics.histogram("gatehouse_http_request_duration_seconds",
        "From the head of a request to the end of its answer.", {{"route", id}});
}

PlannedRoute plan_route(std::size_t number, Plan const& plan, Metrics& metrics)
{
    auto const& options = plan.config->options.routes[number];
    bool const is_proxied = options.target == Target::service;
    PlannedRoute route{.options = &options, .shape = &plan.config->shapes[number],
        .access = &plan.config->accesses[number]};
    route.body.max = options.max_body.value_or(is_proxied ? body_max_service : body_max_local);
    if (is_proxied)
        route.target.service = find_named(plan.services, options.to);
    route.limits = plan_limits(options, plan);
    for (auto const& each : plan.config->options.files)
        if (options.target == Target::files && each.name == options.to)
            route.target.files = each.files.get();
    count_as(route, options.id, metrics);
    return route;
}

}  // namespace

std::shared_ptr<Plan const> make_plan(
    std::shared_ptr<Config const> config, Plan const* before, Metrics& metrics, TimePoint now)
{
    static RouteOptions const no_route{.id = "none"};
    static PlannedShape const no_shape;
    static PlannedAccess const no_access;
    auto plan = std::make_shared<Plan>(Plan{.config = std::move(config),
        .routes = {},
        .unrouted = {.options = &no_route, .shape = &no_shape, .access = &no_access},
        .services = {},
        .limits = {}});
    auto const& options = plan->config->options;
    for (auto const& each : options.services)
        plan->services.push_back(take_over(before ? &before->services : nullptr, each,
            [](ServiceOptions const& with) { return Service(with); }));
    for (auto const& each : options.limits)
        plan->limits.push_back(take_over_limit(before ? &before->limits : nullptr, each, now));
    for (std::size_t i = 0; i < options.routes.size(); i++)
        plan->routes.push_back(plan_route(i, *plan, metrics));
    count_as(plan->unrouted, no_route.id, metrics);
    return plan;
}

}  // namespace gatehouse::gateway
