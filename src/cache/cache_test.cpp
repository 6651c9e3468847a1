// SPDX-License-Identifier: Apache-2.0
#include "cache/cache.hpp"

#include "cache/testing.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace gatehouse::cache {
namespace {

using namespace std::chrono_literals;

class CountingDice final : public Dice {
public:
    std::string bytes(std::size_t size) override { return std::string(size, ++next_); }

private:
    char next_ = 0;
};

using Heard = std::optional<std::string>;

struct CacheOfAShard : ::testing::Test {
    Now now{TimePoint(1h), WallTime{1'000'000}};
    CountingDice dice{};
    testing::SharedInMemory shared{};
    Options options{.name = "rooms", .secret = "s"};
    Cache cache{options, now, dice, &shared};

    std::unique_ptr<Cache> another() // Of the next process, or the next owner.
    {
        return std::make_unique<Cache>(options, now, dice, &shared);
    }
    Heard ask(Cache& whom, std::string_view key)
    {
        Heard heard;
        whom.get(key, [&](std::optional<std::string_view> value) { heard = Heard(value); });
        shared.answer_all();
        return heard;
    }
};

TEST_F(CacheOfAShard, answers_from_memory_at_once)
{
    cache.put("k", 1, "v");
    EXPECT_EQ(ask(cache, "k"), "v");
    EXPECT_EQ(shared.gets, 0U);
    EXPECT_EQ(cache.tally().local.hits, 1U);
}

TEST_F(CacheOfAShard, leaves_what_it_knows_to_whoever_comes_next)
{
    cache.put("k", 1, "v");
    auto const next = another();
    EXPECT_EQ(ask(*next, "k"), "v");
    EXPECT_EQ(next->tally().shared.hits, 1U);
    EXPECT_EQ(ask(*next, "k"), "v");
    EXPECT_EQ(shared.gets, 1U);
}

TEST_F(CacheOfAShard, asks_once_for_all_who_ask_at_the_same_time)
{
    another()->put("k", 1, "v");
    std::vector<Heard> heard;
    for (int i = 0; i < 10; i++)
        cache.get("k", [&](std::optional<std::string_view> value) {
            heard.push_back(Heard(value));
        });
    EXPECT_EQ(shared.gets, 1U);
    shared.answer_all();
    EXPECT_EQ(heard, std::vector<Heard>(10, "v"));
}

TEST_F(CacheOfAShard, has_room_for_so_many_questions_and_misses_the_others)
{
    for (std::size_t i = 0; i < options.questions_max; i++)
        cache.get(std::to_string(i), [](auto) {});
    bool missed = false;
    cache.get("one more", [&](auto value) { missed = !value; });
    EXPECT_TRUE(missed);
    EXPECT_EQ(cache.tally().shared.errors, 1U);
    shared.answer_all();
}

// The race that leases were invented for (Nishtala et al., Scaling Memcache at Facebook, §3.2.1).
TEST_F(CacheOfAShard, refuses_an_answer_that_was_read_before_a_write)
{
    another()->put("k", 1, "old");
    Heard heard = "nothing yet";
    cache.get("k", [&](std::optional<std::string_view> value) { heard = Heard(value); });
    cache.drop("k", 1);
    shared.answer_all();
    EXPECT_EQ(heard, std::nullopt);
    EXPECT_EQ(ask(cache, "k"), std::nullopt);
    cache.put("k", 2, "new");
    EXPECT_EQ(ask(cache, "k"), "new");
    EXPECT_EQ(ask(*another(), "k"), "new");
}

TEST_F(CacheOfAShard, answers_what_was_put_while_it_asked)
{
    another()->put("k", 1, "old");
    Heard heard;
    cache.get("k", [&](std::optional<std::string_view> value) { heard = Heard(value); });
    cache.drop("k", 1);
    cache.put("k", 2, "new");
    shared.answer_all();
    EXPECT_EQ(heard, "new");
}

TEST_F(CacheOfAShard, believes_nothing_shared_from_before_a_drop_that_got_lost)
{
    cache.put("k", 1, "old");
    shared.is_down = true;
    cache.drop("k", 1);
    shared.answer_all();
    shared.is_down = false;
    EXPECT_EQ(ask(cache, "k"), std::nullopt);
    now.wall = now.wall + 1ms;
    cache.put("other", 1, "fresh");
    Cache small({.name = "rooms", .secret = "s", .bytes_max = 0}, now, dice, &shared);
    EXPECT_EQ(ask(small, "other"), "fresh");
}

TEST_F(CacheOfAShard, believes_nothing_for_longer_than_it_may)
{
    cache.put("k", 1, "v");
    now.wall = now.wall + (options.ttl - 1ms);
    EXPECT_EQ(ask(cache, "k"), "v");
    EXPECT_EQ(ask(*another(), "k"), "v");
    now.wall = now.wall + 1ms;
    EXPECT_EQ(ask(cache, "k"), std::nullopt);
    EXPECT_EQ(ask(*another(), "k"), std::nullopt);
}

TEST_F(CacheOfAShard, believes_nobody_whose_clock_is_far_ahead)
{
    now.wall = now.wall + 1h;
    another()->put("k", 1, "v");
    now.wall = {now.wall.ms - 3'600'000};
    EXPECT_EQ(ask(cache, "k"), std::nullopt);
}

TEST_F(CacheOfAShard, forgets_all_of_it_at_once)
{
    cache.put("k", 1, "v");
    cache.get("unknown", [](auto) {});
    cache.clear();
    EXPECT_EQ(ask(cache, "k"), std::nullopt);
    EXPECT_EQ(cache.tally().entries, 0U);
    auto const next = another();
    EXPECT_EQ(ask(*next, "k"), std::nullopt);
    now.wall = now.wall + options.skew_max + 1ms;
    cache.put("k", 1, "without a name");
    EXPECT_EQ(ask(*next, "k"), "without a name");
}

TEST_F(CacheOfAShard, forgets_what_somebody_shared_whose_clock_is_ahead)
{
    auto const theirs = now.wall + options.skew_max;
    auto const ours = std::exchange(now.wall, theirs);
    another()->put("k", 1, "v");
    another()->put("l", 1, "v");
    now.wall = ours;
    shared.is_down = true;
    cache.drop("l", 1);
    shared.answer_all();
    shared.is_down = false;
    EXPECT_EQ(ask(cache, "l"), std::nullopt);
    another()->clear();
    EXPECT_EQ(ask(*another(), "k"), std::nullopt);
}

TEST_F(CacheOfAShard, takes_nonsense_in_the_shared_layer_for_nothing)
{
    cache.put("k", 1, "v");
    cache.put("l", 1, "another");
    auto& [first, second] = *shared.kept.begin();
    second.value = std::next(shared.kept.begin())->second.value; // A foreign key's value.
    auto const next = another();
    EXPECT_EQ(ask(*next, "k"), std::nullopt);
    second.value = "nonsense";
    EXPECT_EQ(ask(*next, "k"), std::nullopt);
    EXPECT_EQ(next->tally().shared.errors, 2U);
}

TEST_F(CacheOfAShard, does_not_share_what_is_too_big)
{
    cache.put("k", 1, std::string(options.value_bytes_max + 1, 'x'));
    EXPECT_TRUE(shared.kept.empty());
    EXPECT_NE(ask(cache, "k"), std::nullopt);
}

// One owner, and a shared layer that is slow, down at times, and holds what earlier owners left:
// whatever is answered is no older than what was last dropped, and says what its version said.
TEST(Cache, never_answers_what_was_dropped)
{
    for (unsigned seed = 0; seed < 300; seed++) {
        std::mt19937 dice(seed);
        Now now{TimePoint(1h), WallTime{1'000'000}};
        CountingDice nonces;
        testing::SharedInMemory shared;
        Options const options{.bytes_max = 400 + dice() % 1000};
        std::map<std::string, Version> truth;
        std::size_t answered = 0;
        std::size_t hits = 0;
        std::size_t asked = 0;
        auto const said = [](std::string const& key, Version version) {
            return key + "@" + std::to_string(version);
        };
        { // Of an earlier owner, with nothing lost.
            Cache before(options, now, nonces, &shared);
            for (auto const* key : {"a", "b", "c", "d", "e"})
                before.put(key, truth[key] = 1, said(key, 1));
            now.wall = now.wall + 1ms;
        }
        Cache cache(options, now, nonces, &shared);
        for (int step = 0; step < 200; step++) {
            std::string const key(1, static_cast<char>('a' + dice() % 5));
            switch (dice() % 8) {
            case 0: // Written; the rest follows when the source is read.
                cache.drop(key, truth[key]++);
                break;
            case 1: cache.put(key, truth[key], said(key, truth[key])); break;
            case 2: shared.is_down = dice() % 3 == 0; break;
            case 3: now.wall = now.wall + Milliseconds(dice() % 3); break;
            case 4:
                if (dice() % 10 == 0)
                    cache.clear();
                break;
            case 5:
                if (!shared.answers.empty())
                    shared.answer_one();
                break;
            default:
                asked++;
                cache.get(key, [&, key](std::optional<std::string_view> value) {
                    answered++;
                    if (!value)
                        return;
                    hits++;
                    EXPECT_EQ(*value, said(key, truth[key])) << "seed " << seed;
                });
            }
        }
        shared.answer_all();
        EXPECT_EQ(answered, asked);
        EXPECT_GT(hits, 0U);
    }
}

} // namespace
} // namespace gatehouse::cache
