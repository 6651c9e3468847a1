// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/client.hpp"
#include "gateway/context.hpp"
#include "gateway/upstream_call.hpp"
#include "http/parser.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

// The exchanges of one client, one after the other, whatever protocol it speaks: the client tells
// what it reads of a request, the pipeline decides, and the client is told what the answer is. Its
// trick is to be pulled: while it does not take the body, because an answer is still due or the
// upstream is congested, the client leaves it unread, and nothing piles up.
//
// Bound: one exchange at a time. Each progress of a body, and of a client that reads, is waited for
// TimeoutOptions::body long.
class Handler final : private CallListener, private Waiting {
public:
    Handler(Context& context, Client& client, Accepted const& how);

    // A request: `head` is lent until its exchange is over.
    void begin(http::RequestHead const& head);
    void body(std::string_view bytes);
    void end(); // The body is whole.
    // What stands in place of a request, or in a body, is none; or it does not come in time.
    void refuse(ErrorCode code, std::string_view message, int status);

    void drained(); // The client takes more of the answer.
    // The client says no more. A request that is not whole, or that an upstream works for, is given
    // up, as NGINX and Envoy do.
    void ended();
    void gone(); // The client is lost.

    [[nodiscard]] bool is_busy() const { return exchange_ != nullptr; }
    // Of the request under way.
    [[nodiscard]] bool takes_body() const;
    // More will be taken, but not now.
    [[nodiscard]] bool holds_back() const;

private:
    enum class Awaited : std::uint8_t { body, reader };

    void begin_exchange(http::RequestHead const* head);
    void run();
    void refuse_exchange(ErrorCode code, std::string_view message, int status);
    void abort(std::string_view failure);
    void record_only();
    void finish();
    void hand_over();

    void await(Awaited what);
    void await_nothing() { context_.ports.timers.cancel(deadline_); }
    void deadline_passed();

    void call_interim(http::ResponseHead const& head) override;
    void call_head(http::ResponseHead const& head) override;
    void call_body(std::string_view bytes) override;
    void call_end() override;
    void call_upgraded(
        http::ResponseHead const& head, ConnectionId upstream, std::string_view leftover) override;
    void call_failed(CallFailure failure) override;
    void call_drained() override;
    void go_on() override;

    Context& context_;
    Client& client_;
    Listener listener_;
    bool is_secure_;
    std::string peer_;
    std::shared_ptr<identity::Certificate const> certificate_; // The client's.
    std::unique_ptr<Exchange> exchange_; // Null between requests.
    Timer deadline_;
    Awaited awaited_ = Awaited::body;
    std::size_t backlog_seen_ = 0;
    bool has_ended_ = false; // While its request was suspended.
};

} // namespace gatehouse::gateway
