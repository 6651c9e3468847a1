// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/test_field.hpp"

#include "gatehouse/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

// Random players ask for things, sensible and not, between the ticks of a million steps; after each
// of them the field is looked over.

namespace gatehouse::tower_defence {

namespace {

constexpr int steps_in_all = 1'000'000;

class Monkey {
public:
    Monkey(std::uint64_t seed, State const& state)
        : rng_(std::string(32, 'm'), seed)
        , state_(state)
    { }

    [[nodiscard]] std::uint32_t below(std::uint32_t count) { return rng_.below(count); }
    int seat() { return static_cast<int>(below(6)) - 1; }

    Action action()
    {
        switch (below(9)) {
        case 0: return Start{};
        case 1:
        case 2:
            return Place{static_cast<TowerKind>(below(5)), number(map_width), number(map_height)};
        case 3: return upgrade(tile().x, tile().y);
        case 4: {
            auto const [x, y] = tile();
            return sell(x, y);
        }
        case 5: {
            auto const [x, y] = tile();
            return Target{x, y, static_cast<Aim>(below(4))};
        }
        case 6: return below(20) == 0 ? Action(Call{}) : Action(ping(number(20), number(20)));
        case 7: return Give{number(5) - 1, number(500) - 100};
        default: {
            auto const [x, y] = tile();
            return upgrade(x, y);
        }
        }
    }

private:
    // Mostly below `count`, now and then anything.
    int number(int count)
    {
        if (below(40) == 0)
            return static_cast<int>(rng_.next());
        return static_cast<int>(below(static_cast<std::uint32_t>(count)));
    }
    // Mostly one with a tower on it.
    Tile tile()
    {
        if (state_.towers.empty() || below(4) == 0)
            return {number(map_width), number(map_height)};
        auto const& tower = state_.towers[below(static_cast<std::uint32_t>(state_.towers.size()))];
        return {tower.x, tower.y};
    }

    rooms::Rng rng_;
    State const& state_;
};

std::string wrong_with_enemies(State const& state)
{
    std::set<int> slots;
    for (auto const& enemy : state.enemies) {
        auto const& ways = map_of(state.options.map).ways();
        if (enemy.way < 0 || static_cast<std::size_t>(enemy.way) >= ways.size())
            return "an enemy is on no way";
        auto const progress = progress_of(enemy, state.tick);
        auto const& way = ways[static_cast<std::size_t>(enemy.way)];
        if (progress < 0 || progress >= length_of(way, travel_of(enemy.kind)))
            return "an enemy is beside its way";
        if (enemy.hp < 1 || enemy.hp > enemy.hp_max)
            return "an enemy is dead, or more than alive";
        if (enemy.speed < 1 || enemy.speed > stats_of(enemy.kind).speed)
            return "an enemy stands, or goes too fast";
        if (!slots.insert(enemy.slot).second || enemy.slot < 0
            || enemy.slot >= static_cast<int>(enemies_max))
            return "two enemies have one slot";
    }
    return "";
}

std::string wrong_with_towers(State const& state)
{
    std::set<std::pair<int, int>> tiles;
    for (auto const& tower : state.towers) {
        if (!is_ground(map_of(state.options.map), {tower.x, tower.y}))
            return "a tower stands where none may";
        if (!tiles.insert({tower.x, tower.y}).second)
            return "two towers stand on one tile";
        if (tower.level < 0 || tower.level >= levels_count
            || !state.players[index_of(tower.owner)].plays)
            return "a tower is of no level, or nobody's";
    }
    return state.towers.size() > towers_max ? "too many towers" : "";
}

std::string wrong_with(State const& before, State const& state)
{
    for (auto const& player : state.players)
        if (player.gold < 0 || player.gold > gold_max || player.damage < 0
            || (!player.plays && player.gold != 0))
            return "gold is out of bounds";
    if (state.lives < 0 || state.lives > before.lives)
        return "lives have risen";
    if (state.wave < before.wave || state.wave > state.options.waves || state.tick < before.tick)
        return "time runs backwards";
    if (state.bands.size() > bands_max || state.enemies.size() > enemies_max)
        return "too many enemies";
    if ((state.lives == 0) != (state.phase == Phase::lost))
        return "it is lost with lives, or not without";
    auto const enemies = wrong_with_enemies(state);
    return enemies.empty() ? wrong_with_towers(state) : enemies;
}

Options options_of(Monkey& monkey)
{
    return {.map = static_cast<MapName>(monkey.below(3)),
        .difficulty = static_cast<Difficulty>(monkey.below(3)),
        .waves = static_cast<int>(monkey.below(22)),
        .calm_seconds = static_cast<int>(monkey.below(10))};
}

TEST(Properties, hold_for_a_million_steps)
{
    int steps = 0;
    int won = 0;
    int accepted = 0;
    for (std::uint64_t game = 1; steps < steps_in_all; game++) {
        Field field({}, 1 + static_cast<int>(game % 4), game);
        Monkey monkey(game, field.state);
        field.state = TowerDefence::begin(options_of(monkey));
        auto const is_rich = game % 3 == 0;
        while (steps < steps_in_all && !TowerDefence::is_over(field.state)) {
            auto const before = field.state;
            if (!TowerDefence::is_ticking(field.state) || monkey.below(3) == 0) {
                auto const decision = field.act(monkey.seat(), monkey.action());
                accepted += decision.refusal ? 0 : 1;
                ASSERT_EQ(decision.refusal.has_value(), decision.events.empty());
                ASSERT_TRUE(!decision.refusal || is_same(before, field.state));
                if (is_rich && field.state.phase == Phase::playing)
                    for (auto& player : field.state.players)
                        add_gold(player, player.plays ? 20 : 0);
            } else {
                field.tick();
            }
            steps++;
            ASSERT_EQ(wrong_with(before, field.state), "") << "game " << game;
        }
        won += field.state.phase == Phase::won ? 1 : 0;
    }
    EXPECT_GT(won, 3);
    EXPECT_GT(accepted, steps_in_all / 50);
}

// Two runs with the same inputs; the second one is written and read again every so often.
TEST(Properties, the_same_inputs_lead_to_the_same_state_through_a_store)
{
    for (std::uint64_t game = 1; game <= 6; game++) {
        Options const options{.map = static_cast<MapName>(game % 3), .calm_seconds = 2};
        auto one = Field::begun(options, 4, game);
        auto two = Field::begun(options, 4, game);
        Monkey monkey(game, one.state);
        for (int step = 0; step < 4'000 && !TowerDefence::is_over(one.state); step++) {
            if (monkey.below(4) == 0) {
                auto const seat = monkey.seat();
                auto const action = monkey.action();
                one.act(seat, action);
                two.act(seat, action);
            }
            one.tick();
            two.tick();
            if (step % 50 == 7)
                two.state = read_again(two.state);
            ASSERT_EQ(sha256(cbor_of(one.state)), sha256(cbor_of(two.state))) << step;
        }
        EXPECT_GT(one.state.serials, 20);
    }
}

// The kit of gatehouse/testing.hpp: what is stored leads to what was played.
TEST(Properties, hold_by_the_test_kit)
{
    auto const report = testing::fuzz<TowerDefence>({.actions = 10'000});
    EXPECT_TRUE(report) << report.text();
    auto const again = testing::determinism<TowerDefence>({.actions = 2'000});
    EXPECT_TRUE(again) << again.text();
}

// Held for ever: a room that was stored must tick to the same field on each machine and compiler.
// Where the rules change, so does this, and the version with it.
TEST(Properties, a_whole_game_is_the_same_everywhere)
{
    auto field = Field::begun({.map = MapName::crossing, .difficulty = Difficulty::easy}, 2, 7);
    field.let_bots_play();
    EXPECT_EQ(to_hex(sha256(cbor_of(field.state))).substr(0, 16), "23aa921700b661b4");
}

} // namespace

} // namespace gatehouse::tower_defence
