// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/timers.hpp"
#include "sessions/event_stream.hpp"
#include "sessions/ports.hpp"
#include "sessions/translator.hpp"
#include "websocket/connection.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::sessions {

// A room that a session is in, or on its way into.
struct Membership {
    // Stale: updates were dropped, and none is of use before a whole view.
    enum class View : std::uint8_t { fresh, stale, asked_for };

    std::uint32_t ticket;
    std::optional<std::uint64_t> joining{}; // The id of its join, until that is answered.
    std::string room{};
    std::size_t in_flight = 0; // Actions without an answer.
    View view = View::fresh;
    std::string held{}; // Answers that must not come before that view, as frames;
    std::size_t held_answers = 0; // so many of them still count as in flight.
};

// What waits for a slow client.
struct Outgoing {
    Frame frame;
    std::uint32_t ticket = 0;
    bool is_update = false; // It may be dropped,
    Frame keeps{};          // but this may not.
};

// One client's connection to the rooms. Plain state: what happens to it stands in Sessions.
struct Session {
    // Arriving: others are asked who it is, or what it left behind.
    enum class Phase : std::uint8_t { no_hello, arriving, ready, closing };

    Session(ConnectionId connection, Dialect words, std::move_only_function<void()> on_alarm)
        : id(connection)
        , dialect(words)
        , alarm(std::move(on_alarm))
    {
    }

    ConnectionId id;
    Dialect dialect;
    // What carries it, one of the two:
    std::optional<websocket::Connection> socket{};
    std::string stream{}; // the id that its posts name,
    Posts posts{};
    Milliseconds heartbeat{}; // and how lively that has to be.
    Milliseconds dead{};
    Phase phase = Phase::no_hello;
    Ways const* ways = nullptr;
    std::string peer{};
    std::string request_id{};
    std::string sid{};
    std::string token{};
    identity::Principal principal{};
    std::string invited_to{}; // The room that their ticket is for.

    std::vector<Membership> memberships{};
    std::uint32_t next_ticket = 1;

    std::deque<Outgoing> outbox{};
    std::size_t outbox_bytes = 0;
    std::size_t backlog_seen = 0; // As it was when it was last looked at,
    TimePoint took_at{};          // and when it was last seen to take something.

    Timer alarm;
    TimePoint heard_at{};
    TimePoint sent_at{};
    TimePoint beaten_at{};
    TimePoint login_until{};
    TimePoint paid_until{}; // The rate limit (GCRA): when what was sent so far will be paid for.
    std::uint32_t refused_in_a_row = 0;
};

}  // namespace gatehouse::sessions
