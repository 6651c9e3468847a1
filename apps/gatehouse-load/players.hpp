// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chance.hpp"
#include "view.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::load {

// An action that somebody would like to take: `a` and `d` of the message `act`.
struct Wish {
    std::string_view action;
    std::string body; // JSON
};

// How one game is played, from what a seat is shown and no more.
struct Player {
    std::string_view game;
    int seats;
    // Whose turn it is not, wishes nothing.
    std::optional<Wish> (*wish)(View const& view, int seat, Chance& chance);
    bool (*is_over)(View const& view);
};

// Null where nobody here knows how to play that.
[[nodiscard]] Player const* player_of(std::string_view game);

// The platform's part, the same for all games: the host waits for `people` to sit down, then seats
// bots on what is left. Empty: nothing left to prepare, or somebody is still to come.
struct Preparation {
    bool is_complete = false;
    std::optional<Wish> wish{};
};
[[nodiscard]] Preparation prepare(View const& view, int seat, int people);

}  // namespace gatehouse::load
