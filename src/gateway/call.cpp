// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "base/text.hpp"
#include "gateway/header_edits.hpp"
#include "gateway/tunnel.hpp"
#include "http/writer.hpp"

#include <array>
#include <span>
#include <utility>

namespace gatehouse::gateway::stages {
namespace {

using Names = std::array<std::string_view, 9>;

// What the gateway says itself, or what nobody but a trusted proxy may say.
constexpr Names said_here{"X-Request-Id", "traceparent", "X-Forwarded-For", "X-Forwarded-Proto",
    "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Expect", "tracestate"};
constexpr auto said_here_but_tracestate = std::span(said_here).first(said_here.size() - 1);

void write_forwarded(http::HeadWriter& out, Exchange const& exchange)
{
    auto const& headers = exchange.head->headers;
    bool const is_trusted = exchange.plan->config->trusts(exchange.transport_peer);
    auto const said = [&](std::string_view name, std::string_view otherwise) {
        return is_trusted ? headers.find(name).value_or(otherwise) : otherwise;
    };
    if (is_trusted)
        for (auto const& line : headers)
            if (equal_ignoring_case(line.name, "X-Forwarded-For"))
                out.field(line.name, line.value); // Lines of one name are one list.
    out.field("X-Forwarded-For", exchange.transport_peer);
    auto const proto = exchange.is_secure ? "https" : "http";
    out.field("X-Forwarded-Proto", said("X-Forwarded-Proto", proto));
    out.field("X-Forwarded-Host", said("X-Forwarded-Host", exchange.head->host));
}

// Any other Upgrade is not passed on: the requests of an h2c connection, say, would go past all
// routes.
bool wants_tunnel(http::RequestHead const& head)
{
    return head.wants_upgrade && head.framing == http::Framing::none
        && is_websocket(head.headers);
}

// How the request's body goes on: as it comes, or whole, where it was kept.
struct BodyFraming {
    http::Framing framing;
    std::uint64_t length;
};

BodyFraming framing_of(Exchange const& exchange)
{
    if (exchange.body.is_kept)
        return {http::Framing::length, exchange.body.collected.size()};
    return {exchange.head->framing, exchange.head->content_length};
}

// What the target of the request is asked for.
std::string_view write_target(std::string& scratch, Exchange const& exchange)
{
    auto const& query = exchange.head->query;
    auto const& rewrite = exchange.route->shape->rewrite;
    if (!rewrite && query.empty())
        return exchange.path;
    if (rewrite)
        scratch = rewrite->apply(exchange.path);
    else
        scratch = exchange.path;
    if (!query.empty())
        scratch.append("?").append(query);
    return scratch;
}

// The client's fields, as the route has them edited.
void write_fields(
    http::HeadWriter& out, Exchange& exchange, std::span<std::string_view const> except)
{
    auto const& edits = exchange.route->options->shape.request;
    if (edits.is_empty()) {
        out.forward(exchange.head->headers, except);
        return;
    }
    auto& fields = exchange.attempt.fields;
    fields.clear();
    http::forward(exchange.head->headers, except, fields);
    apply(edits, fields);
    out.fields(fields);
}

void write_head(std::string& text, std::string& scratch, Exchange& exchange)
{
    auto const& head = *exchange.head;
    auto const& endpoint
        = exchange.route->target.service->options.endpoints[exchange.attempt.endpoint];
    http::HeadWriter out(text);
    out.request(head.method, write_target(scratch, exchange))
        .field("Host", head.host.empty() ? endpoint : head.host);
    write_fields(out, exchange,
        exchange.continues_trace ? said_here_but_tracestate : std::span(said_here));
    write_forwarded(out, exchange);
    out.field("Via", head.minor_version == 0 ? "1.0 gatehouse" : "1.1 gatehouse");
    out.field("X-Request-Id", exchange.request_id).field("traceparent", exchange.traceparent);
    if (wants_tunnel(head))
        out.upgrade("websocket");
    auto const body = framing_of(exchange);
    out.framing(body.framing, body.length).end();
}

Progress call_service(Exchange& exchange, Context& context)
{
    auto const& service = exchange.route->target.service;
    auto const& head = *exchange.head;
    auto& attempt = exchange.attempt;
    write_head(attempt.call.head(), context.scratch, exchange);
    attempt.called_at = context.ports.now.steady;
    attempt.call.start({.service = service,
                           .endpoint = attempt.endpoint,
                           .method = head.method,
                           .framing = framing_of(exchange).framing,
                           .wants_upgrade = wants_tunnel(head),
                           .timeout = exchange.route->options->timeout.value_or(
                               service->options.timeout)},
        *exchange.caller);
    if (exchange.body.is_kept) {
        attempt.call.body(exchange.body.collected);
        attempt.call.end();
    } else {
        exchange.body.delivery = Delivery::stream;
    }
    return Progress::suspended;
}

Progress take_file(Exchange& exchange)
{
    bool const is_read = exchange.head->method == "GET" || exchange.head->method == "HEAD";
    auto& file = exchange.answer.file;
    auto const& rewrite = exchange.route->shape->rewrite;
    auto const& files = *exchange.route->target.files;
    file = rewrite ? files.find(rewrite->apply(exchange.path)) : files.find(exchange.path);
    if (!file) {
        exchange.refuse(ErrorCode::not_found, "There is no such file.");
    } else if (!is_read) {
        file = nullptr;
        exchange.answer.allowed = "GET, HEAD";
        exchange.refuse(ErrorCode::unsupported, "The method is not allowed here.", 405);
    }
    return Progress::answered;
}

// By a WebSocket, or by an event stream where those do not get through.
bool joins_rooms(Exchange const& exchange)
{
    auto const& head = *exchange.head;
    if (head.method != "GET")
        return false;
    return (exchange.path == "/v1/connect" && wants_tunnel(head))
        || (exchange.path == "/v1/stream" && head.framing == http::Framing::none);
}

Progress ask_local(Exchange& exchange, Context& context)
{
    if (!exchange.has_body())
        return Progress::needs_body;
    LocalRequest const request{.target = exchange.route->options->target,
        .head = *exchange.head,
        .body = exchange.body.collected,
        .asker = exchange.asker(),
        .connection = exchange.client->connection()};
    context.ports.local.answer(
        request, [handle = ExchangeHandle(exchange)](http::Response answer) {
            auto* const waiting = handle.get();
            if (!waiting)
                return;
            waiting->answer.made = std::move(answer);
            waiting->waiting->go_on();
        });
    return Progress::suspended; // Unless it is over already.
}

}  // namespace

Progress call(Exchange& exchange, Context& context)
{
    auto const target = exchange.route->options->target;
    switch (target) {
    case Target::service: return call_service(exchange, context);
    case Target::files: return take_file(exchange);
    case Target::redirect:
    case Target::rooms:
    case Target::admin:
    case Target::health:
    case Target::metrics: break;
    }
    if (target != Target::rooms || !joins_rooms(exchange))
        return ask_local(exchange, context);
    exchange.body.delivery = Delivery::hand_over; // At the end of the request.
    return Progress::suspended;
}

}  // namespace gatehouse::gateway::stages
