// SPDX-License-Identifier: Apache-2.0
#include "gateway/exchange.hpp"

#include <utility>

namespace gatehouse::gateway {

void Exchange::begin(std::shared_ptr<Plan const> in_force)
{
    self_.reset();
    plan = std::move(in_force);
    route = plan ? &plan->unrouted : nullptr;
    head = nullptr;
    for (auto* const text : {&peer, &path, &request_id, &traceparent, &collected, &allowed})
        text->clear();
    principal.reset();
    verdict.reset();
    delivery = Delivery::discard;
    refusal.reset();
    answer.reset();
    file = nullptr;
    upstream = nullptr;
    next_stage = 0;
    continues_trace = is_suspended = is_body_over = is_head_sent = closes = false;
    framing = http::Framing::none;
    failure = {};
    status = 0;
    bytes_in = bytes_out = 0;
    began_at = called_at = {};
}

void Exchange::refuse(ErrorCode code, std::string_view message, int with_status)
{
    refusal = {code, std::string(message), with_status};
    answer.reset();
}

std::weak_ptr<Exchange*> Exchange::handle()
{
    if (!self_)
        self_ = std::make_shared<Exchange*>(this);
    return self_;
}

}  // namespace gatehouse::gateway
