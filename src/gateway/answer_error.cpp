// SPDX-License-Identifier: Apache-2.0
#include "gateway/answers.hpp"
#include "http/error_body.hpp"

namespace gatehouse::gateway::answers {

void make_error(Exchange& exchange, Context& context)
{
    auto const& refusal = *exchange.answer.refusal;
    exchange.answer.made = http::error_response({.code = refusal.code,
                                                    .message = refusal.message,
                                                    .status = refusal.status,
                                                    .instance = exchange.path,
                                                    .request_id = exchange.request_id},
        context.ports.now.wall);
}

}  // namespace gatehouse::gateway::answers
