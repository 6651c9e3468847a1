// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tower_defence/actions.hpp"
#include "tower_defence/view.hpp"

#include "rooms/chance.hpp"

#include <optional>

namespace gatehouse::tower_defence {

// Builds where most of the way is in reach, what the team has least of, and makes its best tower
// better when it can. Saves for what it chose: most of the time there is nothing to do.
[[nodiscard]] std::optional<Action> bot_action(View const& view, int seat, rooms::Rng& rng);

} // namespace gatehouse::tower_defence
