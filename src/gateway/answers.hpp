// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"
#include "gateway/exchange.hpp"

// How `shape` tells the client each kind of answer.
namespace gatehouse::gateway::answers {

// What stands on every answer, behind its own fields; then these are as they are sent.
void finish_fields(Exchange& exchange);

// Makes the one error body of the refusal.
void make_error(Exchange& exchange, Context& context);

void send_made(Exchange& exchange, Context& context);
void send_file(Exchange& exchange, Context& context);
// The head alone: the body follows as it comes.
void send_upstream_head(Exchange& exchange, Context& context);
// The head of an answer after which another protocol is spoken.
void send_switch(Exchange& exchange, http::ResponseHead const& head);

[[nodiscard]] inline bool answers_head(Exchange const& exchange)
{
    return exchange.head && exchange.head->method == "HEAD";
}

} // namespace gatehouse::gateway::answers
