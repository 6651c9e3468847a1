// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/bot.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gatehouse::tower_defence {

namespace {

// How many of each kind a team wants to have for one of the others.
constexpr std::array<int, tower_stats.size()> wanted{5, 4, 2, 3, 1};
constexpr int towers_before_upgrades = 3; // Of one's own.
constexpr int towers_at_most = 12;        // Then all gold goes into levels.

// How many steps of a tile enemies take in its reach: on the ways, and in the air above.
int reach_of(Map const& map, Tile tile, TowerKind kind)
{
    auto const& stats = stats_of(kind);
    auto const reach = square_of(stats.levels[0].range);
    int found = 0;
    for (auto const travel : {Travel::on_foot, Travel::by_air})
        for (auto const& way : map.ways())
            for (int gone = 0; gone <= length_of(way, travel); gone += tile_length)
                if (travel == Travel::on_foot || stats.hits_air)
                    found += square_between(middle_of(tile), point_at(way, travel, gone)) <= reach;
    return found;
}

// A beacon wants towers around it instead.
int neighbours_of(View const& view, Tile tile)
{
    auto const reach = square_of(stats_of(TowerKind::beacon).levels[0].range);
    int found = 0;
    for (auto const& tower : view.towers.at)
        if (tower && tower->k != TowerKind::beacon)
            found += square_between(middle_of(tile), middle_of({tower->x, tower->y})) <= reach;
    return found;
}

bool is_free(View const& view, Map const& map, Tile tile)
{
    auto const stands_here = [tile](std::optional<SeenTower> const& tower) {
        return tower && tower->x == tile.x && tower->y == tile.y;
    };
    return is_ground(map, tile) && std::ranges::none_of(view.towers.at, stands_here);
}

TowerKind next_kind(View const& view)
{
    std::array<int, tower_stats.size()> have{};
    for (auto const& tower : view.towers.at)
        if (tower)
            have[static_cast<std::size_t>(tower->k)]++;
    std::size_t best = 0;
    for (std::size_t i = 1; i < have.size(); i++)
        if ((have[i] + 1) * wanted[best] < (have[best] + 1) * wanted[i])
            best = i;
    return static_cast<TowerKind>(best);
}

std::optional<Action> build(View const& view, int gold, rooms::Rng& rng)
{
    auto const kind = next_kind(view);
    if (gold < stats_of(kind).levels[0].cost || view.towers.at.back())
        return std::nullopt;
    auto const& map = map_of(view.options.map);
    Place best{.kind = kind};
    int best_worth = 0;
    for (int y = 0; y < map_height; y++)
        for (int x = 0; x < map_width; x++) {
            if (!is_free(view, map, {x, y}))
                continue;
            auto const reach = kind == TowerKind::beacon ? neighbours_of(view, {x, y})
                                                         : reach_of(map, {x, y}, kind);
            auto const worth = reach * 4 + static_cast<int>(rng.below(4));
            if (reach > 0 && worth > best_worth) {
                best_worth = worth;
                best.x = x;
                best.y = y;
            }
        }
    return best_worth > 0 ? std::optional<Action>(best) : std::nullopt;
}

// The cheapest step up that there is for a tower of one's own.
SeenTower const* next_upgrade(View const& view, int seat)
{
    auto const cost = [](SeenTower const& tower) {
        return stats_of(tower.k).levels[static_cast<std::size_t>(tower.l + 1)].cost;
    };
    SeenTower const* best = nullptr;
    for (auto const& tower : view.towers.at)
        if (tower && tower->s == seat && tower->l + 1 < levels_count
            && (best == nullptr || cost(*tower) < cost(*best)))
            best = &*tower;
    return best;
}

} // namespace

std::optional<Action> bot_action(View const& view, int seat, rooms::Rng& rng)
{
    if (view.phase != Phase::playing || std::ranges::count(view.seats, seat) == 0)
        return std::nullopt;
    auto const gold = view.gold[index_of(seat)];
    auto const own = std::ranges::count_if(
        view.towers.at, [seat](auto const& tower) { return tower && tower->s == seat; });
    auto const* tower = own < towers_before_upgrades ? nullptr : next_upgrade(view, seat);
    // Wide first, then high: a step up for every second tower.
    if (own < towers_at_most && (tower == nullptr || (own + tower->l) % 2 == 0))
        return build(view, gold, rng);
    if (tower == nullptr)
        return std::nullopt;
    auto const next = static_cast<std::size_t>(tower->l + 1);
    if (gold < stats_of(tower->k).levels[next].cost)
        return std::nullopt;
    Upgrade upgrade;
    upgrade.x = tower->x;
    upgrade.y = tower->y;
    return upgrade;
}

} // namespace gatehouse::tower_defence
