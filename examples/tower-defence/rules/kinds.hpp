// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::tower_defence {

// What towers and enemies are. Lengths are thousandths of a tile, times are ticks (20 a second),
// speeds thousandths of a tile per tick.

enum class TowerKind : std::uint8_t { arrow, cannon, frost, ballista, beacon };

constexpr std::array<std::string_view, 5> enum_names(TowerKind)
{
    return {"arrow", "cannon", "frost", "ballista", "beacon"};
}

enum class EnemyKind : std::uint8_t { walker, runner, brute, swarm, flyer, shaman, boss };

constexpr std::array<std::string_view, 7> enum_names(EnemyKind)
{
    return {"walker", "runner", "brute", "swarm", "flyer", "shaman", "boss"};
}

// Whom a tower shoots at, of those in its range.
enum class Aim : std::uint8_t { first, last, strong, near };

constexpr std::array<std::string_view, 4> enum_names(Aim)
{
    return {"first", "last", "strong", "near"};
}

inline constexpr int levels_count = 3;

struct TowerLevel {
    int cost = 0; // To build it, or to come here from the level below.
    int range = 0;
    int damage = 0;
    int reload = 0;     // Ticks between shots; 0: it does not shoot.
    int splash = 0;     // Who stands so near to the target is hit as well.
    int slow = 0;       // Percent of the speed that a hit takes away …
    int slow_ticks = 0; // … for so long.
    int boost = 0;      // Percent of damage given to towers in range.
    int income = 0;     // Gold for its owner with each wave.
    static void fields(auto& self, auto&& field)
    {
        field("cost", self.cost);
        field("range", self.range);
        field("damage", self.damage);
        field("reload", self.reload);
        field("splash", self.splash);
        field("slow", self.slow);
        field("slow_ticks", self.slow_ticks);
        field("boost", self.boost);
        field("income", self.income);
    }
};

struct TowerStats {
    TowerKind kind{};
    bool hits_air = true;
    bool pierces = false; // Armour does not help.
    std::array<TowerLevel, levels_count> levels{};
    static void fields(auto& self, auto&& field)
    {
        field("kind", self.kind);
        field("hits_air", self.hits_air);
        field("pierces", self.pierces);
        field("levels", self.levels);
    }
};

struct EnemyStats {
    EnemyKind kind{};
    int hp = 0; // In the first wave, against one player.
    int speed = 0;
    int armour = 0; // Taken from each hit; 1 is left.
    int bounty = 0;
    int lives = 0; // Lost when it arrives.
    bool flies = false;
    int heals = 0; // Percent that it gives back to those around it, once a second.
    static void fields(auto& self, auto&& field)
    {
        field("kind", self.kind);
        field("hp", self.hp);
        field("speed", self.speed);
        field("armour", self.armour);
        field("bounty", self.bounty);
        field("lives", self.lives);
        field("flies", self.flies);
        field("heals", self.heals);
    }
};

inline constexpr std::array<TowerStats, 5> tower_stats{{
    {.kind = TowerKind::arrow,
        .levels = {{{.cost = 50, .range = 2500, .damage = 10, .reload = 14},
            {.cost = 45, .range = 2800, .damage = 18, .reload = 12},
            {.cost = 80, .range = 3200, .damage = 32, .reload = 10}}}},
    {.kind = TowerKind::cannon,
        .hits_air = false,
        .levels = {{{.cost = 90, .range = 2300, .damage = 18, .reload = 34, .splash = 900},
            {.cost = 80, .range = 2500, .damage = 34, .reload = 31, .splash = 1000},
            {.cost = 140, .range = 2800, .damage = 62, .reload = 28, .splash = 1200}}}},
    {.kind = TowerKind::frost,
        .levels = {{{.cost = 70,
                        .range = 2000,
                        .damage = 3,
                        .reload = 20,
                        .splash = 800,
                        .slow = 35,
                        .slow_ticks = 30},
            {.cost = 60,
                .range = 2300,
                .damage = 6,
                .reload = 19,
                .splash = 900,
                .slow = 45,
                .slow_ticks = 36},
            {.cost = 110,
                .range = 2600,
                .damage = 10,
                .reload = 18,
                .splash = 1100,
                .slow = 55,
                .slow_ticks = 44}}}},
    {.kind = TowerKind::ballista,
        .pierces = true,
        .levels = {{{.cost = 120, .range = 4500, .damage = 55, .reload = 50},
            {.cost = 110, .range = 5000, .damage = 105, .reload = 46},
            {.cost = 180, .range = 5600, .damage = 200, .reload = 40}}}},
    {.kind = TowerKind::beacon,
        .levels = {{{.cost = 110, .range = 1600, .boost = 20, .income = 6},
            {.cost = 100, .range = 2000, .boost = 30, .income = 10},
            {.cost = 160, .range = 2300, .boost = 45, .income = 16}}}},
}};

inline constexpr std::array<EnemyStats, 7> enemy_stats{{
    {.kind = EnemyKind::walker, .hp = 60, .speed = 55, .bounty = 5, .lives = 1},
    {.kind = EnemyKind::runner, .hp = 42, .speed = 100, .bounty = 5, .lives = 1},
    {.kind = EnemyKind::brute, .hp = 150, .speed = 38, .armour = 5, .bounty = 10, .lives = 2},
    {.kind = EnemyKind::swarm, .hp = 20, .speed = 70, .bounty = 2, .lives = 1},
    {.kind = EnemyKind::flyer, .hp = 44, .speed = 42, .bounty = 7, .lives = 1, .flies = true},
    {.kind = EnemyKind::shaman,
        .hp = 95,
        .speed = 48,
        .armour = 1,
        .bounty = 9,
        .lives = 1,
        .heals = 4},
    {.kind = EnemyKind::boss, .hp = 1100, .speed = 28, .armour = 6, .bounty = 80, .lives = 5},
}};

constexpr TowerStats const& stats_of(TowerKind kind)
{
    return tower_stats[static_cast<std::size_t>(kind)];
}

constexpr EnemyStats const& stats_of(EnemyKind kind)
{
    return enemy_stats[static_cast<std::size_t>(kind)];
}

} // namespace gatehouse::tower_defence
