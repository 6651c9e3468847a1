// SPDX-License-Identifier: Apache-2.0
#pragma once

// All that a game in C++ needs: the contract (rooms/game.hpp), and serve(). The game is one struct
// of pure functions; docs/writing-a-game.md writes one, step by step.

#include "gatehouse/main.hpp"
#include "rooms/game.hpp"
#include "rooms/rules_of.hpp"

namespace gatehouse {

// What games are written with.
using rooms::About;
using rooms::Chance;
using rooms::Context;
using rooms::Decision;
using rooms::Game;
using rooms::HasTicks;
using rooms::Occupant;
using rooms::Rng;
using rooms::Seat;
using rooms::Standing;
using rooms::spectator;

// A whole main(): the gatehouse that serves these games, and every command about their rooms. Where
// a game's rules changed without taking over older rooms, name them all: the newest ones play new
// rooms.
template <Game... Gs>
int serve(int argc, char** argv)
{
    return main(argc, argv, [](config::Settings const&) {
        rooms::Catalogue games;
        (games.add(rooms::rules_of<Gs>()), ...);
        return games;
    });
}

}  // namespace gatehouse
