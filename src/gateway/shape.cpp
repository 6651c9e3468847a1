// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "gateway/answers.hpp"
#include "http/status.hpp"

namespace gatehouse::gateway::stages {
namespace {

// The route wants all errors in one form: the upstream's body is not waited for.
void normalize_error(Exchange& exchange)
{
    auto const status = exchange.answer.upstream->status;
    exchange.answer.upstream = nullptr;
    exchange.attempt.call.cancel();
    exchange.refuse(http::code_of(status), http::reason_of(status), status);
}

}  // namespace

Progress shape(Exchange& exchange, Context& context)
{
    auto& answer = exchange.answer;
    if (answer.upstream && answer.upstream->status >= 400
        && exchange.route->options->normalize_errors)
        normalize_error(exchange);
    answer.is_head_sent = true;
    if (answer.upstream) {
        answers::send_upstream_head(exchange, context);
        return Progress::suspended; // Until the body is through.
    }
    if (answer.refusal)
        answers::make_error(exchange, context);
    if (answer.file)
        answers::send_file(exchange, context);
    else
        answers::send_made(exchange, context);
    return Progress::go_on;
}

}  // namespace gatehouse::gateway::stages
