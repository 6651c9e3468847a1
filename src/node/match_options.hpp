// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "matching/hall.hpp"
#include "rooms/rules.hpp"

#include <functional>
#include <map>
#include <string>

namespace gatehouse::node {

// How the players of a game are put together.
struct MatchOptions {
    matching::GameOptions game{};     // Its players: 0 for as many as the game has seats, or needs.
    Milliseconds join_within{60'000}; // Seats of a room that was found wait so long.
};
using Matches = std::map<std::string, MatchOptions, std::less<>>;

// With the numbers of players that the games' rules have, where nothing else is said, and no more.
[[nodiscard]] matching::HallOptions hall_options(
    Matches const& matches, rooms::Catalogue const& games);

} // namespace gatehouse::node
