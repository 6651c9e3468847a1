// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "liap_tui/actions.hpp"
#include "liap_tui/view.hpp"
#include "rooms/chance.hpp"

#include <optional>

namespace gatehouse::liap_tui {

// A bot knows its view and no more. It declares the piles that its strong sets should take, then
// tries to take just as many: wins with the least that wins while it wants piles, and gets rid of
// its best losing pieces when it wants none. What it answers is always allowed. Empty: not its
// turn.
[[nodiscard]] std::optional<Action> bot_action(View const& view, int seat, rooms::Rng& rng);

}  // namespace gatehouse::liap_tui
