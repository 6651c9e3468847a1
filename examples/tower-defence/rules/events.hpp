// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tower_defence/actions.hpp"

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::tower_defence {

// What was asked for and granted. Stored for ever: a change here is a new version of the rules.
// What time does to a game is no event: `tick` does it again when the game is replayed.

struct Started {
    static constexpr std::string_view name = "started";
    std::uint64_t dice = 0; // All chance of the game comes from this number.
    std::vector<int> seats{};
    static void fields(auto& self, auto&& field)
    {
        field("dice", self.dice);
        field("seats", self.seats);
    }
};

struct Placed {
    static constexpr std::string_view name = "placed";
    int seat = 0;
    TowerKind kind{};
    int x = 0;
    int y = 0;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("kind", self.kind);
        field("x", self.x);
        field("y", self.y);
    }
};

struct AtTile {
    int seat = 0;
    int x = 0;
    int y = 0;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("x", self.x);
        field("y", self.y);
    }
};

struct Upgraded : AtTile {
    static constexpr std::string_view name = "upgraded";
};

struct Sold : AtTile {
    static constexpr std::string_view name = "sold";
};

struct Aimed {
    static constexpr std::string_view name = "aimed";
    int x = 0;
    int y = 0;
    Aim aim{};
    static void fields(auto& self, auto&& field)
    {
        field("x", self.x);
        field("y", self.y);
        field("aim", self.aim);
    }
};

struct Called {
    static constexpr std::string_view name = "called";
    int seat = 0;
    int gold = 0; // For each player, because it was early.
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("gold", self.gold);
    }
};

struct Gave {
    static constexpr std::string_view name = "gave";
    int from = 0;
    int to = 0;
    int gold = 0;
    static void fields(auto& self, auto&& field)
    {
        field("from", self.from);
        field("to", self.to);
        field("gold", self.gold);
    }
};

struct Pinged : AtTile {
    static constexpr std::string_view name = "pinged";
};

using Event = std::variant<Started, Placed, Upgraded, Sold, Aimed, Called, Gave, Pinged>;

// What is told of them to all alike: everything but the dice.
using News = std::variant<Placed, Upgraded, Sold, Called, Gave, Pinged>;

} // namespace gatehouse::tower_defence
