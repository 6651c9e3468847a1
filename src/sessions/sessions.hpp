// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timers.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "sessions/ports.hpp"
#include "sessions/session.hpp"
#include "sessions/translator.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::sessions {

struct Options {
    Milliseconds hello_within{5'000};
    Milliseconds heartbeat{2'000};
    Milliseconds dead{4'500};
    Milliseconds stream_heartbeat{10'000}; // Each answer to it is a request of its own.
    Milliseconds stream_dead{25'000};
    Milliseconds closing_within{10'000}; // Then the socket is cut.
    Milliseconds resumable{120'000};
    std::size_t message_bytes_max = 64 * 1024;
    std::size_t batch_messages_max = 64;
    std::size_t messages_per_second = 50;
    std::size_t refusals_in_a_row_max = 200; // Of the rate limit; then the connection is closed.
    std::size_t in_flight_max = 16;          // Actions without an answer, per room.
    std::size_t rooms_max = 16;              // Per session.
    std::size_t sessions_max = 100'000;      // Per shard; beyond it: 4100 overloaded.
    std::size_t resumable_max = 100'000;     // Without a connection; the oldest are forgotten.
    std::size_t kernel_backlog_max = 64 * 1024; // Beyond it messages wait here.
    std::size_t outbox_bytes_max = 256 * 1024;  // Beyond it updates collapse.
    std::size_t outbox_messages_max = 512;
    std::size_t outbox_bytes_hard_max = 1024 * 1024; // Beyond it: 4204 slow.
    Milliseconds clogged_max{20'000}; // So long without taking a byte: 4204, too.
};

// Who is connected to the rooms, on one shard: WebSocket bytes or posts in, room requests out, and
// back (PROTOCOL.md). The stages of what a client sends:
//     session_receive.cpp  frames and posts → messages; rate limit; hello
//     session_rooms.cpp    join, act, leave; what rooms answer
//     session_outbox.cpp   what waits for a slow client, and what collapses
//     session_life.cpp     heartbeats, coming back, going away
class Sessions {
public:
    struct Ports {
        Wire& wire;
        RoomDoor& rooms;
        Login& login;
        Claims& claims;
        Timers& timers;
        Dice& dice;
        Now const& now; // The instant of this turn.
        observe::Metrics& metrics;
        observe::Log& log;
        ShardIndex shard;
    };

    Sessions(Options options, Ports ports);
    ~Sessions();

    // The WebSocket handshake was answered, or the head of an event stream was sent.
    // Who says hello there comes by one of these ways (ports.hpp).
    void opened(ConnectionId id, std::string_view peer, std::string_view request_id,
        Dialect dialect, Ways const* ways = nullptr);
    void received(ConnectionId id, std::span<char> bytes);
    // What came of a post for an event stream: taken also means that it was taken before.
    enum class Posted : std::uint8_t { taken, unknown_stream, far_ahead, too_large };
    [[nodiscard]] Posted posted(
        std::string_view stream, std::uint64_t number, std::string_view text);
    void drained(ConnectionId id);
    void closed(ConnectionId id);
    [[nodiscard]] bool knows(ConnectionId id) const { return sessions_.contains(id); }

    // From a room, wherever it lives.
    void deliver(rooms::Delivery const& delivery);

    // Somebody came back, perhaps on another shard: is it this shard's session, and theirs?
    [[nodiscard]] bool take(Claim const& claim);

    // Tells everybody to come back later or elsewhere.
    void go_away(std::string_view why, Milliseconds in);
    // Closes all with 1012: they reconnect at once, with jitter.
    void close_all();
    [[nodiscard]] std::size_t size() const { return sessions_.size(); }

private:
    struct Parked {
        std::string token;
        std::string principal;
        TimePoint until;
    };

    // receive
    void hear(Session& session);
    void handle(Session& session, std::string_view text);
    void handle(Session& session, json::Node message);
    void refuse_frame(Session& session, ErrorCode code, std::string_view message);
    void hello(Session& session, json::Node message);
    void introduce(Session& session, std::string_view token, std::optional<Claim> claim);
    void redeem(Session& session, std::string_view ticket, std::optional<Claim> claim);
    void arrive(Session& session, Result<identity::Verified> login, std::optional<Claim> claim);
    void welcome(Session& session, bool resumed);
    [[nodiscard]] bool passes_rate_limit(
        Session& session, std::optional<std::uint64_t> id = {}, std::string_view room = {});

    // rooms
    void join(Session& session, json::Node message);
    void enter(Session& session, std::uint32_t ticket, Result<std::string> room, rooms::Join join);
    void act(Session& session, json::Node message);
    void ask(Session& session, json::Node message);
    Membership* free_to_ask(Session& session, std::uint64_t id, std::string_view room);
    void leave(Session& session, json::Node message);
    void renew_login(Session& session, json::Node message);
    void renewed(Session& session, Result<identity::Verified> login);
    void log_in(Session& session, identity::Verified login);
    void drop_membership(Session& session, std::string_view room);
    [[nodiscard]] rooms::Caller caller(Session const& session, std::uint32_t ticket) const;

    // outbox
    void say(Session& session, std::string const& json);
    void send(Session& session, Outgoing outgoing);
    void collapse(Session& session);
    static void hold(Membership& membership, rooms::Delivery const& update);
    static void catch_up(Membership& membership, Outgoing& view);
    [[nodiscard]] bool is_clogged(Session const& session) const;
    [[nodiscard]] bool takes_nothing(Session& session) const;
    void make_way(Session& session);
    void pump(Session& session);
    void refresh_stale(Session& session);

    // life
    void on_alarm(ConnectionId id);
    void leave_rooms(Session& session);
    [[nodiscard]] TimePoint beat_due(Session const& session) const;
    void set_alarm(Session& session);
    void finish(
        Session& session, websocket::CloseCode code, ErrorCode why, std::string_view message);
    void close(Session& session, websocket::CloseCode code, std::string_view reason);
    void park(Session const& session);
    void forget_expired();

    Session* find(ConnectionId id);
    void refuse(Session& session, std::optional<std::uint64_t> id, std::string_view room,
        ErrorCode code, std::string_view message);

    Options options_;
    Ports ports_;
    json::Parser parser_;
    Translator translator_{};
    std::unordered_map<ConnectionId, std::unique_ptr<Session>> sessions_{};
    std::unordered_map<std::string, ConnectionId> by_sid_{};
    std::unordered_map<std::string, ConnectionId> by_stream_{};
    std::unordered_map<std::string, Parked> parked_{};
    std::deque<std::string> parked_order_{}; // The oldest first.
    std::string scratch_{};

    observe::Gauge& sessions_now_;
    observe::Counter& messages_in_;
    observe::Counter& messages_out_;
    observe::Counter& collapsed_;
};

}  // namespace gatehouse::sessions
