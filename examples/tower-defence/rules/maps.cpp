// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/maps.hpp"

#include <algorithm>

namespace gatehouse::tower_defence {

namespace {

constexpr std::array<Tile, 6> meadow_way{{{0, 2}, {10, 2}, {10, 5}, {3, 5}, {3, 9}, {13, 9}}};
constexpr std::array<Tile, 8> crossing_north{
    {{0, 1}, {4, 1}, {4, 5}, {8, 5}, {8, 2}, {11, 2}, {11, 6}, {13, 6}}};
constexpr std::array<Tile, 6> crossing_south{{{0, 10}, {7, 10}, {7, 8}, {11, 8}, {11, 6}, {13, 6}}};
constexpr std::array<Tile, 8> spiral_way{
    {{0, 1}, {12, 1}, {12, 10}, {1, 10}, {1, 4}, {9, 4}, {9, 7}, {5, 7}}};

constexpr std::array<Map, 3> maps{{
    {.ground = {"..t.......t..^", "...........tt^", "..............", "t............t",
         "tt.....~......", "..............", ".......~~....t", "......~~~.....", "^.......~.....",
         "^^............", "...t......t...", "..tt.....tt..."},
        .both = {Way(meadow_way)}},
    {.ground = {"......t.......", ".............^", "t............^", "tt............",
         "..........t...", "..............", "..~~~.........", ".~~~~.........", "..~~..........",
         "........t...t.", "..........ttt.", "^^.......^^^.."},
        .both = {Way(crossing_north), Way(crossing_south)},
        .ways_count = 2},
    {.ground = {"^............^", "..............", "..t...........", "...t......t...",
         "..............", "..............", "....t.........", "..............", "...........t..",
         "......~~~.....", "..............", "^^..........tt"},
        .both = {Way(spiral_way)}},
}};

// The floor of the root.
constexpr int root_of(int square)
{
    int low = 0;
    int high = 46340; // The root of the greatest int.
    while (low < high) {
        auto const middle = (low + high + 1) / 2;
        if (middle * middle <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

Point between(Point from, Point to, int gone, int whole)
{
    return {from.x + (to.x - from.x) * gone / whole, from.y + (to.y - from.y) * gone / whole};
}

} // namespace

Map const& map_of(MapName name)
{
    return maps[static_cast<std::size_t>(name)];
}

bool is_on_map(Tile tile)
{
    return tile.x >= 0 && tile.x < map_width && tile.y >= 0 && tile.y < map_height;
}

bool is_on_way(Map const& map, Tile tile)
{
    return std::ranges::any_of(
        map.ways(), [tile](Way const& way) { return std::ranges::count(way.tiles(), tile) > 0; });
}

bool is_ground(Map const& map, Tile tile)
{
    return is_on_map(tile) && !is_on_way(map, tile)
        && map.ground[static_cast<std::size_t>(tile.y)][static_cast<std::size_t>(tile.x)] == '.';
}

int length_of(Way const& way, Travel travel)
{
    auto const tiles = way.tiles();
    if (travel == Travel::on_foot)
        return (static_cast<int>(tiles.size()) - 1) * tile_length;
    return root_of(square_between(middle_of(tiles.front()), middle_of(tiles.back())));
}

Point point_at(Way const& way, Travel travel, int progress)
{
    auto const tiles = way.tiles();
    auto const whole = length_of(way, travel);
    auto const gone = std::clamp(progress, 0, whole);
    if (travel == Travel::by_air)
        return between(middle_of(tiles.front()), middle_of(tiles.back()), gone, whole);
    auto const index = std::min(static_cast<std::size_t>(gone / tile_length), tiles.size() - 2);
    auto const rest = gone - static_cast<int>(index) * tile_length;
    return between(middle_of(tiles[index]), middle_of(tiles[index + 1]), rest, tile_length);
}

} // namespace gatehouse::tower_defence
