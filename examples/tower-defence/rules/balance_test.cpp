// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/test_field.hpp"

#include <gtest/gtest.h>

// Whole games in simulated time: is the game worth playing?

namespace gatehouse::tower_defence {

namespace {

constexpr std::array maps{MapName::meadow, MapName::crossing, MapName::spiral};

TEST(Balance, a_team_of_bots_wins_what_is_easy)
{
    for (auto const map : maps)
        for (int players = 1; players <= 4; players++) {
            auto field = Field::begun({.map = map, .difficulty = Difficulty::easy}, players);
            field.let_bots_play();
            EXPECT_EQ(field.state.phase, Phase::won)
                << enum_names(map)[static_cast<std::size_t>(map)] << " for " << players << ", wave "
                << field.state.wave;
        }
}

TEST(Balance, a_team_that_does_nothing_loses_before_the_fifth_wave)
{
    for (auto const map : maps)
        for (int players = 1; players <= 4; players++) {
            auto field = Field::begun({.map = map, .difficulty = Difficulty::easy}, players);
            field.tick(1'000'000);
            EXPECT_EQ(field.state.phase, Phase::lost);
            EXPECT_LE(field.state.wave, 5);
        }
}

TEST(Balance, what_is_hard_needs_people)
{
    int lost = 0;
    for (auto const map : maps)
        for (int players = 1; players <= 4; players++) {
            auto field
                = Field::begun({.map = map, .difficulty = Difficulty::hard, .waves = 20}, players);
            field.let_bots_play();
            lost += field.state.phase == Phase::lost ? 1 : 0;
            EXPECT_GE(field.state.wave, 4) << "and is not hopeless";
        }
    EXPECT_GE(lost, 9);
}

TEST(Balance, bots_are_never_refused)
{
    auto field = Field::begun({.map = MapName::crossing}, 4);
    while (field.state.phase == Phase::playing) {
        for (int seat = 0; field.state.tick % 7 == 0 && seat < 4; seat++)
            if (auto const action = bot_action(view_of(field.state), seat, field.rng)) {
                auto const decision = field.act(seat, *action);
                ASSERT_FALSE(decision.refusal) << decision.refusal->message;
            }
        field.tick();
    }
}

} // namespace

} // namespace gatehouse::tower_defence
