// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::rooms {

// What becomes of the seat of a player who stays away.
enum class Absence : std::uint8_t {
    bot,      // A bot plays until they come back.
    fallback, // When it is their turn, the game's alarm rings at once: it does what it does then.
    forfeit,  // They are out: the game is asked by the timer "forfeit:<seat>"; or else it ends.
};

struct RoomOptions {
    Milliseconds bot_delay{700}; // A bot thinks this long.
    // Away longer than this in a running game: see Absence; in an open room: the seat is free.
    std::optional<Milliseconds> bot_after{};
    Absence absence = Absence::bot;
    Milliseconds seat_held{600'000};
    Milliseconds seat_reserved{600'000}; // For whom it waits, unless it is said otherwise.
    Milliseconds abandoned{3'600'000};   // An open room without anybody: finished.
    Milliseconds overdue_grace{3'000};   // Timers that came due while nobody served the room wait.
    Milliseconds decision_max{10'000};   // No game is waited for longer.
    // What a room asks by itself (timers, bots, to prepare) and nobody decides it asks again: at
    // some instant of such a time, which doubles until it is the longest.
    Milliseconds again_after{250};
    Milliseconds again_after_max{8'000};
    // Processor time in which a game decides; longer: complained about. What took too long is
    // dropped undecided, and set aside for an operator.
    Milliseconds decision_slow{50};
    Milliseconds decision_too_slow{500};
    Milliseconds tail_kept{120'000}; // Updates are kept so long for an audience that is gone.
    std::size_t tail_updates_max = 256;
    std::size_t tail_bytes_max = 64 * 1024;
    std::size_t news_bytes_max = 8 * 1024;   // Of a turn, for one audience; more is left out.
    std::size_t reply_bytes_max = 16 * 1024; // To a question; more is refused.
    std::size_t queue_max = 256;             // Requests that wait, else `busy`.
    // Actions and questions of one attendance in such a time, all at once if it likes; more:
    // `rate_limited`. 0: as many as its connection may.
    std::uint32_t rate_max = 0;
    Milliseconds rate_period{1'000};
    std::size_t gate_max = 1'024; // Turns that wait for the store; beyond it: `busy`.
    std::size_t attendances_max = 20'000;
    // A snapshot is taken after so many events, if their data is so many times its size.
    std::uint64_t snapshot_events = 256;
    std::uint64_t snapshot_growth = 2;
    // One is taken, too, before a room sleeps that would have to replay so many events to wake.
    std::uint64_t snapshot_events_asleep = 32;
    // A game in fixed steps: one too many of these after so many steps, however few its events are;
    std::uint64_t snapshot_ticks = 6'000;
    int views_per_second_max = 20;        // how often steps are shown, where they are more;
    Milliseconds ticks_unwatched{10'000}; // and when it waits: nobody has been there for so long.
    unsigned ticks_per_turn_max = 4;      // Whoever has missed more goes slower.
    // A room's history is full with so many events, or so many bytes of their data. Of these, some
    // are left to those who leave, and to what ends the game.
    std::uint64_t events_max = 50'000;
    std::uint64_t bytes_max = 50'000'000;
    std::uint64_t events_reserve = 512;
    std::uint64_t bytes_reserve = 1'000'000;
    bool gate_off = false;  // A planted bug, for the control of the torture test alone.
    std::string abort_at{}; // Another: the process dies of this action, as rules may have it, …
    std::string loop_at{};  // … and never comes back from this one.
};

// What whoever opens a room wants beside the game's options.
struct Wishes {
    bool is_listed = true;
    std::vector<std::string> reserve{};         // Principals: the first has seat 0, and so on.
    std::optional<Milliseconds> reserved_for{}; // Else RoomOptions::seat_reserved.
};

} // namespace gatehouse::rooms
