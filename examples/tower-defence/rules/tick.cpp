// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/state.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

namespace gatehouse::tower_defence {

namespace {

constexpr int wave_ticks = 26 * ticks_per_second; // From one wave to the next …
constexpr int calm_ticks = 5 * ticks_per_second;  // … or so long after the last enemy.
constexpr int heal_range = 1500;
constexpr int offset_max = 220;

// What towers look at, once for all of them; in the order of the enemies.
struct Mark {
    Point point{};
    int left = 0; // To the castle.
};
using Marks = std::array<Mark, enemies_max>;

// splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t roll(std::uint64_t& dice)
{
    auto z = dice += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

Way const& way_of(State const& state, Enemy const& enemy)
{
    return map_of(state.options.map).ways()[static_cast<std::size_t>(enemy.way)];
}

// ---- Who comes

int free_slot(State const& state)
{
    std::array<bool, enemies_max> taken{};
    for (auto const& enemy : state.enemies)
        taken[static_cast<std::size_t>(enemy.slot)] = true;
    return static_cast<int>(std::ranges::find(taken, false) - taken.begin());
}

void come(State& state, Band const& band)
{
    auto const aside = static_cast<int>(roll(state.dice) % (2 * offset_max + 1)) - offset_max;
    state.enemies.push_back({.slot = free_slot(state),
        .serial = ++state.serials,
        .kind = band.kind,
        .way = band.way,
        .offset = aside,
        .since = state.tick,
        .speed = stats_of(band.kind).speed,
        .hp = band.hp,
        .hp_max = band.hp});
}

void let_come(State& state)
{
    for (auto& band : state.bands)
        if (band.next_at <= state.tick && state.enemies.size() < enemies_max) {
            come(state, band);
            band.left--;
            band.next_at = state.tick + band.gap;
        }
    std::erase_if(state.bands, [](Band const& band) { return band.left == 0; });
}

bool is_field_clear(State const& state)
{
    return state.enemies.empty() && state.bands.empty();
}

void keep_waves_coming(State& state)
{
    if (state.wave == state.options.waves)
        return;
    if (state.wave > 0 && is_field_clear(state))
        state.next_wave_at = std::min(state.next_wave_at, state.tick + calm_ticks);
    if (state.next_wave_at <= state.tick && is_place_for_wave(state))
        begin_wave(state);
}

// ---- Who walks

void change_speed(Enemy& enemy, int now, int speed)
{
    if (enemy.speed == speed)
        return;
    enemy.from = progress_of(enemy, now);
    enemy.since = now;
    enemy.speed = speed;
}

void walk(State& state)
{
    for (auto& enemy : state.enemies)
        if (enemy.slow_until != 0 && enemy.slow_until <= state.tick) {
            enemy.slow_until = 0;
            change_speed(enemy, state.tick, stats_of(enemy.kind).speed);
        }
    std::erase_if(state.enemies, [&state](Enemy const& enemy) {
        auto const length = length_of(way_of(state, enemy), travel_of(enemy.kind));
        if (progress_of(enemy, state.tick) < length)
            return false;
        state.lives = std::max(0, state.lives - stats_of(enemy.kind).lives);
        return true;
    });
}

Marks marks_of(State const& state)
{
    Marks marks{};
    for (std::size_t i = 0; i < state.enemies.size(); i++) {
        auto const& enemy = state.enemies[i];
        auto const& way = way_of(state, enemy);
        auto const travel = travel_of(enemy.kind);
        auto const progress = progress_of(enemy, state.tick);
        marks[i] = {point_at(way, travel, progress), length_of(way, travel) - progress};
    }
    return marks;
}

void heal(State& state, Marks const& marks)
{
    if (state.tick % ticks_per_second != 0)
        return;
    for (std::size_t i = 0; i < state.enemies.size(); i++) {
        auto const heals = stats_of(state.enemies[i].kind).heals;
        for (std::size_t k = 0; heals > 0 && k < state.enemies.size(); k++) {
            auto& other = state.enemies[k];
            if (square_between(marks[i].point, marks[k].point) <= square_of(heal_range))
                other.hp = std::min(other.hp_max, other.hp + other.hp_max * heals / 100);
        }
    }
}

// ---- Who shoots

// The greater, the rather it is shot at.
int worth(Aim aim, Enemy const& enemy, Mark const& mark, int square)
{
    switch (aim) {
    case Aim::first: return -mark.left;
    case Aim::last: return mark.left;
    case Aim::strong: return enemy.hp;
    case Aim::near: break;
    }
    return -square;
}

bool may_hit(TowerStats const& stats, Enemy const& enemy)
{
    return enemy.hp > 0 && (stats.hits_air || !stats_of(enemy.kind).flies);
}

// The index of an enemy, or that of nobody: as many as there are.
std::size_t target_of(State const& state, Marks const& marks, Tower const& tower)
{
    auto const from = middle_of({tower.x, tower.y});
    auto const reach = square_of(level_of(tower).range);
    auto best = state.enemies.size();
    int best_worth = 0;
    for (std::size_t i = 0; i < state.enemies.size(); i++) {
        auto const& enemy = state.enemies[i];
        auto const square = square_between(from, marks[i].point);
        if (square > reach || !may_hit(stats_of(tower.kind), enemy))
            continue;
        auto const its_worth = worth(tower.aim, enemy, marks[i], square);
        if (best == state.enemies.size() || its_worth > best_worth) {
            best = i;
            best_worth = its_worth;
        }
    }
    return best;
}

void hit(State& state, Tower const& tower, Enemy& enemy)
{
    auto const& level = level_of(tower);
    auto const armour = stats_of(tower.kind).pierces ? 0 : stats_of(enemy.kind).armour;
    auto const full = level.damage * (100 + tower.boost) / 100;
    auto const dealt = std::min(enemy.hp, std::max(1, full - armour));
    auto& owner = state.players[index_of(tower.owner)];
    enemy.hp -= dealt;
    owner.damage += dealt;
    owner.kills += enemy.hp == 0 ? 1 : 0;
    if (level.slow > 0 && enemy.hp > 0) {
        auto const slowed = stats_of(enemy.kind).speed * (100 - level.slow) / 100;
        enemy.slow_until = std::max(enemy.slow_until, state.tick + level.slow_ticks);
        change_speed(enemy, state.tick, std::min(enemy.speed, slowed));
    }
}

void shoot(State& state, Marks const& marks, Tower& tower)
{
    auto const& level = level_of(tower);
    if (level.reload == 0 || tower.ready_at > state.tick)
        return;
    auto const target = target_of(state, marks, tower);
    if (target == state.enemies.size())
        return;
    tower.ready_at = state.tick + level.reload;
    tower.shot_at = state.tick;
    tower.shot_serial = state.enemies[target].serial;
    for (std::size_t i = 0; i < state.enemies.size(); i++) {
        auto const square = square_between(marks[i].point, marks[target].point);
        bool const is_near = i == target || (level.splash > 0 && square <= square_of(level.splash));
        if (is_near && may_hit(stats_of(tower.kind), state.enemies[i]))
            hit(state, tower, state.enemies[i]);
    }
}

// Gold for enemies is everybody's, in equal parts.
void share(State& state, int gold)
{
    state.pot += gold;
    auto const players = players_of(state);
    auto const part = state.pot / players;
    state.pot %= players;
    for (auto& player : state.players)
        if (player.plays)
            add_gold(player, part);
}

void bury(State& state)
{
    int gold = 0;
    std::erase_if(state.enemies, [&gold](Enemy const& enemy) {
        gold += enemy.hp == 0 ? stats_of(enemy.kind).bounty : 0;
        return enemy.hp == 0;
    });
    // More players meet stronger enemies, and each needs towers.
    share(state, gold * (100 + 75 * (players_of(state) - 1)) / 100);
}

void end_if_over(State& state)
{
    if (state.lives == 0)
        state.phase = Phase::lost;
    else if (state.wave == state.options.waves && is_field_clear(state))
        state.phase = Phase::won;
}

} // namespace

bool is_place_for_wave(State const& state)
{
    auto const ways = map_of(state.options.map).ways().size();
    return state.bands.size() + squads_of(state.wave + 1).size() * ways <= bands_max;
}

void begin_wave(State& state)
{
    state.wave++;
    state.next_wave_at = state.tick + wave_ticks;
    auto const ways = static_cast<int>(map_of(state.options.map).ways().size());
    for (auto const& [kind, count, gap, delay] : squads_of(state.wave))
        for (int way = 0; way < ways; way++)
            // With two ways the odd one comes on the first.
            if (auto const part = (count + ways - 1 - way) / ways; part > 0)
                state.bands.push_back({.kind = kind,
                    .way = way,
                    .left = part,
                    .gap = gap * ways,
                    .next_at = state.tick + 1 + delay + way * gap,
                    .hp = hp_of(kind, state.wave, players_of(state), state.options.difficulty)});
    for (auto const& tower : state.towers)
        add_gold(state.players[index_of(tower.owner)], level_of(tower).income);
}

void tick(State& state)
{
    state.tick++;
    keep_waves_coming(state);
    let_come(state);
    walk(state);
    auto const marks = marks_of(state);
    heal(state, marks);
    for (auto& tower : state.towers)
        shoot(state, marks, tower);
    bury(state);
    end_if_over(state);
}

} // namespace gatehouse::tower_defence
