// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include <algorithm>

namespace gatehouse::gateway::stages {
namespace {

void write_access_line(Exchange const& exchange, Context& context, Duration duration)
{
    auto const us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    auto line = context.ports.log.line(
        observe::Level::info, "request", context.ports.now.wall);
    if (exchange.head) // The path without its query: queries carry secrets.
        line.field("method", exchange.head->method).field("host", exchange.head->host)
            .field("path", exchange.path.empty() ? exchange.head->path : exchange.path);
    line.field("status", exchange.answer.status)
        .field("route", exchange.route->options->id)
        .field("duration_us", us)
        .field("bytes_in", exchange.body.bytes_in)
        .field("bytes_out", exchange.answer.bytes_out)
        .field("peer", exchange.peer);
    if (exchange.access.principal)
        line.field("principal", exchange.access.principal->id);
    if (auto const& attempt = exchange.attempt; attempt.called_at != TimePoint{})
        line.field("upstream",
            exchange.route->target.service->options.endpoints[attempt.endpoint]);
    if (!exchange.failure.empty())
        line.field("failure", exchange.failure);
    line.field("request_id", exchange.request_id).field("traceparent", exchange.traceparent);
}

}  // namespace

Progress record(Exchange& exchange, Context& context)
{
    auto const duration = context.ports.now.steady - exchange.began_at;
    auto const status = exchange.answer.status;
    auto const status_class = static_cast<std::size_t>(std::clamp(status / 100, 1, 5));
    exchange.route->counts.requests[status_class - 1]->add();
    exchange.route->counts.duration->record(duration);
    auto const& bans = exchange.plan->config->options.bans;
    if (bans.counts(status) && exchange.listener == Listener::front && !exchange.limits.is_banned
        && context.ports.ban_book)
        context.ports.ban_book->note_refusal(exchange.peer);
    if (exchange.plan->config->options.access_log)
        write_access_line(exchange, context, duration);
    return Progress::go_on;
}

}  // namespace gatehouse::gateway::stages
