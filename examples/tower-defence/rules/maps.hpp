// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::tower_defence {

inline constexpr int map_width = 14;
inline constexpr int map_height = 12;
inline constexpr int tile_length = 1000;

enum class MapName : std::uint8_t { meadow, crossing, spiral };

constexpr std::array<std::string_view, 3> enum_names(MapName)
{
    return {"meadow", "crossing", "spiral"};
}

struct Tile {
    int x = 0;
    int y = 0;
    bool operator==(Tile const&) const = default;
    static void fields(auto& self, auto&& field)
    {
        field("x", self.x);
        field("y", self.y);
    }
};

// In thousandths of a tile; the middle of the tile (x, y) is (1000 x, 1000 y).
struct Point {
    int x = 0;
    int y = 0;
    bool operator==(Point const&) const = default;
};

// The tiles that enemies walk, from where they come to the castle. Neighbours share an edge.
class Way {
public:
    constexpr Way() = default;
    constexpr explicit Way(std::span<Tile const> corners)
    {
        auto const step = [](int from, int to) { return (to > from) - (to < from); };
        Tile at = corners.front();
        add(at);
        for (auto const corner : corners)
            while (!(at == corner)) {
                at = {at.x + step(at.x, corner.x), at.y + step(at.y, corner.y)};
                add(at);
            }
    }

    [[nodiscard]] constexpr std::span<Tile const> tiles() const
    {
        return std::span(tiles_).first(size_);
    }

private:
    static constexpr std::size_t size_max = 72; // More is an error when it is compiled.
    constexpr void add(Tile tile) { tiles_[size_++] = tile; }

    std::array<Tile, size_max> tiles_{};
    std::size_t size_ = 0;
};

// Of the ground, `.` is free, `~` water, `^` rock and `t` a wood.
struct Map {
    std::array<std::string_view, map_height> ground{};
    std::array<Way, 2> both{};
    std::size_t ways_count = 1;

    [[nodiscard]] constexpr std::span<Way const> ways() const
    {
        return std::span(both).first(ways_count);
    }
};

[[nodiscard]] Map const& map_of(MapName name);

[[nodiscard]] bool is_on_map(Tile tile);
[[nodiscard]] bool is_on_way(Map const& map, Tile tile);
// May a tower stand here? Not beside the map, on water, rock, in a wood, on a way or in the castle.
[[nodiscard]] bool is_ground(Map const& map, Tile tile);

enum class Travel : std::uint8_t { on_foot, by_air };

// How far it is to the castle: along the way, or straight for who flies.
[[nodiscard]] int length_of(Way const& way, Travel travel);
// Where somebody is who has gone `progress`, from 0 to the length.
[[nodiscard]] Point point_at(Way const& way, Travel travel, int progress);

// Distances are compared as squares: all fit an int.
[[nodiscard]] constexpr int square_of(int length)
{
    return length * length;
}
[[nodiscard]] constexpr int square_between(Point a, Point b)
{
    return square_of(a.x - b.x) + square_of(a.y - b.y);
}
[[nodiscard]] constexpr Point middle_of(Tile tile)
{
    return {tile.x * tile_length, tile.y * tile_length};
}

} // namespace gatehouse::tower_defence
