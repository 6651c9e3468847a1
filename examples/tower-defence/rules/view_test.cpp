// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/test_field.hpp"

#include <gtest/gtest.h>

namespace gatehouse::tower_defence {

namespace {

TEST(View, changes_by_its_tick_alone_while_enemies_walk)
{
    auto field = Field::begun({.calm_seconds = 1});
    field.tick(21);
    ASSERT_EQ(field.state.enemies.size(), 1U);
    field.tick(3);
    auto const before = view_of(field.state);
    field.tick();
    EXPECT_EQ(patch_size(before, view_of(field.state)), std::string(R"({"tick":25})").size());
}

TEST(View, patches_the_one_enemy_that_was_hit_and_the_tower_that_hit_it)
{
    auto field = Field::begun({.calm_seconds = 1});
    field.act(0, Place{TowerKind::arrow, 4, 3});
    std::string text;
    while (field.state.towers[0].shot_at == 0) {
        auto const before = view_of(field.state);
        field.tick();
        text.clear();
        json::Writer out(text);
        write_patch(out, before, view_of(field.state));
    }
    EXPECT_EQ(text,
        R"({"tick":)" + std::to_string(field.state.tick)
            + R"(,"enemies":{"0":{"h":50}},"towers":{"0":{"f":)" + std::to_string(field.state.tick)
            + R"(,"e":1}}})");
}

TEST(View, of_a_busy_field_changes_by_few_bytes_a_tick)
{
    auto field = Field::begun({.waves = 20}, 4);
    std::size_t bytes = 0;
    int ticks = 0;
    std::size_t most = 0;
    auto before = view_of(field.state);
    while (field.state.phase == Phase::playing) {
        for (int seat = 0; field.state.tick % 10 == 0 && seat < 4; seat++)
            if (auto const action = bot_action(view_of(field.state), seat, field.rng))
                field.act(seat, *action);
        field.tick();
        auto after = view_of(field.state);
        auto const size = patch_size(before, after);
        bytes += size;
        most = std::max(most, size);
        ticks++;
        before = std::move(after);
    }
    RecordProperty("bytes_per_tick", static_cast<int>(bytes / static_cast<std::size_t>(ticks)));
    EXPECT_LT(bytes / static_cast<std::size_t>(ticks), 500U);
    EXPECT_LT(most, 6'000U);
}

TEST(View, shows_to_all_the_same)
{
    auto field = Field::begun({}, 2);
    field.tick(900);
    for (int seat = -1; seat < 4; seat++)
        EXPECT_TRUE(is_same(TowerDefence::view(field.state, seat), view_of(field.state)));
}

TEST(View, tells_who_comes_next_until_there_is_no_wave)
{
    auto field = Field::begun({.waves = 2});
    EXPECT_EQ(view_of(field.state).coming.size(), 1U);
    field.act(0, Call{});
    auto const coming = view_of(field.state).coming;
    ASSERT_EQ(coming.size(), 2U);
    EXPECT_EQ(coming[1].kind, EnemyKind::runner);
    EXPECT_EQ(coming[1].count, 4);
    field.act(0, Call{});
    EXPECT_TRUE(view_of(field.state).coming.empty());
}

} // namespace

} // namespace gatehouse::tower_defence
