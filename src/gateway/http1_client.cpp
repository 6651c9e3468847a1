// SPDX-License-Identifier: Apache-2.0
#include "gateway/http1_client.hpp"

#include "gateway/gateway.hpp"
#include "http/writer.hpp"

#include <utility>

namespace gatehouse::gateway {

using http::Framing;
using http::Step;

namespace {

// What is left of a body is read and dropped up to here; a longer rest costs the connection.
constexpr std::uint64_t body_rest_max = 64 * 1024;

} // namespace

Http1Client::Http1Client(Context& context, ConnectionId id, Accepted const& how)
    : context_(context)
    , id_(id)
    , handler_(context, *this, how)
    , deadline_([this] { deadline_passed(); })
{
    context_.open.add(1);
    await(Awaited::request);
}

// Reading ----------------------------------------------------------------------------------------

void Http1Client::received(std::string_view bytes)
{
    if (unread_.empty())
        read(bytes);
    else
        unread_ += bytes; // What was on its way when the socket was paused.
}

bool Http1Client::may_read() const
{
    if (is_over_)
        return false;
    if (handler_.is_busy())
        return handler_.takes_body();
    return is_in_request_ || backlog() <= Gateway::backlog_high;
}

void Http1Client::read(std::string_view input)
{
    reading_ = &input;
    while (may_read()) {
        bool const has_more = !input.empty();
        auto const step = parser_.next(input);
        if (step == Step::need_more) {
            if (has_more && !is_in_request_)
                begin_head();
            break;
        }
        read_step(step);
    }
    reading_ = nullptr;
    if (!is_over_)
        keep_unread(input);
}

void Http1Client::read_step(Step step)
{
    switch (step) {
    case Step::need_more: break;
    case Step::head: begin_request(); break;
    case Step::body: handler_.body(parser_.body()); break;
    case Step::end: end_request(); break;
    case Step::error: refuse_malformed(); break;
    }
}

// The rest waits while reading is not allowed, and with it the socket.
void Http1Client::keep_unread(std::string_view rest)
{
    bool const waits = !rest.empty() || handler_.holds_back();
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

void Http1Client::read_on()
{
    if (!reading_ && may_read())
        read(std::string_view(unread_).substr(unread_at_));
}

// Once per head, however many pieces it comes in.
void Http1Client::begin_head()
{
    if (!std::exchange(is_in_head_, true))
        await(Awaited::head);
}

void Http1Client::begin_request()
{
    is_in_head_ = false;
    is_in_request_ = true;
    await_nothing();
    request_ = &parser_.head();
    handler_.begin(*request_);
    if (handler_.is_busy() && request_->expects_continue && request_->framing != Framing::none)
        send("HTTP/1.1 100 Continue\r\n\r\n");
}

void Http1Client::end_request()
{
    is_in_request_ = false;
    if (handler_.is_busy())
        handler_.end();
    else
        await(Awaited::request);
}

// Nobody can tell where the next request would begin.
void Http1Client::refuse_malformed()
{
    auto const& error = parser_.error();
    if (!handler_.is_busy() && is_in_request_)
        return close(); // It was answered already.
    handler_.refuse(error.code, error.why, error.status);
}

// The connection ---------------------------------------------------------------------------------

void Http1Client::leave()
{
    is_over_ = true;
    await_nothing();
    context_.open.add(-1);
    context_.connections.forget(id_);
}

void Http1Client::close()
{
    context_.ports.wire.close(id_);
    leave();
}

void Http1Client::drained()
{
    if (is_over_)
        return;
    handler_.drained();
    read_on();
}

void Http1Client::ended()
{
    if (is_over_)
        return;
    if (!handler_.is_busy())
        return close();
    closes_ = true; // If the answer is nearly there, let it be read.
    handler_.ended();
}

void Http1Client::closed(CloseReason)
{
    if (is_over_)
        return;
    handler_.gone();
    if (!is_over_)
        leave();
}

void Http1Client::drain()
{
    if (!handler_.is_busy() && !is_in_request_ && !is_in_head_)
        close();
}

void Http1Client::await(Awaited what)
{
    auto const& timeouts = context_.plan->timeouts();
    auto const time = what == Awaited::request ? timeouts.idle
        : what == Awaited::head                ? timeouts.head
                                               : timeouts.body;
    awaited_ = what;
    backlog_seen_ = backlog();
    context_.ports.timers.arm(deadline_, context_.ports.now.steady + time);
}

void Http1Client::deadline_passed()
{
    auto const left = backlog();
    if (awaited_ != Awaited::head && 0 < left && left < backlog_seen_)
        return await(awaited_); // The client reads, if slowly.
    if (awaited_ == Awaited::head)
        return handler_.refuse(ErrorCode::bad_request, "The request did not arrive in time.", 408);
    if (left > 0)
        context_.ports.wire.reset(id_); // Nobody reads what would be sent first.
    close();
}

// Answers ----------------------------------------------------------------------------------------

bool Http1Client::must_close(AnswerHead const& answer) const
{
    if (!request_ || !request_->keeps_alive || answer.is_last || context_.is_draining)
        return true;
    if (!is_in_request_ || request_->framing == Framing::none)
        return false;
    // Who waits for 100 Continue may send the body or not: nobody could tell what comes next.
    return request_->expects_continue || request_->framing == Framing::chunked
        || request_->content_length > body_rest_max;
}

// How the client gets to know where the body ends. A body whose length nobody knows is chunked, and
// for HTTP/1.0 lasts until the connection is closed.
Framing Http1Client::framing_of(AnswerHead const& answer) const
{
    bool const is_old = request_ && request_->minor_version == 0;
    return answer.framing == Framing::chunked && is_old ? Framing::until_close : answer.framing;
}

void Http1Client::interim(http::ResponseHead const& head)
{
    if (request_->minor_version == 0)
        return; // HTTP/1.0 knows no interim answers (RFC 9110 §15.2).
    auto& text = context_.scratch;
    text.clear();
    http::HeadWriter(text).response(head.status).forward(head.headers).end();
    send(text);
}

void Http1Client::head(AnswerHead const& answer)
{
    framing_ = framing_of(answer);
    closes_ |= framing_ == Framing::until_close || must_close(answer);
    auto& text = context_.scratch;
    text.clear();
    http::HeadWriter out(text);
    out.response(answer.status, answer.reason).fields(answer.fields);
    if (answer.status == 101)
        out.upgrade("websocket");
    else if (closes_)
        out.close();
    else if (request_->minor_version == 0)
        out.field("Connection", "keep-alive");
    out.framing(answer.tells_length ? Framing::length : framing_, answer.length).end();
    send(text);
}

void Http1Client::body(std::string_view bytes)
{
    if (framing_ == Framing::chunked) {
        context_.scratch.clear();
        http::append_chunk(context_.scratch, bytes);
        bytes = context_.scratch;
    }
    send(bytes);
}

void Http1Client::end()
{
    if (framing_ == Framing::chunked) {
        context_.scratch.clear();
        http::append_last_chunk(context_.scratch);
        send(context_.scratch);
    }
    request_ = nullptr;
    if (closes_)
        return close();
    await(is_in_request_ ? Awaited::rest : Awaited::request);
    read_on();
}

void Http1Client::reset()
{
    context_.ports.wire.reset(id_);
    leave();
}

HandedOver Http1Client::hand_over()
{
    leave();
    if (is_paused_) // It waited for its limit, say; whoever takes it wants to hear.
        context_.ports.wire.resume(id_);
    return {
        .id = id_, .leftover = reading_ ? *reading_ : std::string_view(unread_).substr(unread_at_)};
}

} // namespace gatehouse::gateway
