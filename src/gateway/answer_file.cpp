// SPDX-License-Identifier: Apache-2.0
#include "gateway/answers.hpp"

namespace gatehouse::gateway::answers {

void send_file(Exchange& exchange, Context& context)
{
    auto& answer = exchange.answer;
    auto const& file = *answer.file;
    auto const known = exchange.head->headers.find("If-None-Match");
    bool const is_known = known && names_etag(*known, file.etag);
    bool const is_sent = !is_known && !answers_head(exchange);
    answer.status = is_known ? 304 : 200;
    answer.fields.add("Date", context.date.at(context.ports.now.wall));
    answer.fields.add("ETag", file.etag);
    answer.fields.add("Cache-Control", "no-cache");
    if (!is_known)
        answer.fields.add("Content-Type", file.content_type);
    finish_fields(exchange);
    exchange.client->head({.status = answer.status,
        .reason = {},
        .fields = answer.fields,
        .framing = is_sent ? http::Framing::length : http::Framing::none,
        .length = file.bytes->size(),
        .tells_length = !is_known && !is_sent,
        .is_last = answer.is_last});
    if (!is_sent)
        return;
    answer.bytes_out = file.bytes->size();
    exchange.client->body(file.bytes);
}

} // namespace gatehouse::gateway::answers
