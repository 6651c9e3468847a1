// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/handler.hpp"
#include "http/parser.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

// The HTTP/1.1 connection of a client: what comes in is read as requests, one after the other, and
// what its handler answers is written. Bytes that the handler does not take yet stay unread, and
// the socket is paused meanwhile.
class Http1Client final : public Connection, private Client {
public:
    Http1Client(Context& context, ConnectionId id, Accepted const& how);

    void received(std::string_view bytes) override;
    void drained() override;
    void ended() override;
    void closed(CloseReason reason) override;
    void drain() override;

private:
    // What the deadline is for: a request's first byte, the end of its head, or, when it was
    // answered without its body, the rest of that.
    enum class Awaited : std::uint8_t { request, head, rest };

    void read(std::string_view input);
    void read_step(http::Step step);
    void begin_head();
    void begin_request();
    void end_request();
    void refuse_malformed();
    [[nodiscard]] bool may_read() const;
    void keep_unread(std::string_view rest);

    void leave();
    void close();
    void await(Awaited what);
    void await_nothing() { context_.ports.timers.cancel(deadline_); }
    void deadline_passed();

    void interim(http::ResponseHead const& head) override;
    void head(AnswerHead const& head) override;
    void body(std::string_view bytes) override;
    void body(Frame bytes) override { context_.ports.wire.send(id_, std::move(bytes)); }
    void end() override;
    void reset() override;
    [[nodiscard]] HandedOver hand_over() override;
    [[nodiscard]] ConnectionId connection() const override { return id_; }
    void read_on() override;
    [[nodiscard]] std::size_t backlog() const override { return context_.ports.wire.backlog(id_); }

    [[nodiscard]] bool must_close(AnswerHead const& head) const;
    [[nodiscard]] http::Framing framing_of(AnswerHead const& head) const;
    void send(std::string_view bytes) { context_.ports.wire.send(id_, bytes); }

    Context& context_;
    ConnectionId id_;
    Handler handler_;
    http::RequestParser parser_;
    http::RequestHead const* request_ = nullptr; // That is being answered. Null: a malformed one.
    std::string unread_;
    std::size_t unread_at_ = 0;
    std::string_view* reading_ = nullptr; // What is left of what is being read at the moment.
    Timer deadline_;
    Awaited awaited_ = Awaited::request;
    std::size_t backlog_seen_ = 0;
    http::Framing framing_ = http::Framing::none; // Of the answer.
    bool closes_ = false;                         // After the answer: no request follows.
    bool is_in_request_ = false;                  // From the end of a head to the end of its body.
    bool is_in_head_ = false;
    bool is_paused_ = false;
    bool is_over_ = false; // Closed, or somebody else's.
};

} // namespace gatehouse::gateway
