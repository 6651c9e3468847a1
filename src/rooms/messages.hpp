// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a room says, as JSON (PROTOCOL.md, server → client). One function per message; each appends
// to a string that the caller reuses.

#include "base/result.hpp"
#include "events/event.hpp"
#include "rooms/game.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::rooms::messages {

// Of a room that takes steps also how many it took; 0 is left out.
struct Position {
    events::Version version = 0;
    std::uint64_t tick = 0;
};

struct Joined {
    std::uint64_t id;
    std::string_view room;
    std::string_view game;
    std::uint64_t epoch;
    Position at;
    Seat seat;
    std::string_view how;
    std::string_view view; // JSON; empty: none.
    std::uint64_t last;
    std::string_view durability;
};

void joined(std::string& out, Joined const& message);

// `change` is the merge patch, or the whole view of that epoch; `news` the elements of an array.
void update(std::string& out, std::string_view room, Position previous, Position now,
    std::string_view change, std::optional<std::uint64_t> whole_of_epoch,
    std::uint64_t me, std::string_view news = {});

void ack(std::string& out, std::uint64_t id, std::string_view room, events::Version version);
// What a question is answered with.
void result(std::string& out, std::uint64_t id, std::string_view room, events::Version version,
    std::string_view reply);
void error(std::string& out, std::optional<std::uint64_t> id, std::string_view room,
    ErrorCode code, std::string_view message);
void left(std::string& out, std::string_view room, std::string_view why);
void timer(std::string& out, std::string_view room, std::string_view name,
    std::optional<WallTime> at);
void presence(std::string& out, std::string_view room,
    std::span<std::pair<Seat, bool> const> seat_is_here);

}  // namespace gatehouse::rooms::messages
