// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/waves.hpp"

#include "base/assert.hpp"

#include <array>
#include <cstdint>

namespace gatehouse::tower_defence {

namespace {

using enum EnemyKind;

struct Wave {
    std::array<Squad, 4> squads{};
    std::size_t count = 0;
};

constexpr Wave wave(auto... squads)
{
    return {.squads = {squads...}, .count = sizeof...(squads)};
}

constexpr std::array<Wave, waves_max> waves{{
    wave(Squad{walker, 8, 20, 0}),
    wave(Squad{walker, 8, 18, 0}, Squad{runner, 4, 16, 160}),
    wave(Squad{swarm, 18, 8, 0}),
    wave(Squad{walker, 10, 16, 0}, Squad{brute, 2, 40, 100}),
    wave(Squad{flyer, 7, 20, 0}, Squad{walker, 6, 18, 40}),
    wave(Squad{runner, 14, 12, 0}),
    wave(Squad{brute, 6, 34, 0}, Squad{swarm, 14, 8, 60}),
    wave(Squad{walker, 12, 14, 0}, Squad{shaman, 3, 50, 30}),
    wave(Squad{flyer, 12, 14, 0}, Squad{runner, 8, 14, 80}),
    wave(Squad{boss, 1, 1, 0}, Squad{walker, 12, 16, 40}),
    wave(Squad{swarm, 30, 6, 0}, Squad{shaman, 3, 40, 20}),
    wave(Squad{brute, 10, 26, 0}, Squad{runner, 10, 12, 120}),
    wave(Squad{flyer, 16, 12, 0}, Squad{walker, 12, 14, 60}),
    wave(Squad{brute, 8, 24, 0}, Squad{shaman, 5, 36, 20}, Squad{runner, 12, 10, 160}),
    wave(Squad{boss, 2, 120, 0}, Squad{swarm, 24, 7, 40}, Squad{flyer, 8, 16, 120}),
    wave(Squad{runner, 24, 8, 0}, Squad{brute, 6, 28, 60}),
    wave(Squad{flyer, 22, 10, 0}, Squad{shaman, 6, 30, 40}),
    wave(Squad{brute, 16, 18, 0}, Squad{swarm, 24, 6, 100}),
    wave(Squad{walker, 24, 8, 0}, Squad{runner, 18, 8, 60}, Squad{shaman, 6, 30, 30}),
    wave(Squad{boss, 3, 110, 0}, Squad{brute, 10, 24, 60}, Squad{flyer, 14, 14, 120}),
}};

} // namespace

std::span<Squad const> squads_of(int wave)
{
    GH_ASSERT(wave >= 1 && wave <= waves_max);
    auto const& found = waves[static_cast<std::size_t>(wave - 1)];
    return std::span(found.squads).first(found.count);
}

int hp_of(EnemyKind kind, int wave, int players, Difficulty difficulty)
{
    constexpr std::array<int, 3> by_difficulty{65, 100, 130};
    auto const later = wave - 1;
    std::int64_t hp = stats_of(kind).hp;
    hp = hp * (100 + 10 * later + later * later) / 100;
    hp = hp * (100 + 50 * (players - 1)) / 100;
    hp = hp * by_difficulty[static_cast<std::size_t>(difficulty)] / 100;
    return static_cast<int>(hp);
}

} // namespace gatehouse::tower_defence
