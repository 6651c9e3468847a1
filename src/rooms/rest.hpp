// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rooms/state.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::rooms {

// What no event tells of a room that was awake: who has been away since when.
struct Absences {
    std::optional<TimePoint> deserted_at{};
    std::vector<std::optional<TimePoint>> away_since{}; // By seat.
    WallTime not_before{};                              // No timer rang sooner.
};

// What is left in memory of a room that sleeps.
struct Rest {
    RoomView view{};
    std::string options{}; // As Opened has them.
    WallTime opened_at{};
    bool is_listed = true;
    std::vector<std::string> people{}; // By seat: who sits there, or whom it waits for.
    bool awaits_players = false;
    Absences absences{};

    // Takes the name of this person out of the view. True where a seat waits for them: the room has
    // to wake, and let it go.
    bool forget(std::string_view subject);
    [[nodiscard]] bool awaits(std::string_view principal) const;
    [[nodiscard]] std::size_t footprint() const; // Bytes, about.
};

} // namespace gatehouse::rooms
