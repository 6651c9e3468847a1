// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tower_defence/view.hpp"

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::tower_defence {

// All that never changes in a game: the map, what towers cost, what enemies are. A client asks
// once.
struct AskBook {
    static constexpr std::string_view name = "book";
};

struct Book {
    static constexpr std::string_view name = "book";
    int width = map_width;
    int height = map_height;
    std::vector<std::string> ground{};
    std::vector<std::vector<Tile>> ways{};
    std::array<TowerStats, tower_stats.size()> towers = tower_stats;
    std::array<EnemyStats, enemy_stats.size()> enemies = enemy_stats;
    int towers_most = static_cast<int>(towers_max);
    int lives = lives_at_first;
    static void fields(auto& self, auto&& field)
    {
        field("width", self.width);
        field("height", self.height);
        field("ground", self.ground);
        field("ways", self.ways);
        field("towers", self.towers);
        field("enemies", self.enemies);
        field("towers_most", self.towers_most);
        field("lives", self.lives);
    }
};

using Query = std::variant<AskBook>;
using Reply = std::variant<Book>;

[[nodiscard]] Book book_of(MapName name);

} // namespace gatehouse::tower_defence
