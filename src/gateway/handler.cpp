// SPDX-License-Identifier: Apache-2.0
#include "gateway/handler.hpp"

#include "gateway/answers.hpp"
#include "gateway/gateway.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/tunnel.hpp"

#include <utility>

namespace gatehouse::gateway {

Handler::Handler(Context& context, Client& client, Accepted const& how)
    : context_(context)
    , client_(client)
    , listener_(how.listener)
    , is_secure_(how.is_secure)
    , peer_(how.ip)
    , certificate_(how.certificate)
    , deadline_([this] { deadline_passed(); })
{ }

// The request ------------------------------------------------------------------------------------

bool Handler::takes_body() const
{
    return exchange_ && !exchange_->body.is_over && !holds_back();
}

bool Handler::holds_back() const
{
    return exchange_ && (exchange_->is_suspended || exchange_->attempt.call.is_congested());
}

void Handler::begin_exchange(http::RequestHead const* head)
{
    exchange_ = context_.new_exchange();
    auto& exchange = *exchange_;
    exchange.begin(context_.plan);
    exchange.client = &client_;
    exchange.waiting = this;
    exchange.caller = this;
    exchange.listener = listener_;
    exchange.is_secure = is_secure_;
    exchange.certificate = certificate_.get();
    exchange.head = head;
    exchange.transport_peer = peer_;
    exchange.began_at = context_.ports.now.steady;
}

void Handler::begin(http::RequestHead const& head)
{
    begin_exchange(&head);
    run();
    if (exchange_ && head.framing != http::Framing::none)
        await(Awaited::body);
}

void Handler::body(std::string_view bytes)
{
    if (!exchange_)
        return; // The answer went out without it.
    auto& body = exchange_->body;
    body.bytes_in += bytes.size();
    if (body.bytes_in > exchange_->route->body.max)
        return refuse_exchange(ErrorCode::too_large, "The body is too large.", 0);
    await(Awaited::body);
    switch (body.delivery) {
    case Delivery::discard:
    case Delivery::hand_over: return;
    case Delivery::collect: body.collected += bytes; return;
    case Delivery::stream: break;
    }
    auto& call = exchange_->attempt.call;
    call.body(bytes);
    if (call.is_congested())
        await_nothing(); // It is not the client that is slow.
}

void Handler::end()
{
    if (!exchange_)
        return;
    auto& body = exchange_->body;
    body.is_over = true;
    await_nothing();
    switch (body.delivery) {
    case Delivery::discard: break;
    case Delivery::stream: exchange_->attempt.call.end(); break;
    case Delivery::collect:
        body.delivery = Delivery::discard;
        body.is_kept = true;
        run();
        break;
    case Delivery::hand_over: hand_over(); break;
    }
}

void Handler::hand_over()
{
    auto& exchange = *exchange_;
    exchange.answer.status = exchange.head->wants_upgrade ? 101 : 200;
    record_only();
    auto const taken = client_.hand_over();
    context_.ports.local.upgrade(taken.id, *exchange.head, exchange.asker(), taken.leftover);
    context_.recycle(std::move(exchange_));
}

void Handler::go_on()
{
    run();
    client_.read_on();
    if (has_ended_)
        ended();
}

// The end of an exchange -------------------------------------------------------------------------

void Handler::run()
{
    if (proceed(*exchange_, context_))
        finish();
}

void Handler::refuse(ErrorCode code, std::string_view message, int status)
{
    if (!exchange_) { // What has no head goes the way of all, so it has an id and is recorded.
        begin_exchange(nullptr);
        exchange_->failure = message;
        exchange_->refuse(code, message, status);
        return run();
    }
    exchange_->answer.is_last = true;
    exchange_->failure = message;
    refuse_exchange(code, message, status);
}

void Handler::refuse_exchange(ErrorCode code, std::string_view message, int status)
{
    exchange_->attempt.call.cancel();
    if (exchange_->answer.is_head_sent)
        return abort(message);
    exchange_->is_suspended = false;
    exchange_->body.delivery = Delivery::discard;
    exchange_->refuse(code, message, status);
    skip_to_shape(*exchange_);
    run();
}

void Handler::record_only()
{
    skip_to_record(*exchange_);
    static_cast<void>(proceed(*exchange_, context_));
}

void Handler::finish()
{
    await_nothing();
    context_.recycle(std::move(exchange_));
    client_.end();
}

void Handler::abort(std::string_view failure)
{
    auto& exchange = *exchange_;
    exchange.attempt.call.cancel();
    if (!exchange.answer.is_head_sent)
        exchange.answer.status = 499; // NGINX's word for a client that left.
    if (exchange.failure.empty())
        exchange.failure = failure;
    record_only();
    await_nothing();
    context_.recycle(std::move(exchange_));
    client_.reset();
}

// The client -------------------------------------------------------------------------------------

void Handler::drained()
{
    if (awaited_ == Awaited::reader)
        await_nothing();
    if (exchange_)
        exchange_->attempt.call.resume();
}

void Handler::ended()
{
    if (!exchange_)
        return;
    has_ended_ = exchange_->is_suspended; // Whether it matters shows when the request goes on.
    if (!has_ended_ && (exchange_->attempt.call.is_under_way() || !exchange_->body.is_over))
        abort("client gone");
}

void Handler::gone()
{
    if (exchange_)
        abort("client gone");
}

void Handler::await(Awaited what)
{
    awaited_ = what;
    backlog_seen_ = client_.backlog();
    auto const& ports = context_.ports;
    ports.timers.arm(deadline_, ports.now.steady + context_.plan->timeouts().body);
}

void Handler::deadline_passed()
{
    if (!exchange_)
        return;
    if (auto const left = client_.backlog(); 0 < left && left < backlog_seen_)
        return await(awaited_); // The client reads, if slowly.
    if (awaited_ == Awaited::reader)
        return abort("client stalled");
    exchange_->answer.is_last = true;
    refuse_exchange(ErrorCode::bad_request, "The request did not arrive in time.", 408);
}

// The upstream's answer --------------------------------------------------------------------------

void Handler::call_interim(http::ResponseHead const& head)
{
    if (head.status != 100) // That was said when the request came.
        client_.interim(head);
}

void Handler::call_head(http::ResponseHead const& head)
{
    auto& exchange = *exchange_;
    auto const now = context_.ports.now.steady;
    auto const& attempt = exchange.attempt;
    observe_latency(
        exchange.route->target.service->states[attempt.endpoint], now - attempt.called_at, now);
    exchange.answer.upstream = &head;
    run();
    if (exchange_)
        exchange_->answer.upstream = nullptr;
}

void Handler::call_body(std::string_view bytes)
{
    exchange_->answer.bytes_out += bytes.size();
    client_.body(bytes);
    if (client_.backlog() > Gateway::backlog_high) {
        exchange_->attempt.call.pause();
        await(Awaited::reader);
    }
}

void Handler::call_end()
{
    run();
}

void Handler::call_failed(CallFailure failure)
{
    exchange_->failure = name_of(failure);
    if (failure == CallFailure::timeout)
        refuse_exchange(ErrorCode::unavailable, "The service did not answer in time.", 504);
    else
        refuse_exchange(ErrorCode::unavailable, "The service could not be reached.", 502);
}

void Handler::call_drained()
{
    if (!exchange_->body.is_over)
        await(Awaited::body);
    client_.read_on();
}

void Handler::call_upgraded(
    http::ResponseHead const& head, ConnectionId upstream, std::string_view leftover)
{
    answers::send_switch(*exchange_, head);
    record_only();
    context_.recycle(std::move(exchange_));
    auto const taken = client_.hand_over();
    open_tunnel(context_,
        {.client = taken.id,
            .upstream = upstream,
            .from_client = taken.leftover,
            .from_upstream = leftover});
}

} // namespace gatehouse::gateway
