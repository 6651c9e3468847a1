// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "base/json.hpp"
#include "checker.hpp"
#include "http/parser.hpp"
#include "luck.hpp"
#include "network.hpp"
#include "plan.hpp"
#include "players.hpp"
#include "trace.hpp"
#include "turnstile.hpp"
#include "view.hpp"
#include "websocket/connection.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::simulation {

// Rooms that were answered with 201: they must be found for ever.
using Lobby = std::vector<std::string>;

// Somebody out there, who speaks HTTP and `gatehouse.v1.json` as PROTOCOL.md asks of clients, in
// several rooms over one connection: plays well, badly and nonsense, watches, loses the connection,
// comes back, sends again what was not answered, and tells the checker everything it hears.
//
//     client.cpp          the connection: HTTP, the handshake, frames
//     client_hears.cpp    messages of the server, and what they must not say
//     client_does.cpp     what comes to mind
//     client_reserves.cpp seats that wait for it
class Client final : ClientEnd {
public:
    struct Surroundings {
        Agenda& agenda;
        Network& network;
        Checker& checker;
        Trace& trace;
        Plan const& plan;
        Lobby& lobby;
        Turnstile& turnstile;
    };

    Client(Surroundings around, Luck luck, int number, bool is_slow);

    void open_rooms(int count) { rooms_to_open_ = count; }
    void step();
    // The storm is over: no more mischief. One more action in every room has to be answered.
    void calm();
    // Only listens from now on, and goes for good: as somebody who wants to be forgotten.
    void fall_silent() { is_silent_ = true; }
    void retire();
    [[nodiscard]] bool is_silent() const { return is_silent_; }
    // Empty until the server has said who it is.
    [[nodiscard]] std::string const& principal() const { return principal_; }
    [[nodiscard]] std::string name() const;
    // What is still missing then; empty when all is well.
    [[nodiscard]] std::string complaint() const;

private:
    enum class Stage : std::uint8_t { away, dialling, asking, upgrading, greeting, ready };

    struct Act {
        std::uint64_t id;
        std::string name;
        std::string body;
        events::Version floor; // Acks up to here were heard before it was sent.
        bool is_due = false;   // It was answered "later", so it has to be sent again.
    };
    struct Answered {
        Act act;
        events::Version version;
    };
    // A room as this client knows it.
    struct Table {
        std::string room;
        bool is_wanted = true;
        bool is_gone = false;     // With a store that was set back.
        bool was_there = false;   // When it was asked for.
        bool is_watching = false; // As a spectator.
        bool is_in = false;       // On this connection.
        bool is_joining = false;
        bool is_leaving = false;
        std::uint64_t join_id = 0;
        TimePoint join_at{};
        events::Version join_floor = 0; // Acks up to here were heard before it asked.

        std::optional<rooms::Seat> seat{}; // Of the view; spectators are -1.
        events::Version version = 0;       // Of the view; 0: none.
        std::uint64_t tick = 0;            // In a game that takes steps: of the view, too.
        std::uint64_t epoch = 0;
        std::string game{};
        load::View view{};

        std::uint64_t next_id = 1;
        std::deque<Act> unanswered{};
        std::deque<Answered> answered{}; // The last ones that were acked.
        std::uint64_t acked_max = 0;
        std::optional<TimePoint> resend_at{};
        std::uint64_t asking = 0; // The question that is not answered yet.
        std::uint64_t probe = 0; // The action that proves that the room goes on.
        bool is_probed = false;
        std::string ahead{}; // An ack of what was not shown: only `left` may follow it.
        std::optional<TimePoint> seat_until{}; // One waits for it so long, in any case.
        int people = 1; // The host waits for so many before it seats bots.
    };

    // ClientEnd
    void connected() override;
    void received(std::span<char> bytes) override;
    void closed() override;

    // The connection
    void dial();
    void ask(std::string_view path, std::string_view body);
    void on_answer();
    void begin_request(std::string_view method, std::string account);
    void on_head();
    void lose_refused();
    void upgrade();
    void read_http(std::string_view& input);
    void read_frames(std::span<char> bytes);
    void say(std::string_view message);
    void send_frame(websocket::Opcode opcode, std::string_view payload);
    void lose(Duration pause);
    void on_close(websocket::CloseCode code);

    // What it hears
    void hear(std::string_view text);
    void hear(json::Node message);
    void on_welcome(json::Node message);
    void on_joined(json::Node message);
    void on_update(json::Node message);
    void on_ack(json::Node message);
    void on_result(json::Node message);
    void on_error(json::Node message);
    void on_join_refused(Table& table, std::string_view code);
    void on_act_refused(Table& table, std::uint64_t id, std::string_view code);
    void on_left(json::Node message);
    void show(Table& table);
    void settle(Table& table, std::uint64_t id);
    void see_epoch(Table& table, std::uint64_t epoch);
    void blame(std::string_view what, std::string_view text);
    void blame_ahead(Table& table);
    [[nodiscard]] Table* table_of(std::string_view room);
    [[nodiscard]] bool is_in_lobby(Table const& table) const;

    // Seats that it has wait
    [[nodiscard]] std::string seat_to_have_wait();
    void have_wait(std::string room);
    void on_waiting();
    void count_on_seat(Table& table);

    // What it does
    void serve(Table& table);
    void join(Table& table);
    void resend_due(Table& table);
    void act(Table& table, std::string_view name, std::string_view body,
        std::optional<events::Version> base = {});
    void say_act(Table const& table, Act const& act, std::optional<events::Version> base = {});
    void ask(Table& table);
    void play(Table& table);
    void play_snails(Table& table);
    void misbehave(Table& table);
    void roam();
    void schedule();

    // Two live behind one router.
    [[nodiscard]] std::string address() const { return fmt::format("203.0.113.{}", number_ / 2); }
    [[nodiscard]] TimePoint now() const { return around_.agenda.now().steady; }
    void note(std::string_view what, std::string_view bytes = {})
    {
        around_.trace.note(around_.agenda.now(), "client", number_, what, bytes);
    }

    Surroundings around_;
    Luck luck_;
    int number_;
    bool is_slow_;
    bool is_calm_ = false;
    bool is_silent_ = false;
    int rooms_to_open_ = 0;

    Stage stage_ = Stage::away;
    LinkPointer link_{};
    TimePoint dial_at_{};
    TimePoint heard_at_{};
    TimePoint connected_at_{};
    http::ResponseParser http_{};
    std::string http_body_{};
    int http_status_ = 0;
    std::size_t request_ = 0; // At the turnstile.
    Duration told_to_wait_{}; // Before the next one.
    websocket::Connection socket_{websocket::Role::client, 1 << 20};
    std::string scratch_{};
    json::Parser parser_{};
    std::string hearing_{}; // The message under the eyes, for complaints.

    std::string principal_{};
    std::string token_{};
    std::string sid_{};
    std::string session_token_{};
    std::list<Table> tables_{};
    std::string reserving_{}; // In this room, of the question over HTTP.
    struct Waiting {
        TimePoint since{}; // Asked for then, for the first time.
        bool is_promised = false;
        bool is_counted_on = false; // Once.
    };
    std::map<std::string, Waiting> reserved_{}; // By room.
    std::uint64_t next_join_id_ = 1'000'000'000; // Not to be taken for an action's.
    std::uint64_t next_question_id_ = 2'000'000'000;
};

}  // namespace gatehouse::simulation
