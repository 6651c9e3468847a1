// SPDX-License-Identifier: Apache-2.0
#include "upstream/split.hpp"

#include "upstream/quick_dice.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::upstream {
namespace {

Split split_of(std::vector<int> const& weights)
{
    std::vector<SplitTarget> targets;
    for (int const weight : weights)
        targets.push_back({"service-" + std::to_string(targets.size()), weight});
    return Split(targets);
}

std::string key(int number)
{
    return "player " + std::to_string(number);
}

struct Splits : ::testing::Test {
    std::mt19937 chance{5};

    std::vector<int> draw_weights(std::size_t count)
    {
        std::vector<int> weights(count);
        for (int& weight : weights)
            weight = static_cast<int>(chance() % 5 == 0 ? 0 : chance() % 100);
        weights[chance() % count] = 1 + static_cast<int>(chance() % 99);
        return weights;
    }
};

// Within five standard deviations of each share.
TEST_F(Splits, give_each_target_its_share_either_way)
{
    constexpr int requests = 20'000;
    for (int round = 0; round < 30; round++) {
        auto const weights = draw_weights(1 + chance() % 6);
        auto const split = split_of(weights);
        QuickDice dice(chance());
        std::vector<int> drawn(weights.size());
        std::vector<int> sticky(weights.size());
        for (int i = 0; i < requests; i++) {
            drawn[split.pick(dice.fraction())]++;
            sticky[split.pick_for(key(i))]++;
        }
        double total = 0;
        for (int const weight : weights)
            total += weight;
        for (std::size_t i = 0; i < weights.size(); i++) {
            auto const share = weights[i] / total;
            auto const bound = 5 * std::sqrt(requests * share * (1 - share));
            EXPECT_NEAR(drawn[i], requests * share, bound);
            EXPECT_NEAR(sticky[i], requests * share, bound);
        }
    }
}

TEST_F(Splits, begin_and_end_with_targets_that_have_a_weight)
{
    auto const split = split_of({0, 1, 0, 1, 0});
    EXPECT_EQ(split.pick(0), 1u);
    EXPECT_EQ(split.pick(0.4999), 1u);
    EXPECT_EQ(split.pick(0.5), 3u);
    EXPECT_EQ(split.pick(std::nextafter(1.0, 0.0)), 3u);
}

TEST_F(Splits, lead_a_key_to_the_same_target_in_whatever_order_they_stand)
{
    Split const one({{"a", 30}, {"b", 50}, {"c", 20}});
    Split const other({{"c", 20}, {"a", 30}, {"b", 50}});
    for (int i = 0; i < 1'000; i++)
        EXPECT_EQ(one.targets()[one.pick_for(key(i))], other.targets()[other.pick_for(key(i))]);
}

TEST_F(Splits, keep_whoever_has_seen_the_new_version_while_its_share_grows)
{
    std::vector<bool> has_seen(2'000);
    for (int percent = 1; percent <= 100; percent++) {
        auto const split = split_of({100 - percent, percent});
        for (int i = 0; i < 2'000; i++) {
            bool const sees = split.pick_for(key(i)) == 1;
            ASSERT_TRUE(sees || !has_seen[static_cast<std::size_t>(i)]);
            has_seen[static_cast<std::size_t>(i)] = sees;
        }
    }
    for (bool const each : has_seen)
        EXPECT_TRUE(each);
}

// Whatever weights become of whatever weights: a key moves only to a target whose weight has grown
// against that of the one it leaves.
TEST_F(Splits, move_keys_only_towards_what_has_grown)
{
    int moved = 0;
    for (int round = 0; round < 300; round++) {
        auto const count = 2 + chance() % 5;
        auto const before = draw_weights(count);
        auto const after = draw_weights(count);
        auto const old_split = split_of(before);
        auto const new_split = split_of(after);
        for (int i = 0; i < 200; i++) {
            auto const from = old_split.pick_for(key(i));
            auto const to = new_split.pick_for(key(i));
            if (from == to)
                continue;
            moved++;
            ASSERT_GT(after[to] * before[from], before[to] * after[from]);
        }
    }
    EXPECT_GT(moved, 5'000) << "the test shows nothing otherwise";
}

} // namespace
} // namespace gatehouse::upstream
