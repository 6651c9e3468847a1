// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "remote/remote_rules.hpp"
#include "rooms/rules.hpp"

#include <string>
#include <vector>

namespace gatehouse::server {

// The games that one rules process decides.
struct OutsideGames {
    std::string socket; // A path: where it listens.
    std::vector<remote::RemoteGame> games;
};

// Of all processes that the settings name.
[[nodiscard]] std::vector<OutsideGames> outside_games(config::Settings const& settings);

// Adds them as whoever only replays needs them: without a process. Nothing is decided by such
// rules: who asks them hears `busy`.
void add_without_process(rooms::Catalogue& games, config::Settings const& settings);

}  // namespace gatehouse::server
