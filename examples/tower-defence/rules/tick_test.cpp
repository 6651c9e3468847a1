// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/test_field.hpp"

#include <gtest/gtest.h>

namespace gatehouse::tower_defence {

namespace {

// A field without waves, for enemies that a test puts there.
Field calm(int players = 1)
{
    auto field = Field::begun({.waves = 20}, players);
    field.state.wave = 19;
    field.state.next_wave_at = 1'000'000;
    field.state.bands.push_back({.left = 1, .next_at = 1'000'000}); // So it goes on.
    field.state.players[0].gold = 10'000;
    return field;
}

Enemy& put(Field& field, EnemyKind kind, int progress, int hp = 1'000)
{
    auto const slot = static_cast<int>(field.state.enemies.size());
    return field.state.enemies.emplace_back(Enemy{.slot = slot,
        .serial = ++field.state.serials,
        .kind = kind,
        .since = field.state.tick,
        .from = progress,
        .speed = stats_of(kind).speed,
        .hp = hp,
        .hp_max = hp});
}

void build(Field& field, TowerKind kind, int x, int y)
{
    ASSERT_EQ(field.refusal(0, Place{kind, x, y}), "");
    field.act(0, Place{kind, x, y});
    field.state.towers.back().ready_at = 0;
}

TEST(Tick, brings_the_first_wave_when_the_calm_is_over)
{
    auto field = Field::begun({.calm_seconds = 3});
    field.tick(59);
    EXPECT_EQ(field.state.wave, 0);
    field.tick(2);
    EXPECT_EQ(field.state.wave, 1);
    EXPECT_EQ(field.state.enemies.size(), 1U);
    field.tick(20);
    EXPECT_EQ(field.state.enemies.size(), 2U);
}

TEST(Tick, moves_enemies_without_changing_them)
{
    auto field = calm();
    put(field, EnemyKind::walker, 0);
    auto const before = cbor_of(field.state.enemies[0]);
    field.tick(40);
    EXPECT_EQ(cbor_of(field.state.enemies[0]), before);
    EXPECT_EQ(progress_of(field.state.enemies[0], field.state.tick), 40 * 55);
}

TEST(Tick, costs_lives_when_an_enemy_arrives)
{
    auto field = calm();
    put(field, EnemyKind::boss, 33'990);
    put(field, EnemyKind::walker, 30'000);
    field.tick(1);
    EXPECT_EQ(field.state.lives, 15);
    EXPECT_EQ(field.state.enemies.size(), 1U);
    EXPECT_EQ(field.state.players[0].gold, 10'000) << "nothing is paid for that";
}

TEST(Tick, ends_the_game_with_the_last_life_and_lives_are_never_less_than_none)
{
    auto field = calm();
    field.state.lives = 2;
    put(field, EnemyKind::boss, 33'990);
    field.tick(1);
    EXPECT_EQ(field.state.lives, 0);
    EXPECT_EQ(field.state.phase, Phase::lost);
    EXPECT_TRUE(TowerDefence::is_over(field.state));
    EXPECT_FALSE(TowerDefence::is_ticking(field.state));
}

TEST(Tick, ends_the_game_with_the_last_enemy)
{
    auto field = calm();
    field.state.wave = 20;
    field.state.bands.clear();
    put(field, EnemyKind::walker, 2'900, 5);
    field.tick(1);
    EXPECT_EQ(field.state.phase, Phase::playing);
    build(field, TowerKind::arrow, 3, 3);
    field.tick(1);
    EXPECT_EQ(field.state.phase, Phase::won);
}

TEST(Tick, shoots_at_who_is_first_last_strongest_or_nearest)
{
    auto const shot_at = [](Aim aim) {
        auto field = calm();
        put(field, EnemyKind::walker, 1'500, 50);
        put(field, EnemyKind::walker, 3'000, 60);
        put(field, EnemyKind::walker, 4'500, 40);
        put(field, EnemyKind::walker, 2'300, 90);
        build(field, TowerKind::arrow, 3, 3);
        field.state.towers[0].aim = aim;
        field.tick(1);
        return field.state.towers[0].shot_serial;
    };
    EXPECT_EQ(shot_at(Aim::first), 3);
    EXPECT_EQ(shot_at(Aim::last), 1);
    EXPECT_EQ(shot_at(Aim::strong), 4);
    EXPECT_EQ(shot_at(Aim::near), 2);
}

TEST(Tick, reloads_between_shots_and_reaches_so_far_and_no_further)
{
    auto field = calm();
    put(field, EnemyKind::walker, 3'000);
    field.state.enemies[0].speed = 0;
    build(field, TowerKind::arrow, 3, 3);
    build(field, TowerKind::arrow, 7, 3);
    field.tick(14);
    EXPECT_EQ(field.state.enemies[0].hp, 990);
    field.tick(1);
    EXPECT_EQ(field.state.enemies[0].hp, 980);
    EXPECT_EQ(field.state.towers[1].shot_at, 0);
}

TEST(Tick, takes_armour_from_what_a_hit_does_but_not_from_a_ballistas)
{
    auto field = calm();
    put(field, EnemyKind::brute, 3'000);
    build(field, TowerKind::arrow, 3, 3);
    field.tick(1);
    EXPECT_EQ(field.state.enemies[0].hp, 995);
    field = calm();
    put(field, EnemyKind::brute, 3'000);
    build(field, TowerKind::frost, 3, 3);
    field.tick(1);
    EXPECT_EQ(field.state.enemies[0].hp, 999) << "one is left";
    field = calm();
    put(field, EnemyKind::brute, 3'000);
    build(field, TowerKind::ballista, 3, 3);
    field.tick(1);
    EXPECT_EQ(field.state.enemies[0].hp, 945);
}

TEST(Tick, splashes_around_a_cannons_ball_on_the_ground)
{
    auto field = calm();
    put(field, EnemyKind::walker, 3'000);
    put(field, EnemyKind::walker, 2'400);
    put(field, EnemyKind::walker, 1'000);
    put(field, EnemyKind::flyer, 3'000);
    build(field, TowerKind::cannon, 3, 3);
    field.tick(1);
    EXPECT_EQ(field.state.enemies[0].hp, 982);
    EXPECT_EQ(field.state.enemies[1].hp, 982);
    EXPECT_EQ(field.state.enemies[2].hp, 1'000);
    EXPECT_EQ(field.state.enemies[3].hp, 1'000) << "who flies is not hit";
}

TEST(Tick, slows_whom_frost_hits_for_a_while)
{
    auto field = calm();
    put(field, EnemyKind::runner, 3'000);
    build(field, TowerKind::frost, 3, 3);
    field.tick(1);
    auto const& runner = field.state.enemies[0];
    EXPECT_EQ(runner.speed, 65);
    EXPECT_EQ(progress_of(runner, field.state.tick), 3'100) << "it goes on where it was";
    field.act(0, sell(3, 3));
    field.tick(29);
    EXPECT_EQ(runner.speed, 65);
    field.tick(1);
    EXPECT_EQ(runner.speed, 100);
    EXPECT_EQ(progress_of(runner, field.state.tick), 3'100 + 30 * 65);
}

TEST(Tick, lets_beacons_help_the_best_of_them_and_earn)
{
    auto field = calm();
    build(field, TowerKind::arrow, 3, 3);
    build(field, TowerKind::beacon, 3, 4);
    EXPECT_EQ(field.state.towers[0].boost, 20);
    EXPECT_EQ(field.state.towers[1].boost, 0);
    build(field, TowerKind::beacon, 4, 3);
    field.act(0, upgrade(4, 3));
    EXPECT_EQ(field.state.towers[0].boost, 30);
    put(field, EnemyKind::walker, 3'000);
    field.tick(1);
    EXPECT_EQ(field.state.enemies[0].hp, 1'000 - 13);
    auto const gold = field.state.players[0].gold;
    field.act(0, Call{});
    EXPECT_EQ(field.state.players[0].gold - gold, 1'000'000 / 20 + 6 + 10 - 1);
    field.act(0, sell(4, 3));
    EXPECT_EQ(field.state.towers[0].boost, 20);
}

TEST(Tick, lets_shamans_heal_who_is_near)
{
    auto field = calm();
    put(field, EnemyKind::shaman, 3'000).hp = 500;
    put(field, EnemyKind::walker, 3'500).hp = 500;
    put(field, EnemyKind::walker, 9'000).hp = 500;
    put(field, EnemyKind::walker, 3'500).hp = 990;
    field.tick(20);
    EXPECT_EQ(field.state.enemies[0].hp, 540);
    EXPECT_EQ(field.state.enemies[1].hp, 540);
    EXPECT_EQ(field.state.enemies[2].hp, 500);
    EXPECT_EQ(field.state.enemies[3].hp, 1'000);
}

TEST(Tick, shares_gold_and_keeps_what_cannot_be_shared)
{
    auto field = calm(3);
    field.state.players[0].gold = 1'000;
    put(field, EnemyKind::walker, 3'000, 5);
    build(field, TowerKind::arrow, 3, 3);
    field.tick(1);
    // 5 · 2.5 = 12 for three.
    EXPECT_EQ(field.state.players[0].gold, 950 + 4);
    EXPECT_EQ(field.state.players[2].gold, 180 + 4);
    EXPECT_EQ(field.state.players[0].kills, 1);
    EXPECT_EQ(field.state.players[0].damage, 5);
    put(field, EnemyKind::flyer, 3'000, 1); // 7 · 2.5 = 17 more.
    field.state.towers[0].ready_at = 0;
    put(field, EnemyKind::flyer, 3'000, 1);
    field.tick(1);
    EXPECT_EQ(field.state.players[2].gold, 180 + 4 + 5);
    EXPECT_EQ(field.state.pot, 2);
}

TEST(Tick, has_a_bound_for_enemies_and_the_others_wait)
{
    auto field = calm();
    for (std::size_t i = 0; i < enemies_max; i++)
        put(field, EnemyKind::walker, static_cast<int>(i) * 20);
    field.state.bands[0] = {.kind = EnemyKind::walker, .left = 2, .gap = 1, .hp = 9};
    field.tick(3);
    EXPECT_EQ(field.state.enemies.size(), enemies_max);
    EXPECT_EQ(field.state.bands.at(0).left, 2);
    field.state.enemies[7].from = 33'999;
    field.tick(1); // It arrives …
    field.tick(1); // … and another comes in its place.
    EXPECT_EQ(field.state.enemies.size(), enemies_max);
    EXPECT_EQ(field.state.enemies.back().slot, 7);
    EXPECT_EQ(field.state.bands.at(0).left, 1);
}

TEST(Tick, halves_a_wave_where_two_ways_lead_to_the_castle)
{
    auto field = Field::begun({.map = MapName::crossing});
    for (int wave = 1; wave <= 3; wave++)
        begin_wave(field.state);
    std::array<int, 2> by_way{};
    for (auto const& band : field.state.bands)
        by_way[static_cast<std::size_t>(band.way)] += band.left;
    EXPECT_EQ(by_way[0], 4 + 4 + 2 + 9);
    EXPECT_EQ(by_way[0], by_way[1]);
}

TEST(Tick, makes_enemies_stronger_later_for_more_players_and_as_wished)
{
    auto const hp = [](int wave, int players, Difficulty difficulty) {
        return hp_of(EnemyKind::walker, wave, players, difficulty);
    };
    EXPECT_EQ(hp(1, 1, Difficulty::normal), 60);
    EXPECT_GT(hp(2, 1, Difficulty::normal), 60);
    EXPECT_GT(hp(1, 2, Difficulty::normal), 60);
    EXPECT_GT(hp(1, 1, Difficulty::hard), 60);
    EXPECT_LT(hp(1, 1, Difficulty::easy), 60);
}

} // namespace

} // namespace gatehouse::tower_defence
