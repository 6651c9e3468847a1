// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event.hpp"
#include "rooms/state.hpp"

#include <string>

namespace gatehouse::simulation {

// Why this event cannot follow, by whom each seat is had and waits for; empty where it can. A seat
// is had by one, waits for one, and is given to whom it waits for alone; who is waited for sits
// there and nowhere else. It knows what history says, and nothing of how rooms decide.
[[nodiscard]] std::string seat_fault(rooms::RoomState const& before, events::Event const& event);

}  // namespace gatehouse::simulation
