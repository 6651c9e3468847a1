// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"
#include "gateway/upstream_call.hpp"
#include "http/parser.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

// The HTTP/1.1 connection of a client: one request after the other, each an exchange on its way
// through the pipeline. Its trick is to pull: bytes that may not be read yet, because an answer is
// still due or the upstream is congested, stay unread and the socket is paused: nothing piles up.
//
// A client that sends its end while an upstream works for it counts as gone, as with NGINX and
// Envoy: the call is cancelled.
class Downstream final : public Connection, private CallListener, private Waiting {
public:
    Downstream(Context& context, ConnectionId id, Listener listener, std::string_view peer);
    ~Downstream() override;

    void received(std::string_view bytes) override;
    void drained() override;
    void ended() override;
    void closed(CloseReason reason) override;
    void drain() override;

private:
    // What the deadline is for.
    enum class Awaited : std::uint8_t { request, head, body, reader };

    void read(std::string_view input);
    void read_step(std::string_view& input, http::Step step);
    void begin_head();
    void read_unread();
    [[nodiscard]] bool may_read() const;
    void keep_unread(std::string_view rest);

    void begin(http::RequestHead const* head);
    void take_body(std::string_view bytes);
    void end_body(std::string_view leftover);
    void ask_local();
    void hand_over(std::string_view leftover);
    [[nodiscard]] Asker asker() const;
    void local_answered(std::uint64_t exchange_number, http::Response answer);

    void run();
    void refuse(ErrorCode code, std::string_view message, int status);
    void refuse_malformed();
    void refuse_unread(ErrorCode code, std::string_view message, int status);
    void finish();
    void abort(std::string_view failure);
    void leave();
    void close();

    void await(Awaited what);
    void deadline_passed();
    void send(std::string_view bytes) { context_.ports.wire.send(id_, bytes); }
    [[nodiscard]] std::size_t backlog() const { return context_.ports.wire.backlog(id_); }

    void call_interim(http::ResponseHead const& head) override;
    void call_head(http::ResponseHead const& head) override;
    void call_body(std::string_view bytes) override;
    void call_end() override;
    void call_upgraded(http::ResponseHead const& head, ConnectionId upstream,
        std::string_view leftover) override;
    void call_failed(CallFailure failure) override;
    void call_drained() override;
    void go_on() override;

    Context& context_;
    ConnectionId id_;
    Listener listener_;
    std::string peer_;
    http::RequestParser parser_;
    std::unique_ptr<Exchange> exchange_; // Null between requests, and while a body is dropped.
    std::uint64_t exchanges_ = 0;
    std::shared_ptr<Downstream*> self_;  // For answers that may come after the connection's end.
    std::string unread_;
    std::size_t unread_at_ = 0;
    Timer deadline_;
    Awaited awaited_ = Awaited::request;
    std::size_t backlog_seen_ = 0;
    bool is_in_request_ = false; // From the end of a head to the end of its body.
    bool is_in_head_ = false;
    bool is_reading_ = false;
    bool is_paused_ = false;
    bool has_ended_ = false; // While its request was suspended.
    bool is_over_ = false;   // Closed, or somebody else's.
};

}  // namespace gatehouse::gateway
