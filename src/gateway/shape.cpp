// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "base/text.hpp"
#include "http/error_body.hpp"
#include "http/status.hpp"
#include "http/writer.hpp"

#include <array>
#include <fmt/compile.h>

namespace gatehouse::gateway::stages {
namespace {

using http::Framing;

// What is left of a body is read and dropped up to here; a longer rest costs the connection.
constexpr std::uint64_t body_rest_max = 64 * 1024;

constexpr std::array<std::string_view, 2> said_here{"X-Request-Id", "Server"};

bool must_close(Exchange const& exchange, Context const& context)
{
    if (!exchange.head || !exchange.head->keeps_alive || context.is_draining)
        return true;
    auto const& head = *exchange.head;
    if (exchange.is_body_over || head.framing == Framing::none)
        return false;
    // Who waits for 100 Continue may send the body or not: nobody could tell what comes next.
    return head.expects_continue || head.framing == Framing::chunked
        || head.content_length > body_rest_max;
}

std::int64_t seconds(Duration duration)
{
    return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

// What stands on every answer.
void write_common(http::HeadWriter& out, Exchange const& exchange)
{
    out.field("X-Request-Id", exchange.request_id);
    if (exchange.verdict) { // draft-ietf-httpapi-ratelimit-headers
        auto const& limit = *exchange.route->limit;
        out.field("RateLimit-Policy", limit.policy);
        out.field("RateLimit",
            fmt::format(FMT_COMPILE("\"{}\";r={};t={}"), limit.options.name,
                exchange.verdict->remaining, seconds(exchange.verdict->reset_after)));
        if (!exchange.verdict->allowed)
            out.field("Retry-After",
                static_cast<std::uint64_t>(seconds(exchange.verdict->retry_after)));
    }
    if (!exchange.allowed.empty())
        out.field("Allow", exchange.allowed);
    if (exchange.status == 401 && !exchange.upstream)
        out.field("WWW-Authenticate", "Bearer"); // RFC 9110 §11.6.1
    if (exchange.closes)
        out.close();
    else if (exchange.head->minor_version == 0)
        out.field("Connection", "keep-alive");
}

bool answers_head(Exchange const& exchange)
{
    return exchange.head && exchange.head->method == "HEAD";
}

// The one error body.
void answer_refusal(Exchange& exchange, Context& context)
{
    auto const& refusal = *exchange.refusal;
    exchange.answer = http::error_response({.code = refusal.code,
                                               .message = refusal.message,
                                               .status = refusal.status,
                                               .instance = exchange.path,
                                               .request_id = exchange.request_id},
        context.ports.now.wall);
}

void send_answer(Exchange& exchange, Context& context)
{
    auto const& answer = *exchange.answer;
    auto& text = context.scratch;
    text.clear();
    exchange.status = answer.status;
    http::HeadWriter out(text);
    out.response(answer.status).field("Date", context.date.at(context.ports.now.wall));
    for (auto const& [name, value] : answer.headers)
        out.field(name, value);
    write_common(out, exchange);
    bool const has_body = answer.status >= 200 && answer.status != 204 && answer.status != 304;
    if (has_body && !answer.body.empty())
        out.field("Content-Type", answer.content_type);
    if (has_body)
        out.framing(Framing::length, answer.body.size());
    out.end();
    if (has_body && !answers_head(exchange)) {
        text += answer.body;
        exchange.bytes_out = answer.body.size();
    }
    context.ports.wire.send(exchange.client, std::string_view(text));
}

void send_file(Exchange& exchange, Context& context)
{
    auto const& file = *exchange.file;
    auto const known = exchange.head->headers.find("If-None-Match");
    bool const is_known = known && names_etag(*known, file.etag);
    auto& text = context.scratch;
    text.clear();
    exchange.status = is_known ? 304 : 200;
    http::HeadWriter out(text);
    out.response(exchange.status).field("Date", context.date.at(context.ports.now.wall));
    out.field("ETag", file.etag).field("Cache-Control", "no-cache");
    write_common(out, exchange);
    if (!is_known)
        out.field("Content-Type", file.content_type).framing(Framing::length, file.bytes->size());
    out.end();
    context.ports.wire.send(exchange.client, std::string_view(text));
    if (is_known || answers_head(exchange))
        return;
    exchange.bytes_out = file.bytes->size();
    context.ports.wire.send(exchange.client, file.bytes);
}

// How the client gets to know where the body ends. A body whose length nobody knows is chunked, and
// for HTTP/1.0 lasts until the connection is closed.
Framing framing_towards_client(Exchange const& exchange)
{
    auto const framing = exchange.upstream->framing;
    if (framing == Framing::none || framing == Framing::length)
        return framing;
    return exchange.head->minor_version == 0 ? Framing::until_close : Framing::chunked;
}

// Says what the body would be of an answer that has none: to HEAD, and 304 (RFC 9110 §8.6).
void write_absent_framing(http::HeadWriter& out, http::ResponseHead const& head, bool to_head)
{
    if (!to_head && head.status != 304)
        return;
    if (head.headers.find("Content-Length"))
        out.framing(Framing::length, head.content_length);
}

void send_upstream_head(Exchange& exchange, Context& context)
{
    auto const& head = *exchange.upstream;
    auto& text = context.scratch;
    text.clear();
    exchange.status = head.status;
    exchange.framing = framing_towards_client(exchange);
    exchange.closes |= exchange.framing == Framing::until_close;
    http::HeadWriter out(text);
    out.response(head.status, head.reason).forward(head.headers, said_here);
    if (!head.headers.find("Date"))
        out.field("Date", context.date.at(context.ports.now.wall));
    write_common(out, exchange);
    if (exchange.framing == Framing::none)
        write_absent_framing(out, head, answers_head(exchange));
    else
        out.framing(exchange.framing, head.content_length);
    out.end();
    context.ports.wire.send(exchange.client, std::string_view(text));
}

// The route wants all errors in one form: the upstream's body is not waited for.
void normalize_error(Exchange& exchange)
{
    auto const status = exchange.upstream->status;
    exchange.upstream = nullptr;
    exchange.call.cancel();
    exchange.refuse(http::code_of(status), http::reason_of(status), status);
}

}  // namespace

Progress shape(Exchange& exchange, Context& context)
{
    if (exchange.upstream && exchange.upstream->status >= 400
        && exchange.route->options->normalize_errors)
        normalize_error(exchange);
    exchange.closes |= must_close(exchange, context);
    exchange.is_head_sent = true;
    if (exchange.upstream) {
        send_upstream_head(exchange, context);
        return Progress::suspended; // Until the body is through.
    }
    if (exchange.refusal)
        answer_refusal(exchange, context);
    if (exchange.file)
        send_file(exchange, context);
    else
        send_answer(exchange, context);
    return Progress::go_on;
}

}  // namespace gatehouse::gateway::stages
