// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tower_defence/kinds.hpp"
#include "tower_defence/options.hpp"

#include <span>

namespace gatehouse::tower_defence {

// Some enemies of one kind, one after the other.
struct Squad {
    EnemyKind kind{};
    int count = 0;
    int gap = 0;   // Ticks between two of them.
    int delay = 0; // Ticks from the beginning of the wave.
};

// Of wave 1 … waves_max.
[[nodiscard]] std::span<Squad const> squads_of(int wave);

// How strong an enemy of a wave is, against so many players.
[[nodiscard]] int hp_of(EnemyKind kind, int wave, int players, Difficulty difficulty);

} // namespace gatehouse::tower_defence
