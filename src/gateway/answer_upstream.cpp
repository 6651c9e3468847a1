// SPDX-License-Identifier: Apache-2.0
#include "gateway/answers.hpp"

#include "http/writer.hpp"

#include <array>

namespace gatehouse::gateway::answers {
namespace {

using http::Framing;

constexpr std::array<std::string_view, 2> said_here{"X-Request-Id", "Server"};

// What the body would be of an answer that has none: to HEAD, and 304 (RFC 9110 §8.6).
bool tells_length(http::ResponseHead const& head, bool to_head)
{
    return head.framing == Framing::none && (to_head || head.status == 304)
        && head.headers.find("Content-Length").has_value();
}

} // namespace

void send_upstream_head(Exchange& exchange, Context& context)
{
    auto& answer = exchange.answer;
    auto const& head = *answer.upstream;
    answer.status = head.status;
    http::forward(head.headers, said_here, answer.fields);
    if (!head.headers.find("Date"))
        answer.fields.add("Date", context.date.at(context.ports.now.wall));
    finish_fields(exchange);
    exchange.client->head({.status = head.status,
        .reason = head.reason,
        .fields = answer.fields,
        .framing = head.framing == Framing::until_close ? Framing::chunked : head.framing,
        .length = head.content_length,
        .tells_length = tells_length(head, answers_head(exchange)),
        .is_last = answer.is_last});
}

void send_switch(Exchange& exchange, http::ResponseHead const& head)
{
    auto& answer = exchange.answer;
    answer.status = head.status;
    http::forward(head.headers, said_here, answer.fields);
    answer.fields.add("X-Request-Id", exchange.request_id);
    exchange.client->head({.status = head.status, .reason = {}, .fields = answer.fields});
}

} // namespace gatehouse::gateway::answers
