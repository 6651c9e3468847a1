// SPDX-License-Identifier: Apache-2.0
#include "gateway/downstream.hpp"

#include "gateway/gateway.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/tunnel.hpp"
#include "http/writer.hpp"

#include <utility>

namespace gatehouse::gateway {

using http::Framing;
using http::Step;

Downstream::Downstream(
    Context& context, ConnectionId id, Listener listener, std::string_view peer)
    : context_(context)
    , id_(id)
    , listener_(listener)
    , peer_(peer)
    , deadline_([this] { deadline_passed(); })
{
    context_.open.add(1);
    await(Awaited::request);
}

Downstream::~Downstream() = default;

// Reading ----------------------------------------------------------------------------------------

void Downstream::received(std::string_view bytes)
{
    if (unread_.empty())
        read(bytes);
    else
        unread_ += bytes; // What was on its way when the socket was paused.
}

bool Downstream::may_read() const
{
    if (is_over_)
        return false;
    if (exchange_)
        return !exchange_->is_suspended && !exchange_->is_body_over
            && !exchange_->call.is_congested();
    return is_in_request_ || backlog() <= Gateway::backlog_high;
}

void Downstream::read(std::string_view input)
{
    is_reading_ = true;
    while (may_read()) {
        bool const has_more = !input.empty();
        auto const step = parser_.next(input);
        if (step == Step::need_more) {
            if (has_more && !is_in_request_)
                begin_head();
            break;
        }
        read_step(input, step);
    }
    is_reading_ = false;
    if (!is_over_)
        keep_unread(input);
}

void Downstream::read_step(std::string_view& input, Step step)
{
    switch (step) {
    case Step::need_more: break;
    case Step::head:
        is_in_head_ = false;
        is_in_request_ = true;
        begin(&parser_.head());
        break;
    case Step::body: take_body(parser_.body()); break;
    case Step::end:
        is_in_request_ = false;
        end_body(input);
        break;
    case Step::error: refuse_malformed(); break;
    }
}

// The rest waits while reading is not allowed, and with it the socket.
void Downstream::keep_unread(std::string_view rest)
{
    bool const waits = !rest.empty()
        || (exchange_ && (exchange_->is_suspended || exchange_->call.is_congested()));
    if (rest.empty())
        unread_.clear();
    else if (unread_.empty())
        unread_ = rest;
    unread_at_ = unread_.size() - rest.size();
    if (waits != is_paused_) {
        is_paused_ = waits;
        if (waits)
            context_.ports.wire.pause(id_);
        else
            context_.ports.wire.resume(id_);
    }
}

void Downstream::read_unread()
{
    if (!is_reading_ && may_read())
        read(std::string_view(unread_).substr(unread_at_));
}

// Once per head, however many pieces it comes in.
void Downstream::begin_head()
{
    if (!std::exchange(is_in_head_, true))
        await(Awaited::head);
}

// The request ------------------------------------------------------------------------------------

void Downstream::begin(http::RequestHead const* head)
{
    exchange_ = context_.new_exchange();
    exchanges_++;
    auto& exchange = *exchange_;
    exchange.begin(context_.plan);
    exchange.client = id_;
    exchange.listener = listener_;
    exchange.head = head;
    exchange.caller = this;
    exchange.waiting = this;
    exchange.transport_peer = peer_;
    exchange.began_at = context_.ports.now.steady;
    if (!head)
        return;
    run();
    if (!exchange_ || head->framing == Framing::none)
        return;
    await(Awaited::body);
    if (head->expects_continue)
        send("HTTP/1.1 100 Continue\r\n\r\n");
}

void Downstream::take_body(std::string_view bytes)
{
    if (!exchange_)
        return; // The answer went out without it.
    auto& exchange = *exchange_;
    exchange.bytes_in += bytes.size();
    if (exchange.bytes_in > exchange.route->body_max)
        return refuse(ErrorCode::too_large, "The body is too large.", 0);
    await(Awaited::body);
    if (exchange.delivery != Delivery::stream) {
        exchange.collected += bytes;
        return;
    }
    exchange.call.body(bytes);
    if (exchange.call.is_congested())
        context_.ports.timers.cancel(deadline_); // It is not the client that is slow.
}

void Downstream::end_body(std::string_view leftover)
{
    if (!exchange_)
        return await(Awaited::request);
    exchange_->is_body_over = true;
    context_.ports.timers.cancel(deadline_);
    switch (exchange_->delivery) {
    case Delivery::discard: break;
    case Delivery::stream: exchange_->call.end(); break;
    case Delivery::collect: ask_local(); break;
    case Delivery::hand_over: hand_over(leftover); break;
    }
}

Asker Downstream::asker() const
{
    auto const& exchange = *exchange_;
    return {.peer = exchange.peer,
        .principal = exchange.principal ? &*exchange.principal : nullptr,
        .request_id = exchange.request_id,
        .traceparent = exchange.traceparent,
        .listener = listener_};
}

void Downstream::ask_local()
{
    if (!self_)
        self_ = std::make_shared<Downstream*>(this);
    auto const& exchange = *exchange_;
    LocalRequest const request{.target = exchange.route->options->target,
        .head = *exchange.head,
        .body = exchange.collected,
        .asker = asker()};
    context_.ports.local.answer(request,
        [self = std::weak_ptr(self_), number = exchanges_](http::Response answer) {
            if (auto const still_there = self.lock())
                (*still_there)->local_answered(number, std::move(answer));
        });
}

void Downstream::go_on()
{
    run();
    read_unread();
    if (has_ended_)
        ended();
}

void Downstream::local_answered(std::uint64_t exchange_number, http::Response answer)
{
    if (is_over_ || !exchange_ || exchange_number != exchanges_)
        return;
    exchange_->answer = std::move(answer);
    run();
}

void Downstream::hand_over(std::string_view leftover)
{
    auto& exchange = *exchange_;
    exchange.status = exchange.head->wants_upgrade ? 101 : 200;
    skip_to_record(exchange);
    static_cast<void>(proceed(exchange, context_));
    leave();
    if (is_paused_) // It waited for its limit; whoever takes it wants to hear.
        context_.ports.wire.resume(id_);
    context_.ports.local.upgrade(id_, *exchange.head, asker(), leftover);
    context_.recycle(std::move(exchange_));
}

// The end of an exchange -------------------------------------------------------------------------

void Downstream::run()
{
    if (proceed(*exchange_, context_))
        finish();
}

void Downstream::refuse(ErrorCode code, std::string_view message, int status)
{
    exchange_->call.cancel();
    if (exchange_->is_head_sent)
        return abort(message);
    exchange_->delivery = Delivery::discard;
    exchange_->refuse(code, message, status);
    skip_to_shape(*exchange_);
    run();
}

// Nobody can tell where the next request would begin.
void Downstream::refuse_malformed()
{
    auto const& error = parser_.error();
    if (!exchange_ && is_in_request_)
        return close(); // It was answered already.
    if (!exchange_)
        return refuse_unread(error.code, error.why, error.status);
    exchange_->closes = true;
    exchange_->failure = error.why;
    refuse(error.code, error.why, error.status);
}

// What has no head goes the way of all exchanges, so it has an id and is recorded.
void Downstream::refuse_unread(ErrorCode code, std::string_view message, int status)
{
    begin(nullptr);
    exchange_->failure = message;
    exchange_->refuse(code, message, status);
    run();
}

void Downstream::finish()
{
    bool const closes = exchange_->closes;
    context_.recycle(std::move(exchange_));
    if (closes)
        return close();
    await(is_in_request_ ? Awaited::body : Awaited::request);
    read_unread();
}

// The answer can't be completed: the client must not take it for whole.
void Downstream::abort(std::string_view failure)
{
    exchange_->call.cancel();
    if (!exchange_->is_head_sent)
        exchange_->status = 499; // NGINX's word for a client that left.
    if (exchange_->failure.empty())
        exchange_->failure = failure;
    skip_to_record(*exchange_);
    static_cast<void>(proceed(*exchange_, context_));
    context_.recycle(std::move(exchange_));
    context_.ports.wire.reset(id_);
    leave();
}

void Downstream::leave()
{
    is_over_ = true;
    self_.reset();
    context_.ports.timers.cancel(deadline_);
    context_.open.add(-1);
    context_.connections.forget(id_);
}

void Downstream::close()
{
    context_.ports.wire.close(id_);
    leave();
}

// The connection ---------------------------------------------------------------------------------

void Downstream::drained()
{
    if (is_over_)
        return;
    if (awaited_ == Awaited::reader)
        context_.ports.timers.cancel(deadline_);
    if (exchange_)
        exchange_->call.resume();
    read_unread();
}

void Downstream::ended()
{
    if (is_over_)
        return;
    if (!exchange_)
        return close();
    if (exchange_->is_suspended) {
        has_ended_ = true; // Whether that matters shows when the request goes on.
        return;
    }
    if (exchange_->call.is_under_way() || !exchange_->is_body_over)
        return abort("client gone");
    exchange_->closes = true; // The answer is nearly there: let it be read.
}

void Downstream::closed(CloseReason)
{
    if (is_over_)
        return;
    if (exchange_)
        abort("client gone");
    else
        leave();
}

void Downstream::drain()
{
    if (!exchange_ && !is_in_request_ && !is_in_head_)
        close();
}

void Downstream::await(Awaited what)
{
    auto const& timeouts = context_.plan->timeouts();
    auto const time = what == Awaited::request ? timeouts.idle
        : what == Awaited::head                ? timeouts.head
                                               : timeouts.body;
    awaited_ = what;
    backlog_seen_ = backlog();
    context_.ports.timers.arm(deadline_, context_.ports.now.steady + time);
}

void Downstream::deadline_passed()
{
    if (auto const left = backlog(); awaited_ != Awaited::head && 0 < left && left < backlog_seen_)
        return await(awaited_); // The client reads, if slowly.
    constexpr std::string_view late = "The request did not arrive in time.";
    if (exchange_ && awaited_ == Awaited::reader)
        return abort("client stalled");
    if (exchange_) {
        exchange_->closes = true;
        return refuse(ErrorCode::bad_request, late, 408);
    }
    if (awaited_ == Awaited::head)
        return refuse_unread(ErrorCode::bad_request, late, 408);
    if (backlog() > 0)
        context_.ports.wire.reset(id_); // Nobody reads what would be sent first.
    close();
}

// The upstream's answer --------------------------------------------------------------------------

void Downstream::call_interim(http::ResponseHead const& head)
{
    // 100 was said when the request came; HTTP/1.0 knows no interim answers (RFC 9110 §15.2).
    if (head.status == 100 || exchange_->head->minor_version == 0)
        return;
    auto& text = context_.scratch;
    text.clear();
    http::HeadWriter(text).response(head.status).forward(head.headers).end();
    send(text);
}

void Downstream::call_head(http::ResponseHead const& head)
{
    auto const& ports = context_.ports;
    observe_latency(exchange_->route->service->states[exchange_->endpoint],
        ports.now.steady - exchange_->called_at, ports.now.steady);
    exchange_->upstream = &head;
    run();
    if (exchange_)
        exchange_->upstream = nullptr;
}

void Downstream::call_body(std::string_view bytes)
{
    exchange_->bytes_out += bytes.size();
    if (exchange_->framing == Framing::chunked) {
        context_.scratch.clear();
        http::append_chunk(context_.scratch, bytes);
        bytes = context_.scratch;
    }
    send(bytes);
    if (backlog() > Gateway::backlog_high) {
        exchange_->call.pause();
        await(Awaited::reader);
    }
}

void Downstream::call_end()
{
    if (exchange_->framing == Framing::chunked) {
        context_.scratch.clear();
        http::append_last_chunk(context_.scratch);
        send(context_.scratch);
    }
    run();
}

void Downstream::call_failed(CallFailure failure)
{
    exchange_->failure = name_of(failure);
    if (failure == CallFailure::timeout)
        refuse(ErrorCode::unavailable, "The service did not answer in time.", 504);
    else
        refuse(ErrorCode::unavailable, "The service could not be reached.", 502);
}

void Downstream::call_drained()
{
    if (!exchange_->is_body_over)
        await(Awaited::body);
    read_unread();
}

void Downstream::call_upgraded(
    http::ResponseHead const& head, ConnectionId upstream, std::string_view leftover)
{
    auto& text = context_.scratch;
    text.clear();
    http::HeadWriter(text).response(101).forward(head.headers)
        .field("X-Request-Id", exchange_->request_id).upgrade("websocket").end();
    send(text);
    exchange_->status = 101;
    skip_to_record(*exchange_);
    static_cast<void>(proceed(*exchange_, context_));
    context_.recycle(std::move(exchange_));
    leave();
    open_tunnel(context_,
        {.client = id_,
            .upstream = upstream,
            .from_client = std::string_view(unread_).substr(unread_at_),
            .from_upstream = leftover});
}

}  // namespace gatehouse::gateway
