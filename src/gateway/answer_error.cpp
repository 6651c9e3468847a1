// SPDX-License-Identifier: Apache-2.0
#include "gateway/answers.hpp"

#include "http/error_body.hpp"
#include "http/negotiation.hpp"

namespace gatehouse::gateway::answers {

namespace {

constexpr std::string_view plain_json = "application/json";

} // namespace

// The body is the same for both: who asks for plain JSON alone gets it by that name.
void make_error(Exchange& exchange, Context& context)
{
    auto const& refusal = *exchange.answer.refusal;
    exchange.answer.made = http::error_response({.code = refusal.code,
                                                    .message = refusal.message,
                                                    .status = refusal.status,
                                                    .instance = exchange.path,
                                                    .request_id = exchange.request_id,
                                                    .details = refusal.details},
        context.ports.now.wall);
    auto& type = exchange.answer.made->content_type;
    auto const accept = exchange.head ? exchange.head->headers.find("Accept") : std::nullopt;
    if (accept && http::quality_of(*accept, plain_json) > http::quality_of(*accept, type))
        type = plain_json;
}

} // namespace gatehouse::gateway::answers
