// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/view.hpp"

namespace gatehouse::tower_defence {

namespace {

SeenEnemy seen(Enemy const& enemy)
{
    return {.n = enemy.serial,
        .k = enemy.kind,
        .w = enemy.way,
        .o = enemy.offset,
        .t = enemy.since,
        .p = enemy.from,
        .v = enemy.speed,
        .h = enemy.hp,
        .m = enemy.hp_max};
}

SeenTower seen(Tower const& tower)
{
    return {.k = tower.kind,
        .x = tower.x,
        .y = tower.y,
        .s = tower.owner,
        .l = tower.level,
        .a = tower.aim,
        .b = tower.boost,
        .f = tower.shot_at,
        .e = tower.shot_serial};
}

std::vector<Coming> coming(State const& state)
{
    std::vector<Coming> all;
    if (state.wave < state.options.waves)
        for (auto const& squad : squads_of(state.wave + 1))
            all.push_back({squad.kind, squad.count});
    return all;
}

} // namespace

View view_of(State const& state)
{
    View view{.options = state.options,
        .phase = state.phase,
        .tick = state.tick,
        .wave = state.wave,
        .next_wave_at = state.next_wave_at,
        .coming = coming(state),
        .lives = state.lives};
    auto const is_over = state.phase == Phase::won || state.phase == Phase::lost;
    for (int seat = 0; seat < seats_count; seat++) {
        auto const& player = state.players[index_of(seat)];
        if (player.plays)
            view.seats.push_back(seat);
        view.gold[index_of(seat)] = player.gold;
        view.kills[index_of(seat)] = player.kills;
        view.damage[index_of(seat)] = is_over ? player.damage : 0;
    }
    for (auto const& enemy : state.enemies)
        view.enemies.at[static_cast<std::size_t>(enemy.slot)] = seen(enemy);
    // Selling moves those behind: a rare patch, and no slot to keep.
    for (std::size_t i = 0; i < state.towers.size(); i++)
        view.towers.at[i] = seen(state.towers[i]);
    return view;
}

} // namespace gatehouse::tower_defence
