// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/test_field.hpp"

#include <gtest/gtest.h>

namespace gatehouse::tower_defence {

namespace {

constexpr auto arrow = TowerKind::arrow;

TEST(TowerDefence, begins_for_whoever_sits_there)
{
    Field field({}, 3);
    field.seats[1] = rooms::Occupant::nobody;
    EXPECT_TRUE(TowerDefence::is_open(field.state));
    EXPECT_FALSE(TowerDefence::is_ticking(field.state));
    EXPECT_EQ(field.refusal(0, Call{}), "the game has not begun");
    EXPECT_EQ(field.refusal(rooms::spectator, Start{}), "spectators watch, they do not play");
    field.act(2, Start{});
    EXPECT_TRUE(TowerDefence::is_ticking(field.state));
    EXPECT_FALSE(TowerDefence::is_open(field.state));
    EXPECT_EQ(view_of(field.state).seats, (std::vector{0, 2}));
    EXPECT_EQ(view_of(field.state).gold, (BySeat<int>{210, 0, 210, 0}));
    EXPECT_EQ(field.refusal(0, Start{}), "the game has begun");
    EXPECT_EQ(field.refusal(1, Call{}), "your seat is not in this game");
}

TEST(TowerDefence, has_dice_that_the_seed_gives)
{
    Field field;
    auto const event = field.decide(0, Start{}).events.at(0);
    EXPECT_FALSE(TowerDefence::unfair(field.state, event, field.chance));
    auto loaded = std::get<Started>(event);
    loaded.dice++;
    EXPECT_TRUE(TowerDefence::unfair(field.state, loaded, field.chance));
    EXPECT_FALSE(TowerDefence::news(field.state, event, 0)) << "the dice are told to nobody";
}

TEST(TowerDefence, says_why_nothing_is_built)
{
    auto field = Field::begun({}, 2);
    EXPECT_EQ(field.refusal(0, Place{arrow, 3, 2}), "that is the enemies' way: build beside it");
    EXPECT_EQ(
        field.refusal(0, Place{arrow, 2, 0}), "nothing can be built there: choose free ground");
    EXPECT_EQ(field.refusal(0, Place{arrow, -1, 2'000'000'000}),
        "nothing can be built there: choose free ground");
    EXPECT_EQ(field.refusal(0, upgrade(3, 3)), "no tower stands there");
    field.act(0, Place{TowerKind::ballista, 3, 3});
    EXPECT_EQ(field.state.players[0].gold, 90);
    EXPECT_EQ(field.refusal(1, Place{arrow, 3, 3}), "a tower stands there already");
    EXPECT_EQ(
        field.refusal(0, Place{TowerKind::beacon, 4, 3}), "that costs 110 gold, and you have 90");
    EXPECT_EQ(field.refusal(0, upgrade(3, 3)), "that costs 110 gold, and you have 90");
    EXPECT_EQ(field.refusal(1, upgrade(3, 3)), "this tower is another player's");
    EXPECT_EQ(field.refusal(1, sell(3, 3)), "this tower is another player's");
    EXPECT_EQ(field.refusal(0, ping(14, 0)), "that is beside the map");
    EXPECT_EQ(field.refusal(0, ping(13, 11)), "");
}

TEST(TowerDefence, upgrades_to_the_third_level_and_buys_back_for_seven_tenths)
{
    auto field = Field::begun();
    field.act(0, Place{arrow, 3, 3});
    field.act(0, upgrade(3, 3));
    field.act(0, upgrade(3, 3));
    EXPECT_EQ(field.state.players[0].gold, 280 - 50 - 45 - 80);
    EXPECT_EQ(field.state.towers.at(0).level, 2);
    EXPECT_EQ(field.refusal(0, upgrade(3, 3)), "this tower cannot become better");
    field.act(0, sell(3, 3));
    EXPECT_EQ(field.state.players[0].gold, 280 - 175 + 122);
    EXPECT_TRUE(field.state.towers.empty());
}

TEST(TowerDefence, has_a_bound_for_towers)
{
    auto field = Field::begun();
    field.state.players[0].gold = 100'000;
    for (int y = 0; y < map_height; y++)
        for (int x = 0; x < map_width; x++)
            field.act(0, Place{arrow, x, y});
    EXPECT_EQ(field.state.towers.size(), towers_max);
    EXPECT_EQ(field.refusal(0, Place{arrow, 13, 11}), "64 towers are the most: sell one");
}

TEST(TowerDefence, aims_as_its_owner_wishes)
{
    auto field = Field::begun({}, 2);
    field.act(0, Place{arrow, 3, 3});
    EXPECT_EQ(field.refusal(0, Target{3, 3, Aim::first}), "it aims so already");
    field.act(0, Target{3, 3, Aim::strong});
    EXPECT_EQ(field.state.towers.at(0).aim, Aim::strong);
    EXPECT_NE(field.refusal(1, Target{3, 3, Aim::near}), "");
}

TEST(TowerDefence, gives_gold_to_friends)
{
    auto field = Field::begun({}, 2);
    EXPECT_EQ(field.refusal(0, Give{0, 5}), "give to another player of this game");
    EXPECT_EQ(field.refusal(0, Give{2, 5}), "give to another player of this game");
    EXPECT_EQ(field.refusal(0, Give{-7, 5}), "give to another player of this game");
    EXPECT_EQ(field.refusal(0, Give{1, 0}), "give one piece of gold or more");
    EXPECT_EQ(field.refusal(0, Give{1, -5}), "give one piece of gold or more");
    EXPECT_EQ(field.refusal(0, Give{1, 211}), "you have 210 gold");
    auto const decision = field.act(0, Give{1, 60});
    EXPECT_EQ(view_of(field.state).gold, (BySeat<int>{150, 270, 0, 0}));
    auto const news = TowerDefence::news(field.state, decision.events.at(0), 1);
    EXPECT_EQ(std::get<Gave>(*news).gold, 60);
}

TEST(TowerDefence, calls_waves_early_for_gold)
{
    auto field = Field::begun();
    field.act(0, Call{});
    EXPECT_EQ(field.state.wave, 1);
    EXPECT_EQ(field.state.players[0].gold, 280) << "nothing for the first";
    field.tick(20);
    field.act(0, Call{});
    EXPECT_EQ(field.state.wave, 2);
    EXPECT_EQ(field.state.players[0].gold, 280 + 25);
}

TEST(TowerDefence, lets_nobody_call_more_waves_than_there_are)
{
    auto field = Field::begun({.waves = 3});
    for (int i = 0; i < 3; i++)
        field.act(0, Call{});
    EXPECT_EQ(field.refusal(0, Call{}), "this is the last wave");
    auto crowded = Field::begun({.map = MapName::crossing, .waves = 20});
    while (crowded.refusal(0, Call{}).empty())
        crowded.act(0, Call{});
    EXPECT_EQ(crowded.refusal(0, Call{}), "too many are coming already: wait for some of them");
    EXPECT_LE(crowded.state.bands.size(), bands_max);
}

TEST(TowerDefence, is_won_or_lost_by_all_together)
{
    auto field = Field::begun({}, 2);
    field.state.players[1].damage = 7;
    field.state.phase = Phase::won;
    auto const won = TowerDefence::results(field.state);
    ASSERT_EQ(won.size(), 2U);
    EXPECT_EQ(won[1].place, 1);
    EXPECT_EQ(won[1].points, 7);
    field.state.phase = Phase::lost;
    EXPECT_EQ(TowerDefence::results(field.state)[0].place, 2);
    EXPECT_EQ(field.refusal(0, Call{}), "the game is over");
}

TEST(TowerDefence, keeps_options_within_bounds)
{
    auto const options = within_bounds({.waves = 1'000, .calm_seconds = -4});
    EXPECT_EQ(options.waves, waves_max);
    EXPECT_EQ(options.calm_seconds, 1);
}

TEST(TowerDefence, tells_its_book)
{
    auto const field = Field::begun({.map = MapName::crossing});
    auto const reply = TowerDefence::ask(view_of(field.state), rooms::spectator, AskBook{});
    ASSERT_TRUE(reply);
    auto const& book = std::get<Book>(*reply);
    EXPECT_EQ(book.ways.size(), 2U);
    EXPECT_EQ(book.ground.size(), 12U);
    for (std::size_t i = 0; i < book.towers.size(); i++)
        EXPECT_EQ(static_cast<std::size_t>(book.towers[i].kind), i);
    for (std::size_t i = 0; i < book.enemies.size(); i++)
        EXPECT_EQ(static_cast<std::size_t>(book.enemies[i].kind), i);
}

} // namespace

} // namespace gatehouse::tower_defence
