// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tower_defence/events.hpp"
#include "tower_defence/options.hpp"
#include "tower_defence/waves.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gatehouse::tower_defence {

inline constexpr int seats_count = 4;
inline constexpr std::size_t enemies_max = 120; // At once; who comes then waits beside the map.
inline constexpr std::size_t towers_max = 64;
inline constexpr std::size_t bands_max = 24;
inline constexpr int gold_max = 1'000'000;
inline constexpr int lives_at_first = 20;
inline constexpr int ticks_per_second = 20;

template <typename T>
using BySeat = std::array<T, seats_count>;

enum class Phase : std::uint8_t { waiting, playing, won, lost };

constexpr std::array<std::string_view, 4> enum_names(Phase)
{
    return {"waiting", "playing", "won", "lost"};
}

// Where it is at a tick: from + speed · (tick - since) thousandths of a tile on its way. So only a
// change of its speed is a change of the state.
struct Enemy {
    int slot = 0;   // Nobody else alive has it: what clients know it by.
    int serial = 0; // Of all that came, from 1.
    EnemyKind kind{};
    int way = 0;
    int offset = 0; // How far it walks beside the middle, for the eye.
    int since = 0;
    int from = 0;
    int speed = 0;
    int hp = 0;
    int hp_max = 0;
    int slow_until = 0; // 0: it is not slowed.
    static void fields(auto& self, auto&& field)
    {
        field("slot", self.slot);
        field("serial", self.serial);
        field("kind", self.kind);
        field("way", self.way);
        field("offset", self.offset);
        field("since", self.since);
        field("from", self.from);
        field("speed", self.speed);
        field("hp", self.hp);
        field("hp_max", self.hp_max);
        field("slow_until", self.slow_until);
    }
};

struct Tower {
    TowerKind kind{};
    int x = 0;
    int y = 0;
    int owner = 0;
    int level = 0; // From 0.
    Aim aim{};
    int boost = 0; // Percent, from the best beacon around.
    int ready_at = 0;
    int shot_at = 0;     // The tick of its last shot …
    int shot_serial = 0; // … and at whom.
    static void fields(auto& self, auto&& field)
    {
        field("kind", self.kind);
        field("x", self.x);
        field("y", self.y);
        field("owner", self.owner);
        field("level", self.level);
        field("aim", self.aim);
        field("boost", self.boost);
        field("ready_at", self.ready_at);
        field("shot_at", self.shot_at);
        field("shot_serial", self.shot_serial);
    }
};

// What is still to come of a squad.
struct Band {
    EnemyKind kind{};
    int way = 0;
    int left = 0;
    int gap = 0;
    int next_at = 0;
    int hp = 0;
    static void fields(auto& self, auto&& field)
    {
        field("kind", self.kind);
        field("way", self.way);
        field("left", self.left);
        field("gap", self.gap);
        field("next_at", self.next_at);
        field("hp", self.hp);
    }
};

struct Player {
    bool plays = false;
    int gold = 0;
    int kills = 0;
    int damage = 0;
    static void fields(auto& self, auto&& field)
    {
        field("plays", self.plays);
        field("gold", self.gold);
        field("kills", self.kills);
        field("damage", self.damage);
    }
};

struct State {
    Options options{};
    Phase phase = Phase::waiting;
    int tick = 0;
    std::uint64_t dice = 0;
    int wave = 0; // The last one that came; 0: none yet.
    int next_wave_at = 0;
    int lives = lives_at_first;
    int serials = 0;
    int pot = 0; // Gold that could not be shared evenly yet.
    BySeat<Player> players{};
    std::vector<Enemy> enemies{}; // In the order in which they came.
    std::vector<Tower> towers{};  // In the order in which they were built.
    std::vector<Band> bands{};

    static void fields(auto& self, auto&& field)
    {
        field("options", self.options);
        field("phase", self.phase);
        field("tick", self.tick);
        field("dice", self.dice);
        field("wave", self.wave);
        field("next_wave_at", self.next_wave_at);
        field("lives", self.lives);
        field("serials", self.serials);
        field("pot", self.pot);
        field("players", self.players);
        field("enemies", self.enemies);
        field("towers", self.towers);
        field("bands", self.bands);
    }
};

[[nodiscard]] constexpr std::size_t index_of(int seat)
{
    return static_cast<std::size_t>(seat);
}

[[nodiscard]] inline Travel travel_of(EnemyKind kind)
{
    return stats_of(kind).flies ? Travel::by_air : Travel::on_foot;
}

[[nodiscard]] inline int progress_of(Enemy const& enemy, int tick)
{
    return enemy.from + enemy.speed * (tick - enemy.since);
}

[[nodiscard]] inline TowerLevel const& level_of(Tower const& tower)
{
    return stats_of(tower.kind).levels[static_cast<std::size_t>(tower.level)];
}

[[nodiscard]] int players_of(State const& state);
[[nodiscard]] Tower const* tower_at(State const& state, Tile tile);
// What a tower is worth when it is sold: 70 % of what it cost.
[[nodiscard]] int price_of(Tower const& tower);
// What each player gets for calling the next wave now.
[[nodiscard]] int early_gold(State const& state);

// What happened becomes what is. For events that the rules gave.
void evolve(State& state, Event const& event);

// A twentieth of a second. Needs the phase `playing`.
void tick(State& state);

// The next wave begins; there must be one, and place for its bands.
void begin_wave(State& state);
[[nodiscard]] bool is_place_for_wave(State const& state);

void add_gold(Player& player, int gold);

} // namespace gatehouse::tower_defence
