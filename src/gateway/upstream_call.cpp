// SPDX-License-Identifier: Apache-2.0
#include "gateway/upstream_call.hpp"

#include "base/assert.hpp"
#include "gateway/gateway.hpp"
#include "gateway/tunnel.hpp"
#include "http/writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::gateway {
namespace {

// RFC 9110 §9.2.2
bool is_idempotent(std::string_view method)
{
    static constexpr std::array<std::string_view, 6> methods{
        "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    return std::ranges::find(methods, method) != methods.end();
}

}  // namespace

std::string_view name_of(CallFailure failure)
{
    switch (failure) {
    case CallFailure::connect: return "connect";
    case CallFailure::reset: return "reset";
    case CallFailure::timeout: return "timeout";
    case CallFailure::malformed: return "malformed";
    }
    std::unreachable();
}

UpstreamCall::UpstreamCall(UpstreamPool& pool)
    : pool_(pool)
    , timer_([this] { time_out(); })
{
}

void UpstreamCall::start(CallOptions options, CallListener& listener)
{
    GH_ASSERT(!is_under_way());
    options_ = std::move(options);
    listener_ = &listener;
    is_sent_ = options_.framing == http::Framing::none;
    is_paused_ = false;
    may_resend_ = is_idempotent(options_.method);
    options_.service->states[options_.endpoint].in_flight++;
    connect(UpstreamPool::From::pool);
}

// All that was written of the request so far goes out.
void UpstreamCall::connect(UpstreamPool::From from)
{
    connection_ = &pool_.take(options_.service, options_.endpoint, from);
    connection_->serve(*this, options_.method);
    pool_.ports().wire.send(connection_->id(), sent_);
    if (connection_->is_connected())
        watch();
    else
        pool_.ports().timers.arm(
            timer_, pool_.ports().now.steady + options_.service->options.connect_timeout);
}

void UpstreamCall::body(std::string_view bytes)
{
    if (!is_under_way())
        return;
    if (options_.framing == http::Framing::chunked) {
        chunk_.clear();
        http::append_chunk(chunk_, bytes);
        bytes = chunk_;
    }
    send(bytes);
}

void UpstreamCall::end()
{
    if (!is_under_way() || is_sent_)
        return;
    is_sent_ = true;
    if (options_.framing == http::Framing::chunked) {
        chunk_.clear();
        http::append_last_chunk(chunk_);
        send(chunk_);
    }
    watch();
}

void UpstreamCall::send(std::string_view bytes)
{
    may_resend_ = may_resend_ && sent_.size() + bytes.size() <= resend_max;
    if (may_resend_)
        sent_ += bytes;
    pool_.ports().wire.send(connection_->id(), bytes);
    watch();
}

bool UpstreamCall::is_congested() const
{
    return is_under_way()
        && pool_.ports().wire.backlog(connection_->id()) > Gateway::backlog_high;
}

// The upstream has `timeout` for its next byte, where the next byte is up to it.
void UpstreamCall::watch()
{
    auto const& ports = pool_.ports();
    if (!connection_->is_connected())
        return; // The time to connect runs.
    if (!is_paused_ && (is_sent_ || is_congested()))
        ports.timers.arm(timer_, ports.now.steady + options_.timeout);
    else
        ports.timers.cancel(timer_);
}

void UpstreamCall::time_out()
{
    auto const failure
        = connection_->is_connected() ? CallFailure::timeout : CallFailure::connect;
    may_resend_ = false;
    lost(failure);
}

void UpstreamCall::pause()
{
    if (!is_under_way() || std::exchange(is_paused_, true))
        return;
    pool_.ports().wire.pause(connection_->id());
    watch();
}

void UpstreamCall::resume()
{
    if (!is_under_way() || !std::exchange(is_paused_, false))
        return;
    pool_.ports().wire.resume(connection_->id());
    watch();
}

void UpstreamCall::cancel()
{
    if (!is_under_way())
        return;
    connection_->abandon();
    finish();
}

void UpstreamCall::finish()
{
    options_.service->states[options_.endpoint].in_flight--;
    options_.service.reset();
    connection_ = nullptr;
    pool_.ports().timers.cancel(timer_);
}

void UpstreamCall::drained()
{
    watch();
    listener_->call_drained();
}

void UpstreamCall::interim(http::ResponseHead const& head)
{
    watch();
    listener_->call_interim(head);
}

void UpstreamCall::answered(http::ResponseHead const& head)
{
    watch();
    listener_->call_head(head);
}

void UpstreamCall::received(std::string_view bytes)
{
    watch();
    listener_->call_body(bytes);
}

void UpstreamCall::completed()
{
    finish();
    listener_->call_end();
}

void UpstreamCall::upgraded(http::ResponseHead const& head, std::string_view leftover)
{
    if (!options_.wants_upgrade || !is_websocket(head.headers)) // RFC 9110 §7.8
        return lost(CallFailure::malformed);
    auto const id = connection_->id();
    finish();
    listener_->call_upgraded(head, id, leftover);
}

void UpstreamCall::lost(CallFailure failure)
{
    bool const again = failure == CallFailure::reset && may_resend_ && connection_->may_be_stale();
    connection_->abandon();
    if (again) {
        may_resend_ = false;
        return connect(UpstreamPool::From::dial);
    }
    finish();
    listener_->call_failed(failure);
}

}  // namespace gatehouse::gateway
