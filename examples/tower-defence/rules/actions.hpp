// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tower_defence/kinds.hpp"
#include "tower_defence/maps.hpp"

#include <string_view>
#include <variant>

namespace gatehouse::tower_defence {

// What a seat may ask for. A tower is named by the tile that it stands on.

struct Start {
    static constexpr std::string_view name = "start";
};

struct Place {
    static constexpr std::string_view name = "place";
    TowerKind kind{};
    int x = 0;
    int y = 0;
    static void fields(auto& self, auto&& field)
    {
        field("kind", self.kind);
        field("x", self.x);
        field("y", self.y);
    }
};

struct Upgrade : Tile {
    static constexpr std::string_view name = "upgrade";
};

struct Sell : Tile {
    static constexpr std::string_view name = "sell";
};

struct Target {
    static constexpr std::string_view name = "target";
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

// The next wave may come now.
struct Call {
    static constexpr std::string_view name = "call";
};

struct Give {
    static constexpr std::string_view name = "give";
    int seat = 0;
    int gold = 0;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("gold", self.gold);
    }
};

// "Look here!"
struct Ping : Tile {
    static constexpr std::string_view name = "ping";
};

using Action = std::variant<Start, Place, Upgrade, Sell, Target, Call, Give, Ping>;

} // namespace gatehouse::tower_defence
