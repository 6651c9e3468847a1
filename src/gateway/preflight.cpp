// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "gateway/cors.hpp"

namespace gatehouse::gateway::stages {

Progress preflight(Exchange& exchange, Context&)
{
    auto const& head = *exchange.head;
    auto const& options = exchange.route->options->shape;
    if (options.cors && !preflighted_method(head.method, head.headers).empty()) {
        exchange.answer.made = answer_preflight(*options.cors, head.headers);
        return Progress::answered;
    }
    if (auto const& redirect = exchange.route->shape->redirect) {
        auto location = redirect->location(exchange.path, head.query);
        exchange.answer.made = http::Response{
            .status = options.redirect->status, .headers = {{"Location", std::move(location)}}};
        return Progress::answered;
    }
    return Progress::go_on;
}

} // namespace gatehouse::gateway::stages
