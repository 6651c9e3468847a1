// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/timers.hpp"
#include "gateway/upstream_pool.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

enum class CallFailure : std::uint8_t {
    connect,   // Refused, or not there within connect_timeout.
    reset,     // Closed before the answer was whole.
    timeout,   // No byte within the timeout.
    malformed, // Not HTTP.
};

[[nodiscard]] std::string_view name_of(CallFailure failure);

// Who called. Heads and bytes are lent for the length of the call.
class CallListener {
public:
    virtual ~CallListener() = default;
    virtual void call_interim(http::ResponseHead const& head) = 0; // 1xx
    virtual void call_head(http::ResponseHead const& head) = 0;
    virtual void call_body(std::string_view bytes) = 0;
    virtual void call_end() = 0; // The answer is whole.
    // 101: the connection is now the listener's, and `leftover` has come already.
    virtual void call_upgraded(
        http::ResponseHead const& head, ConnectionId upstream, std::string_view leftover)
        = 0;
    virtual void call_failed(CallFailure failure) = 0;
    virtual void call_drained() = 0; // The upstream takes more of the body.
};

struct CallOptions {
    std::shared_ptr<Service> service;
    std::size_t endpoint;
    std::string_view method; // Lent until the call is over.
    http::Framing framing;   // Of the request's body.
    bool wants_upgrade; // To WebSocket.
    Duration timeout;
};

// One request to one endpoint, and its answer. The request is streamed; the answer may begin before
// its end. If the connection was a kept one that the upstream closed meanwhile, the request goes
// out once more on a fresh one: only if its method is idempotent (RFC 9110 §9.2.2), and what was
// sent of it is not more than `resend_max`.
//
// Idle, it can be used again; its buffers stay.
class UpstreamCall {
public:
    static constexpr std::size_t resend_max = 64 * 1024;

    explicit UpstreamCall(UpstreamPool& pool);

    // The buffer for the head, to be written before `start`.
    [[nodiscard]] std::string& head()
    {
        sent_.clear();
        return sent_;
    }
    void start(CallOptions options, CallListener& listener);
    void body(std::string_view bytes);
    void end(); // The request is whole.

    // No more of the answer for the moment.
    void pause();
    void resume();
    // The caller has lost interest: the listener hears nothing more.
    void cancel();

    [[nodiscard]] bool is_under_way() const { return connection_ != nullptr; }
    // The upstream does not take what it was sent.
    [[nodiscard]] bool is_congested() const;
    // All was sent, so that the connection can be used again after the answer.
    [[nodiscard]] bool is_sent() const { return is_sent_; }

private:
    friend class UpstreamConnection;

    void connect(UpstreamPool::From from);
    void send(std::string_view bytes);
    void watch();
    void time_out();
    void finish();

    // From the connection.
    void connected() { watch(); }
    void drained();
    void interim(http::ResponseHead const& head);
    void answered(http::ResponseHead const& head);
    void received(std::string_view bytes);
    void completed();
    void upgraded(http::ResponseHead const& head, std::string_view leftover);
    void lost(CallFailure failure);

    UpstreamPool& pool_;
    CallListener* listener_ = nullptr;
    UpstreamConnection* connection_ = nullptr; // Null while idle.
    CallOptions options_{};
    Timer timer_;
    std::string sent_;  // To be sent again, as long as that may be.
    std::string chunk_; // Scratch.
    bool may_resend_ = false;
    bool is_sent_ = false;
    bool is_paused_ = false;
};

}  // namespace gatehouse::gateway
