// SPDX-License-Identifier: Apache-2.0
#include "gateway/answers.hpp"

namespace gatehouse::gateway::answers {

void send_made(Exchange& exchange, Context& context)
{
    auto& answer = exchange.answer;
    auto const& made = *answer.made;
    answer.status = made.status;
    answer.fields.add("Date", context.date.at(context.ports.now.wall));
    for (auto const& [name, value] : made.headers)
        answer.fields.add(name, value);
    bool const has_body = made.status >= 200 && made.status != 204 && made.status != 304;
    bool const is_sent = has_body && !answers_head(exchange);
    if (has_body && !made.body.empty())
        answer.fields.add("Content-Type", made.content_type);
    finish_fields(exchange);
    exchange.client->head({.status = made.status,
        .reason = {},
        .fields = answer.fields,
        .framing = is_sent ? http::Framing::length : http::Framing::none,
        .length = made.body.size(),
        .tells_length = has_body && !is_sent,
        .is_last = answer.is_last});
    if (!is_sent || made.body.empty())
        return;
    answer.bytes_out = made.body.size();
    exchange.client->body(std::string_view(made.body));
}

} // namespace gatehouse::gateway::answers
