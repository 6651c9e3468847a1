// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_store.hpp"
#include "config/settings_values.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

// PROTOCOL.md knows `memory` too (acked at once, stored behind); it is not built.
enum class Durability : std::uint8_t { durable };
constexpr std::array<std::string_view, 1> enum_names(Durability)
{
    return {"durable"};
}

// What becomes of the seat of a player who stays away from a running game.
enum class Absent : std::uint8_t { bot, wait, fallback, forfeit };
constexpr std::array<std::string_view, 4> enum_names(Absent)
{
    return {"bot", "wait", "default", "forfeit"};
}

struct Absence {
    Duration bot_after = std::chrono::seconds(20); // Away this long: what `then` says.
    Absent then = Absent::bot;

    bool operator==(Absence const&) const = default;
};

// Where a process listens that decides a game: `unix:PATH`.
struct RulesProcess {
    static constexpr std::size_t path_size_max = 107; // What the kernel takes.

    Path socket {};

    bool operator==(RulesProcess const&) const = default;
};

// So many sit in a room: of a game that a process decides.
struct Seats {
    int min = 1;
    int max = 0;

    bool operator==(Seats const&) const = default;
};

// How players are put together who look for others.
struct Matching {
    std::optional<int> players {};     // Empty: as many as there are seats.
    std::optional<int> players_min {}; // Empty: as the game needs.
    Duration patience = std::chrono::seconds(30);
    int window = 100; // Of ratings.
    int growth = 10;  // Each second.
    int window_max = 1'000;
    int waiting_max = 10'000;
    Duration join_within = std::chrono::seconds(60);

    bool operator==(Matching const&) const = default;
};

// Rooms of one game; the game's name is the key.
struct Rooms {
    Durability durability = Durability::durable;
    Absence absence {};
    Duration bot_think = std::chrono::milliseconds(700); // Before a bot's move.
    Duration seat_reserved = std::chrono::minutes(10); // For whom it waits.
    int max_rooms = 10'000;
    std::optional<Matching> match {}; // Empty: nobody is.
    GameArchive archive {};
    Rate rate {50, std::chrono::seconds(1)}; // Actions and questions of one player in one room.
    // Of a game that is not built in.
    std::optional<RulesProcess> rules {};
    std::optional<Seats> seats {};
    std::string title {}; // Empty: its name.

    bool operator==(Rooms const&) const = default;
};

} // namespace gatehouse::config
