// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "http/target.hpp"

#include <utility>

namespace gatehouse::gateway::stages {
namespace {

// Operators' routes exist on their listener alone.
bool is_hidden(PlannedRoute const& route, Listener listener)
{
    return route.options->target == Target::admin && listener != Listener::admin;
}

routing::Asked asked_of(Exchange const& exchange)
{
    auto const& head = *exchange.head;
    return {.host = head.host,
        .method = head.method,
        .path = exchange.path,
        .query = head.query,
        .headers = &head.headers};
}

}  // namespace

Progress route(Exchange& exchange, Context&)
{
    auto const& head = *exchange.head;
    if (head.path == "*") { // OPTIONS about the server as a whole (RFC 9110 §9.3.7).
        exchange.answer.made = http::Response{.status = 204};
        return Progress::answered;
    }
    auto path = http::normalize_path(head.path);
    if (!path) {
        exchange.refuse(ErrorCode::bad_request, "The path of the request is malformed.");
        return Progress::answered;
    }
    exchange.path = std::move(*path);

    auto found = find_route(*exchange.plan->config, asked_of(exchange));
    if (found.route && is_hidden(exchange.plan->routes[*found.route], exchange.listener))
        found.route.reset();
    if (!found.route) {
        exchange.answer.allowed = std::move(found.allowed);
        if (exchange.answer.allowed.empty())
            exchange.refuse(ErrorCode::not_found, "There is nothing at this path.");
        else
            exchange.refuse(ErrorCode::unsupported, "The method is not allowed here.", 405);
        return Progress::answered;
    }
    exchange.route = &exchange.plan->routes[*found.route];
    if (head.framing == http::Framing::length && head.content_length > exchange.route->body.max) {
        exchange.refuse(ErrorCode::too_large, "The body is too large.");
        return Progress::answered;
    }
    return Progress::go_on;
}

}  // namespace gatehouse::gateway::stages
