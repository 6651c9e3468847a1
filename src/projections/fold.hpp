// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "projections/rows.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gatehouse::projections {

// Whoever is still known of those who came to a room.
struct Member {
    std::uint32_t actor = 0;
    std::string player{}; // Their shown id.
    std::string key{};    // Opens what the room's events say of them.
};
using Members = std::map<std::string, std::vector<Member>, std::less<>>; // By room.

// May this event count somebody's game, so that the members of its room must be known?
[[nodiscard]] bool needs_members(events::PositionedEvent const& event);

// Takes the next event of the log into the rows. Only what the platform records is looked at, so
// no game's rules are needed. What cannot be read is passed over, as are rooms whose beginning is
// not in the log any more. A fork is a room of its own, which begins with the seats of the other.
void fold(events::PositionedEvent const& event, Members const& members, Rows& rows);

} // namespace gatehouse::projections
