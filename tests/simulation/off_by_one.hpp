// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/snapshot.hpp"
#include "rooms/rules.hpp"
#include "storage/log.hpp"

namespace gatehouse::simulation {

// The bug of that name: of the state before its last event, and sealed as if it were of that event.
// (A snapshot whose parts do not fit each other is of no use to a room, so that does no harm.)
void set_off_by_one(
    events::StreamSnapshot& snapshot, storage::Log& log, rooms::Catalogue const& games);

}  // namespace gatehouse::simulation
