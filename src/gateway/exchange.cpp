// SPDX-License-Identifier: Apache-2.0
#include "gateway/exchange.hpp"

#include <utility>

namespace gatehouse::gateway {

ExchangeHandle::ExchangeHandle(Exchange& exchange) : number_(exchange.number_)
{
    if (!exchange.self_)
        exchange.self_ = std::make_shared<Exchange*>(&exchange);
    exchange_ = exchange.self_;
}

Exchange* ExchangeHandle::get() const
{
    auto const still_there = exchange_.lock();
    return still_there && (*still_there)->number_ == number_ ? *still_there : nullptr;
}

void Exchange::begin(std::shared_ptr<Plan const> in_force)
{
    number_++;
    plan = std::move(in_force);
    route = plan ? &plan->unrouted : nullptr;
    head = nullptr;
    for (auto* const text : {&peer, &path, &request_id, &traceparent})
        text->clear();
    access.clear();
    limits.clear();
    body.clear();
    attempt.clear();
    answer.clear();
    next_stage = 0;
    continues_trace = is_suspended = false;
    failure = {};
    began_at = {};
}

void Exchange::refuse(ErrorCode code, std::string_view message, int with_status)
{
    answer.refusal = {code, std::string(message), with_status, {}};
    answer.made.reset();
}

Asker Exchange::asker() const
{
    return {.peer = peer,
        .principal = access.principal ? &*access.principal : nullptr,
        .request_id = request_id,
        .traceparent = traceparent,
        .listener = listener,
        .expires_at = access.expires_at,
        .accepts = route->options->auth};
}

}  // namespace gatehouse::gateway
