// SPDX-License-Identifier: Apache-2.0
#include "identity/key_source.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <random>
#include <set>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;
using Next = KeySource::Next;

// A set of these kids.
std::string set_of(std::set<int> const& kids)
{
    std::string keys;
    for (auto const kid : kids)
        keys += fmt::format(R"({}{{"kty":"OKP","crv":"Ed25519","kid":"{}","x":"{}"}})",
            keys.empty() ? "" : ",", kid, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    return R"({"keys":[)" + keys + "]}";
}

struct KeySources : ::testing::Test {
    TimePoint now{1h};
    KeySource source{KeySource::Options{}};

    Next next_of(std::string_view kid) { return source.ask(kid, now).next; }
    bool knows(std::string_view kid) { return source.ask(kid, now).has_key; }
    void fetch(std::set<int> const& kids, std::optional<Duration> max_age = std::nullopt)
    {
        ASSERT_TRUE(source.fetched(set_of(kids), max_age, now));
    }
};

TEST_F(KeySources, ask_once_and_have_the_others_wait)
{
    EXPECT_EQ(next_of("1"), Next::fetch);
    for (int i = 0; i < 1'000; i++)
        EXPECT_EQ(next_of("1"), Next::wait);
    EXPECT_EQ(source.ask("1", now).keys, nullptr);
    fetch({1});
    EXPECT_TRUE(knows("1"));
    EXPECT_EQ(next_of("1"), Next::nothing);
}

TEST_F(KeySources, fetch_once_a_minute_whatever_a_storm_of_tokens_names)
{
    ASSERT_EQ(next_of("1"), Next::fetch);
    fetch({1});
    int fetches = 0;
    for (int i = 0; i < 10'000; i++) {
        now += 60ms; // Ten minutes.
        auto const found = source.ask("forged " + std::to_string(i), now);
        EXPECT_FALSE(found.has_key);
        EXPECT_NE(found.keys, nullptr);
        EXPECT_TRUE(knows("1"));
        if (found.next == Next::fetch) {
            fetches++;
            fetch({});  // Even a set of nothing is an answer,
            fetch({1}); // and the cooldown goes by time.
        }
    }
    EXPECT_EQ(fetches, 10);
}

TEST_F(KeySources, take_up_new_keys_and_keep_old_ones_until_the_set_drops_them)
{
    ASSERT_EQ(next_of("1"), Next::fetch);
    fetch({1});
    now += 61s;
    ASSERT_EQ(next_of("2"), Next::fetch); // He signs with another one now.
    EXPECT_TRUE(knows("1"));
    fetch({1, 2});
    EXPECT_TRUE(knows("1") && knows("2"));
    EXPECT_EQ(source.generation(), 2U);
    now += 11min;
    ASSERT_EQ(next_of("2"), Next::fetch);
    fetch({2});
    EXPECT_FALSE(knows("1"));
    EXPECT_TRUE(knows("2"));
}

TEST_F(KeySources, go_on_for_a_day_with_what_they_had)
{
    ASSERT_EQ(next_of("1"), Next::fetch);
    fetch({1});
    int fetches = 0;
    auto const end = now + 10min + 24h;
    for (; now < end; now += 10s) {
        auto const found = source.ask("1", now);
        ASSERT_TRUE(found.has_key);
        if (found.next == Next::fetch) {
            fetches++;
            source.failed();
        }
    }
    EXPECT_EQ(fetches, 24 * 60);
    auto const found = source.ask("1", now);
    EXPECT_FALSE(found.has_key);
    EXPECT_EQ(found.keys, nullptr);
    EXPECT_EQ(found.next, Next::fetch);
    fetch({1});
    EXPECT_TRUE(knows("1"));
}

TEST_F(KeySources, keep_what_they_have_where_an_answer_is_no_key_set)
{
    ASSERT_EQ(next_of("1"), Next::fetch);
    fetch({1});
    now += 11min;
    ASSERT_EQ(next_of("1"), Next::fetch);
    EXPECT_FALSE(source.fetched("<html>", std::nullopt, now));
    EXPECT_TRUE(knows("1"));
    EXPECT_EQ(next_of("2"), Next::nothing); // Not at once again,
    now += 60s;
    EXPECT_EQ(next_of("2"), Next::fetch); // but soon.
    std::set<int> many;
    for (int i = 0; i < 65; i++)
        many.insert(i);
    EXPECT_FALSE(source.fetched(set_of(many), std::nullopt, now));
    EXPECT_TRUE(knows("1"));
}

TEST_F(KeySources, look_again_when_the_issuer_says_within_bounds)
{
    struct Case {
        std::optional<Duration> max_age;
        Duration refresh;
    };
    for (auto const& [max_age, refresh] : {Case{std::nullopt, 10min}, Case{5min, 5min},
             Case{0s, 60s}, Case{-5s, 60s}, Case{365 * 24h, 24h}}) {
        source = KeySource(KeySource::Options{});
        ASSERT_EQ(next_of("1"), Next::fetch);
        fetch({1}, max_age);
        now += refresh - 1ns;
        EXPECT_EQ(next_of("1"), Next::nothing);
        now += 1ns;
        EXPECT_EQ(next_of("1"), Next::fetch);
        EXPECT_EQ(next_of("1"), Next::nothing); // It is known: nobody waits.
    }
}

TEST_F(KeySources, give_up_a_fetch_that_nobody_tells_of)
{
    ASSERT_EQ(next_of("1"), Next::fetch);
    now += 59s;
    EXPECT_EQ(next_of("1"), Next::nothing);
    now += 1s;
    EXPECT_EQ(next_of("1"), Next::fetch);
    fetch({1});
    EXPECT_TRUE(knows("1"));
}

TEST_F(KeySources, of_a_file_ask_nobody)
{
    source = KeySource(*KeySet::parse(set_of({1})));
    now += 365 * 24h;
    EXPECT_TRUE(knows("1"));
    EXPECT_EQ(next_of("1"), Next::nothing);
    EXPECT_EQ(next_of("2"), Next::nothing);
}

// An issuer who changes keys, is away, lies and is slow, beside a model that remembers everything.
struct Model {
    struct Success {
        TimePoint at;
        std::set<int> kids;
        Duration max_age;
    };
    std::vector<TimePoint> begun{};
    std::vector<Success> successes{};
    bool is_fetching = false;

    [[nodiscard]] bool is_usable(TimePoint now) const
    {
        return !successes.empty() && now < refresh_at() + 24h;
    }
    [[nodiscard]] TimePoint refresh_at() const
    {
        auto const& last = successes.back();
        return last.at + std::min<Duration>(std::max<Duration>(last.max_age, 60s), 24h);
    }
    [[nodiscard]] bool knows(int kid, TimePoint now) const
    {
        return is_usable(now) && successes.back().kids.contains(kid);
    }
    [[nodiscard]] Next next_of(int kid, TimePoint now) const
    {
        bool const has_key = knows(kid, now);
        if (has_key && now < refresh_at())
            return Next::nothing;
        if (is_fetching && now - begun.back() < 30s)
            return has_key ? Next::nothing : Next::wait;
        return begun.empty() || now - begun.back() >= 60s ? Next::fetch : Next::nothing;
    }
};

TEST_F(KeySources, agree_with_a_model_whatever_the_issuer_does)
{
    for (unsigned seed = 1; seed <= 200; seed++) {
        std::mt19937 chance(seed);
        auto const below
            = [&chance](int end) { return static_cast<int>(chance() % unsigned(end)); };
        source = KeySource(KeySource::Options{});
        Model model;
        std::set<int> published{1};
        for (int step = 0; step < 300; step++) {
            now += below(20) == 0 ? Duration(below(30) * 1h) : Duration(below(40'000) * 1ms);
            if (below(30) == 0)
                published.insert(below(6));
            if (below(30) == 0)
                published.erase(below(6));
            auto const kid = below(7);
            auto const expected = model.next_of(kid, now);
            auto const found = source.ask(std::to_string(kid), now);
            ASSERT_EQ(found.next, expected) << seed << " " << step;
            ASSERT_EQ(found.has_key, model.knows(kid, now)) << seed << " " << step;
            ASSERT_EQ(found.keys != nullptr, model.is_usable(now)) << seed << " " << step;
            if (found.next == Next::fetch) {
                model.begun.push_back(now);
                model.is_fetching = true;
            }
            if (!model.is_fetching || below(3) != 0)
                continue;
            model.is_fetching = false;
            if (below(3) == 0) {
                source.failed();
            } else if (below(6) == 0) {
                ASSERT_FALSE(source.fetched("{\"keys\":7}", 1h, now));
            } else {
                Duration const max_age = below(3) * 30min;
                ASSERT_TRUE(source.fetched(set_of(published), max_age, now));
                model.successes.push_back({now, published, max_age});
            }
        }
        for (std::size_t i = 1; i < model.begun.size(); i++)
            ASSERT_GE(model.begun[i] - model.begun[i - 1], Duration(60s));
    }
}

} // namespace
} // namespace gatehouse::identity
