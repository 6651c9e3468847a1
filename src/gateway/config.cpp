// SPDX-License-Identifier: Apache-2.0
#include "gateway/config.hpp"

#include "gateway/cors.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>
#include <utility>

namespace gatehouse::gateway {
namespace {

routing::RoutePattern pattern_of(RouteOptions const& route)
{
    return {.host = route.host, .path = route.path, .methods = route.methods,
        .headers = route.headers, .query = route.query};
}

std::string id_of(RouteOptions const& route)
{
    return route.id.empty() ? routing::text_of(pattern_of(route)) : route.id;
}

void add_built_in(std::vector<RouteOptions>& routes)
{
    static constexpr std::array<std::pair<std::string_view, Target>, 4> built_in{{
        {"/health", Target::health},
        {"/health/live", Target::health},
        {"/health/ready", Target::health},
        {"/metrics", Target::metrics},
    }};
    for (auto const& [path, target] : built_in) {
        bool const is_shadowed = std::ranges::any_of(
            routes, [&](auto const& each) { return each.host.empty() && each.path == path; });
        if (!is_shadowed)
            routes.push_back({.path = std::string(path), .methods = {"GET", "HEAD"},
                .target = target});
    }
}

Result<void> check_service(ServiceOptions const& service)
{
    if (service.endpoints.empty())
        return fail(ErrorCode::bad_request,
            fmt::format("The service {} has no endpoints.", service.name));
    return {};
}

Result<void> check_limit(LimitOptions const& limit)
{
    if (limit.rate < 1 || limit.burst < 0 || limit.per / limit.rate <= Duration::zero()
        || limit.by.empty())
        return fail(ErrorCode::bad_request,
            fmt::format("The limit {} allows nothing or everything.", limit.name));
    return {};
}

bool knows(auto const& all, std::string_view name)
{
    return std::ranges::any_of(all, [name](auto const& each) { return each.name == name; });
}

Result<void> check_route(RouteOptions const& route, GatewayOptions const& options)
{
    auto const refuse = [&route](std::string_view what, std::string_view name) {
        return fail(ErrorCode::bad_request,
            fmt::format("The route {} names the {} \"{}\", which nobody defines.", route.id, what,
                name));
    };
    if (route.target == Target::service && !knows(options.services, route.to))
        return refuse("service", route.to);
    if (route.target == Target::files && !knows(options.files, route.to))
        return refuse("files", route.to);
    for (auto const& name : route.limits)
        if (!knows(options.limits, name))
            return refuse("limit", name);
    return {};
}

// What `compiled` says is wrong is the end of a sentence about `what`.
template <typename T>
Result<T> of_route(
    RouteOptions const& route, std::string_view what, std::string_view text, Result<T> compiled)
{
    if (compiled)
        return compiled;
    return fail(ErrorCode::bad_request,
        fmt::format("The {} \"{}\" of the route {} {}.", what, text, route.id,
            compiled.error().message));
}

Result<PlannedShape> plan_shape(RouteOptions const& route)
{
    PlannedShape shape;
    auto const& options = route.shape;
    if (!options.rewrite.empty())
        shape.rewrite = GH_TRY(of_route(route, "rewrite", options.rewrite,
            routing::Rewrite::compile(route.path, options.rewrite)));
    if (options.redirect)
        shape.redirect = GH_TRY(of_route(route, "redirect", options.redirect->to,
            routing::Redirection::compile(route.path, options.redirect->to)));
    return shape;
}

Result<PlannedAccess> plan_access(RouteOptions const& route)
{
    PlannedAccess access;
    if (route.require.empty())
        return access;
    auto require = identity::Require::parse(route.require);
    if (!require)
        return fail(ErrorCode::bad_request,
            fmt::format("The require \"{}\" of the route {}: character {}: {}.", route.require,
                route.id, require.error().column, require.error().message));
    if (route.auth.empty())
        return fail(ErrorCode::bad_request,
            fmt::format("The route {} requires roles and lets anybody in.", route.id));
    access.require = *std::move(require);
    return access;
}

Result<std::vector<limits::Block>> read_blocks(std::span<std::string const> texts)
{
    std::vector<limits::Block> blocks;
    for (auto const& text : texts) {
        auto const block = limits::parse_block(text);
        if (!block)
            return fail(ErrorCode::bad_request,
                fmt::format("\"{}\" is neither an address nor a block of them.", text));
        blocks.push_back(*block);
    }
    return blocks;
}

}  // namespace

bool Config::trusts(std::string_view address) const
{
    if (trusted_proxies.empty())
        return false;
    auto const parsed = limits::parse_address(address);
    return parsed && std::ranges::any_of(trusted_proxies, [&](limits::Block const& block) {
        return limits::contains(block, *parsed);
    });
}

routing::Routes::Found find_route(Config const& config, routing::Asked const& asked)
{
    auto const method
        = asked.headers ? preflighted_method(asked.method, *asked.headers) : std::string_view();
    if (!method.empty()) {
        auto of_method = asked;
        of_method.method = method;
        auto found = config.routes.find(of_method);
        if (found.route && config.options.routes[*found.route].shape.cors)
            return found;
    }
    return config.routes.find(asked);
}

Result<std::shared_ptr<Config const>> compile(GatewayOptions options)
{
    add_built_in(options.routes);
    std::vector<routing::RoutePattern> patterns;
    auto config = std::make_shared<Config>();
    for (auto& route : options.routes) {
        route.id = id_of(route);
        GH_CHECK(check_route(route, options));
        patterns.push_back(pattern_of(route));
        auto shape = GH_TRY(plan_shape(route));
        config->shapes.push_back(std::move(shape));
        auto access = GH_TRY(plan_access(route));
        config->accesses.push_back(std::move(access));
    }
    for (auto const& service : options.services)
        GH_CHECK(check_service(service));
    for (auto const& limit : options.limits)
        GH_CHECK(check_limit(limit));
    config->routes = GH_TRY(routing::Routes::compile(patterns));
    config->roles = GH_TRY(identity::RoleTable::of(options.roles));
    config->trusted_proxies = GH_TRY(read_blocks(options.trusted_proxies));
    config->options = std::move(options);
    return config;
}

}  // namespace gatehouse::gateway
