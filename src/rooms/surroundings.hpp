// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "events/snapshot.hpp"
#include "rooms/crumbs.hpp"
#include "rooms/holds.hpp"
#include "rooms/request.hpp"
#include "rooms/rules.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace gatehouse::rooms {

// What a room needs around it. Shared by all rooms of a shard, and outlives them.
struct Surroundings {
    Catalogue const& games;
    std::function<Frame(std::string_view json)> frame; // Encodes a message for the wire, once.
    std::function<void(Delivery)> deliver;             // To a session, here or on another shard.
    std::function<void(std::string_view room, Error const&)> complain; // For the operator's log.
    std::function<void(std::string_view room)> touched; // A late decision came: end the turn.
    // To the store; its answer comes by Room::saved.
    std::function<void(std::string_view room, events::Snapshot)> keep;
    Now const& now; // The instant of this turn; whoever drives the shard sets it.
    Dice& dice;
    Crumbs* crumbs = nullptr;              // None: whoever crashes may do so again.
    std::function<Duration()> stopwatch{}; // Of the processor. None: games may take their time.
    Holds holds{};
    std::uint64_t slow_decisions = 0;
    std::uint64_t slow_ticks = 0; // Turns in which the steps of one room took as long.
    std::uint64_t ticks = 0;      // Taken, in all rooms;
    std::uint64_t ticks_lost = 0; // and not, for it was too late for them: time went slower.
    std::uint64_t history = 0;    // RoomsOptions::history
    std::optional<TimePoint> leased_until{}; // Rooms::note_lease
    json::Parser parser{};

    // Why nobody may be shown a room now, if it is so: others may have played on in it.
    [[nodiscard]] std::optional<Error> doubts_itself() const;
};

// Answers a request that no room takes up: to nobody, where nobody waits. Leaves at once, for it
// tells of no state.
void refuse(Surroundings& around, std::string_view room, Request const& request, Error const& why);

} // namespace gatehouse::rooms
