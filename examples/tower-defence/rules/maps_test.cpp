// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/maps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace gatehouse::tower_defence {

namespace {

constexpr std::array names{MapName::meadow, MapName::crossing, MapName::spiral};

TEST(Maps, have_rows_of_one_width_and_known_ground)
{
    for (auto const name : names)
        for (auto const row : map_of(name).ground) {
            EXPECT_EQ(row.size(), static_cast<std::size_t>(map_width));
            EXPECT_EQ(row.find_first_not_of(".~^t"), row.npos) << row;
        }
}

TEST(Maps, have_ways_of_neighbours_that_lead_over_free_ground_to_one_castle)
{
    for (auto const name : names) {
        auto const& map = map_of(name);
        for (auto const& way : map.ways()) {
            auto const tiles = way.tiles();
            EXPECT_EQ(tiles.back(), map.ways().front().tiles().back());
            for (std::size_t i = 0; i < tiles.size(); i++) {
                EXPECT_TRUE(is_on_map(tiles[i]));
                auto const [x, y] = tiles[i];
                EXPECT_EQ(map.ground[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)], '.')
                    << x << ' ' << y;
                EXPECT_FALSE(is_ground(map, tiles[i]));
                if (i > 0) {
                    EXPECT_EQ(std::abs(x - tiles[i - 1].x) + std::abs(y - tiles[i - 1].y), 1);
                }
            }
        }
    }
}

TEST(Maps, know_where_nothing_can_be_built)
{
    auto const& meadow = map_of(MapName::meadow);
    EXPECT_TRUE(is_ground(meadow, {0, 0}));
    EXPECT_FALSE(is_ground(meadow, {2, 0})) << "a wood";
    EXPECT_FALSE(is_ground(meadow, {7, 4})) << "water";
    EXPECT_FALSE(is_ground(meadow, {13, 0})) << "rock";
    for (auto const [x, y] : {Tile{-1, 0}, Tile{0, -1}, Tile{14, 0}, Tile{0, 12}})
        EXPECT_FALSE(is_ground(meadow, {x, y}));
}

TEST(Maps, lead_from_the_first_tile_to_the_last_in_steps_of_what_was_gone)
{
    for (auto const name : names)
        for (auto const& way : map_of(name).ways())
            for (auto const travel : {Travel::on_foot, Travel::by_air}) {
                auto const length = length_of(way, travel);
                EXPECT_EQ(point_at(way, travel, -5), middle_of(way.tiles().front()));
                EXPECT_EQ(point_at(way, travel, length + 5), middle_of(way.tiles().back()));
                for (int gone = 0; gone + 100 <= length; gone += 100) {
                    auto const step = square_between(
                        point_at(way, travel, gone), point_at(way, travel, gone + 100));
                    EXPECT_LE(step, square_of(103));
                    EXPECT_GE(step, square_of(70)); // Around a corner it is less.
                }
            }
}

TEST(Maps, let_who_flies_go_straight)
{
    auto const& way = map_of(MapName::meadow).ways().front();
    EXPECT_EQ(length_of(way, Travel::on_foot), 34'000);
    EXPECT_EQ(length_of(way, Travel::by_air), 14'764); // √(13² + 7²)
    EXPECT_EQ(point_at(way, Travel::by_air, 7'382), (Point{6'500, 5'500}));
}

} // namespace

} // namespace gatehouse::tower_defence
