// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "events/event.hpp"
#include "rooms/game.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace gatehouse::rooms {

// Who asks, and where the answer goes: one membership of one session, on whatever shard that lives.
struct Caller {
    ShardIndex shard = 0;
    ConnectionId connection{};
    std::uint32_t ticket = 0; // The session's own number for this membership.

    auto operator<=>(Caller const&) const = default;
};

// What a returning client holds (PROTOCOL.md, `at`).
struct Place {
    std::uint64_t epoch = 0;
    events::Version version = 0;
    std::uint64_t tick = 0; // Of a room that takes steps (`k`).
};

struct Join {
    std::uint64_t id = 0;
    std::string principal{};
    bool as_spectator = false;
    std::optional<Seat> seat{};
    std::optional<Place> at{};
    bool knows_ticks = false; // Can be shown a room that takes steps.
};

struct Act {
    std::uint64_t id = 0;
    std::string name{};
    std::string body{}; // JSON.
    std::optional<events::Version> base{};
};

// A question to the game that changes nothing.
struct Ask {
    std::uint64_t id = 0;
    std::string name{};
    std::string body{}; // JSON.
};

struct Leave {
    std::uint64_t id = 0;
};

// The connection is lost. Nobody waits for an answer.
struct Gone {};

// The session dropped updates of a slow client and needs the whole view.
struct Refresh {};

struct Request {
    Caller from;
    std::variant<Join, Act, Ask, Leave, Gone, Refresh> what;
};

// One message to one session, encoded and framed.
struct Delivery {
    enum class Effect : std::uint8_t {
        none,
        joined,  // The membership began.
        ended,   // It is over, or never began.
        update,  // May be dropped for a slow client, if a Refresh follows.
        renewal, // An update with the whole view: whatever was dropped before does not matter now.
    };

    Caller to;
    Frame frame;
    Effect effect = Effect::none;
    std::uint16_t answered = 0; // Actions and questions that this answers.
    Frame keeps{}; // What of an update must be said even if it is dropped: after the Refresh.
};

}  // namespace gatehouse::rooms
