// SPDX-License-Identifier: Apache-2.0
#include "gateway/plan.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::gateway {
namespace {

constexpr std::size_t limit_clients_max = 100'000; // Per limit and shard.

using Metrics = observe::Metrics;

Limit make_limit(LimitOptions const& options)
{
    auto const burst = options.burst > 0 ? options.burst : options.rate;
    RateLimit const limit{.burst = burst, .period = options.per / options.rate * burst};
    auto const window_s = std::chrono::ceil<std::chrono::seconds>(limit.period).count();
    return {.options = options,
        .limiter = RateLimiter(limit, limit_clients_max),
        .policy = fmt::format("\"{}\";q={};w={}", options.name, burst, window_s)};
}

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
    if (!options.limit.empty())
        route.limits.limit = find_named(plan.limits, options.limit);
    for (auto const& each : plan.config->options.files)
        if (options.target == Target::files && each.name == options.to)
            route.target.files = each.files.get();
    count_as(route, options.id, metrics);
    return route;
}

}  // namespace

std::shared_ptr<Plan const> make_plan(
    std::shared_ptr<Config const> config, Plan const* before, Metrics& metrics)
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
        plan->limits.push_back(
            take_over(before ? &before->limits : nullptr, each, make_limit));
    for (std::size_t i = 0; i < options.routes.size(); i++)
        plan->routes.push_back(plan_route(i, *plan, metrics));
    count_as(plan->unrouted, no_route.id, metrics);
    return plan;
}

}  // namespace gatehouse::gateway
