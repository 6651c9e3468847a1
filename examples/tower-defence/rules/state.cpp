// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/state.hpp"

#include "base/fields.hpp"

#include <algorithm>

namespace gatehouse::tower_defence {

namespace {

int gold_at_first(int players)
{
    constexpr std::array<int, seats_count> by_players{280, 210, 180, 165};
    return by_players[index_of(players - 1)];
}

Tower& tower_on(State& state, int x, int y)
{
    return *std::ranges::find_if(
        state.towers, [x, y](Tower const& tower) { return tower.x == x && tower.y == y; });
}

// A tower has the boost of the best beacon that reaches it.
void spread_boosts(State& state)
{
    for (auto& tower : state.towers) {
        tower.boost = 0;
        for (auto const& beacon : state.towers) {
            auto const& [range, boost] = std::pair(level_of(beacon).range, level_of(beacon).boost);
            auto const square
                = square_between(middle_of({tower.x, tower.y}), middle_of({beacon.x, beacon.y}));
            if (&beacon != &tower && square <= square_of(range))
                tower.boost = std::max(tower.boost, boost);
        }
    }
}

void happen(State& state, Started const& started)
{
    state.phase = Phase::playing;
    state.dice = started.dice;
    auto const gold = gold_at_first(static_cast<int>(started.seats.size()));
    for (auto const seat : started.seats)
        state.players[index_of(seat)] = {.plays = true, .gold = gold};
    state.next_wave_at = state.options.calm_seconds * ticks_per_second;
}

void happen(State& state, Placed const& placed)
{
    auto& player = state.players[index_of(placed.seat)];
    player.gold -= stats_of(placed.kind).levels[0].cost;
    state.towers.push_back({.kind = placed.kind,
        .x = placed.x,
        .y = placed.y,
        .owner = placed.seat,
        .ready_at = state.tick + ticks_per_second / 2});
    spread_boosts(state);
}

void happen(State& state, Upgraded const& upgraded)
{
    auto& tower = tower_on(state, upgraded.x, upgraded.y);
    tower.level++;
    state.players[index_of(upgraded.seat)].gold -= level_of(tower).cost;
    spread_boosts(state);
}

void happen(State& state, Sold const& sold)
{
    auto& tower = tower_on(state, sold.x, sold.y);
    add_gold(state.players[index_of(tower.owner)], price_of(tower));
    state.towers.erase(state.towers.begin() + (&tower - state.towers.data()));
    spread_boosts(state);
}

void happen(State& state, Aimed const& aimed)
{
    tower_on(state, aimed.x, aimed.y).aim = aimed.aim;
}

void happen(State& state, Called const& called)
{
    for (auto& player : state.players)
        if (player.plays)
            add_gold(player, called.gold);
    begin_wave(state);
}

void happen(State& state, Gave const& gave)
{
    state.players[index_of(gave.from)].gold -= gave.gold;
    add_gold(state.players[index_of(gave.to)], gave.gold);
}

void happen(State&, Pinged const&) { }

} // namespace

int players_of(State const& state)
{
    return static_cast<int>(std::ranges::count_if(state.players, &Player::plays));
}

Tower const* tower_at(State const& state, Tile tile)
{
    for (auto const& tower : state.towers)
        if (tower.x == tile.x && tower.y == tile.y)
            return &tower;
    return nullptr;
}

int price_of(Tower const& tower)
{
    int spent = 0;
    for (int level = 0; level <= tower.level; level++)
        spent += stats_of(tower.kind).levels[static_cast<std::size_t>(level)].cost;
    return spent * 7 / 10;
}

int early_gold(State const& state)
{
    return state.wave == 0 ? 0 : std::max(0, state.next_wave_at - state.tick) / ticks_per_second;
}

void add_gold(Player& player, int gold)
{
    player.gold = std::min(gold_max, player.gold + gold);
}

void evolve(State& state, Event const& event)
{
    std::visit([&state](auto const& each) { happen(state, each); }, event);
}

} // namespace gatehouse::tower_defence
