// SPDX-License-Identifier: Apache-2.0
#include "gateway/explain.hpp"

#include "gateway/cors.hpp"
#include "http/target.hpp"
#include "routing/why.hpp"
#include "schema/openapi.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gatehouse::gateway {
namespace {

using Steps = std::vector<Explanation::Step>;

std::string text_of(Duration duration)
{
    auto const ms = std::chrono::duration_cast<Milliseconds>(duration).count();
    return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

std::string_view text_of(LimitBy by)
{
    switch (by) {
    case LimitBy::ip: return "address";
    case LimitBy::principal: return "principal";
    case LimitBy::route: return "route";
    case LimitBy::room: return "room";
    }
    std::unreachable();
}

std::string text_of(std::vector<LimitBy> const& all)
{
    std::vector<std::string_view> names;
    for (auto const by : all)
        names.push_back(text_of(by));
    return fmt::format("{}", fmt::join(names, " and "));
}

std::string_view text_of(Balance balance)
{
    switch (balance) {
    case Balance::round_robin: return "round robin";
    case Balance::least_requests: return "the less busy of two";
    case Balance::p2c_ewma: return "the better of two by latency and load";
    }
    std::unreachable();
}

auto const& named(auto const& all, std::string_view name)
{
    return *std::ranges::find_if(all, [name](auto const& each) { return each.name == name; });
}

void explain_preflight(Steps& steps, RouteOptions const& route, Config const& config,
    std::size_t number, Question const& question, std::string_view path)
{
    if (auto const& cors = route.shape.cors) {
        auto const origin = question.headers.find("Origin");
        auto const verdict = !origin ? ""
            : allows(*cors, *origin) ? fmt::format("; {} is one", *origin)
                                     : fmt::format("; {} is none", *origin);
        steps.push_back({"preflight",
            fmt::format("CORS preflights are answered here, for {}{}",
                fmt::join(cors->origins, ", "), verdict)});
    }
    if (auto const& redirect = config.shapes[number].redirect)
        steps.push_back({"preflight",
            fmt::format("{} to {}", route.shape.redirect->status,
                redirect->location(path, question.query))});
}

void explain_access(Steps& steps, RouteOptions const& route)
{
    if (route.auth.empty())
        return;
    auto const otherwise = route.target == Target::rooms
        ? "without one, the room API asks for it where it needs one"
        : "else 401";
    steps.push_back({"authenticate",
        fmt::format("a token of {}; {}", fmt::join(route.auth, " or "), otherwise)});
    if (!route.require.empty())
        steps.push_back({"authorise", route.require + "; else 403"});
}

void explain_limit(Steps& steps, RouteOptions const& route, GatewayOptions const& options)
{
    for (auto const& name : route.limits) {
        auto const& limit = named(options.limits, name);
        steps.push_back({"limit",
            fmt::format("{}: {} in {}, {} at once, for each {}{}; else 429", limit.name, limit.rate,
                text_of(limit.per), limit.burst > 0 ? limit.burst : limit.rate, text_of(limit.by),
                limit.store == LimitStore::shared ? ", of all nodes together" : "")});
    }
}

void explain_validation(Steps& steps, RouteOptions const& route)
{
    auto const& rules = route.validation;
    if (rules.body)
        steps.push_back({"validate", "bodies must fit the schema; else 400"});
    if (rules.api)
        steps.push_back({"validate",
            fmt::format("must be one of {} operations{}, and fit it; else 400, 404 or 405",
                rules.api->operations().size(), rules.base.empty() ? "" : " below " + rules.base)});
}

void explain_service(Steps& steps, RouteOptions const& route, GatewayOptions const& options,
    Question const& question, std::string const& target)
{
    auto const& service = named(options.services, route.to);
    steps.push_back({"balance",
        fmt::format("{} of {}{}", text_of(service.balance), fmt::join(service.endpoints, ", "),
            service.health.path.empty() ? std::string(", which are not checked")
                                        : ", checked by GET " + service.health.path)});
    steps.push_back({"call",
        fmt::format("{} {} of the service {}, which may be silent for {}", question.method, target,
            service.name, text_of(route.timeout.value_or(service.timeout)))});
}

void explain_file(
    Steps& steps, RouteOptions const& route, GatewayOptions const& options, std::string const& path)
{
    auto const& files = named(options.files, route.to);
    auto const* const file = files.files->find(path);
    steps.push_back({"call",
        file ? fmt::format("the file {} of {}, {} bytes", path, files.name, file->bytes->size())
             : fmt::format("404: there is no file {} in {}", path, files.name)});
}

void explain_call(Steps& steps, RouteOptions const& route, Config const& config, std::size_t number,
    Question const& question, std::string const& path)
{
    auto const& rewrite = config.shapes[number].rewrite;
    auto const seen = rewrite ? rewrite->apply(path) : path;
    auto const target = question.query.empty() ? seen : seen + "?" + question.query;
    switch (route.target) {
    case Target::service: return explain_service(steps, route, config.options, question, target);
    case Target::files: return explain_file(steps, route, config.options, seen);
    case Target::redirect: return;
    case Target::rooms: steps.push_back({"call", "the room API of this process"}); return;
    case Target::admin: steps.push_back({"call", "the operators' API of this process"}); return;
    case Target::health: steps.push_back({"call", "the health of this process"}); return;
    case Target::metrics: steps.push_back({"call", "the metrics of this process"}); return;
    }
}

void explain_edits(Steps& steps, std::string_view what, HeaderEdits const& edits)
{
    std::vector<std::string> said;
    for (auto const& name : edits.remove)
        said.push_back("without " + name);
    for (auto const& [name, value] : edits.set)
        said.push_back(fmt::format("{}: {}", name, value));
    for (auto const& [name, value] : edits.add)
        said.push_back(fmt::format("also {}: {}", name, value));
    if (!said.empty())
        steps.push_back({"shape", fmt::format("{}: {}", what, fmt::join(said, ", "))});
}

void explain_shape(Steps& steps, RouteOptions const& route)
{
    explain_edits(steps, "the request goes on", route.shape.request);
    explain_edits(steps, "the answer goes back", route.shape.response);
    if (route.shape.security)
        steps.push_back({"shape", "security headers, where the answer has none"});
    if (route.normalize_errors)
        steps.push_back({"shape", "the one error body in place of the service's errors"});
}

std::string why_not(Config const& config, routing::Asked const& asked, std::size_t route,
    std::optional<std::size_t> winner)
{
    auto const& pattern = config.routes.pattern(route);
    switch (routing::misfit_of(pattern, asked)) {
    case routing::Misfit::method:
        return fmt::format("takes {} alone", fmt::join(pattern.methods, ", "));
    case routing::Misfit::fields: return "wants fields that the request has not";
    default: break;
    }
    if (!winner)
        return "is found on the admin listener alone";
    return fmt::format("is less specific: {} {}", text_of(config.routes.pattern(*winner)),
        routing::why_before(config.routes.pattern(*winner), pattern));
}

void consider_others(Explanation& explanation, Config const& config, routing::Asked const& asked)
{
    for (std::size_t i = 0; i < config.routes.size(); i++) {
        if (explanation.route == i)
            continue;
        auto const misfit = routing::misfit_of(config.routes.pattern(i), asked);
        if (misfit == routing::Misfit::host || misfit == routing::Misfit::path)
            explanation.elsewhere++;
        else if (explanation.others.size() < Explanation::others_max)
            explanation.others.push_back({i, why_not(config, asked, i, explanation.route)});
    }
}

} // namespace

Explanation explain(Config const& config, Question const& question)
{
    Explanation explanation;
    auto path = http::normalize_path(question.path);
    if (!path) {
        explanation.steps.push_back({"route", "400: the path is malformed"});
        return explanation;
    }
    explanation.path = std::move(*path);
    routing::Asked const asked{.host = question.host,
        .method = question.method,
        .path = explanation.path,
        .query = question.query,
        .headers = &question.headers};
    auto const found = find_route(config, asked);
    if (found.route
        && (config.options.routes[*found.route].target != Target::admin
            || question.listener == Listener::admin))
        explanation.route = found.route;
    consider_others(explanation, config, asked);
    auto& steps = explanation.steps;
    if (!explanation.route) {
        steps.push_back({"route",
            found.allowed.empty() ? std::string("404: no route takes it")
                                  : "405: its route takes " + found.allowed});
        return explanation;
    }
    auto const number = *explanation.route;
    auto const& route = config.options.routes[number];
    explain_preflight(steps, route, config, number, question, explanation.path);
    bool const is_answered = route.target == Target::redirect
        || (route.shape.cors && !preflighted_method(question.method, question.headers).empty());
    if (!is_answered) {
        explain_access(steps, route);
        explain_limit(steps, route, config.options);
        explain_validation(steps, route);
        explain_call(steps, route, config, number, question, explanation.path);
        explain_shape(steps, route);
    }
    steps.push_back({"record",
        fmt::format("counted as {}{}", route.id, config.options.access_log ? ", logged" : "")});
    return explanation;
}

} // namespace gatehouse::gateway
