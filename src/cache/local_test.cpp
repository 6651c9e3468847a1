// SPDX-License-Identifier: Apache-2.0
#include "cache/local.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gatehouse::cache {
namespace {

Answer answer(Version version, std::size_t size = 10)
{
    return {version, {}, std::string(size, static_cast<char>('a' + version % 26))};
}

constexpr std::size_t cost = Local::bytes_per_entry + 11; // Of a key of one letter and 10 bytes.

TEST(LocalCache, answers_what_was_put)
{
    Local cache(1000);
    EXPECT_EQ(cache.find("a"), nullptr);
    EXPECT_TRUE(cache.put("a", answer(3)));
    ASSERT_NE(cache.find("a"), nullptr);
    EXPECT_EQ(*cache.find("a"), answer(3));
    EXPECT_EQ(cache.bytes(), cost);
}

TEST(LocalCache, keeps_the_newer_of_two_versions_in_whichever_order_they_come)
{
    Local cache(1000);
    EXPECT_TRUE(cache.put("a", answer(7)));
    EXPECT_FALSE(cache.put("a", answer(6)));
    EXPECT_EQ(cache.find("a")->version, 7U);
    EXPECT_TRUE(cache.put("a", answer(8)));
    EXPECT_EQ(cache.find("a")->version, 8U);
}

TEST(LocalCache, makes_way_for_what_was_asked_for_later)
{
    Local cache(3 * cost);
    for (auto const* key : {"a", "b", "c"})
        cache.put(key, answer(1));
    static_cast<void>(cache.find("a"));
    cache.put("d", answer(1));
    EXPECT_EQ(cache.find("b"), nullptr);
    EXPECT_NE(cache.find("a"), nullptr);
    EXPECT_EQ(cache.evictions(), 1U);
}

TEST(LocalCache, does_not_empty_itself_for_what_it_cannot_hold)
{
    Local cache(3 * cost);
    cache.put("a", answer(1));
    cache.put("b", answer(1, 4 * cost));
    EXPECT_NE(cache.find("a"), nullptr);
    EXPECT_EQ(cache.find("b"), nullptr);
}

// What it should be: a list, newest first, searched from its beginning.
class Naive {
public:
    explicit Naive(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    std::optional<Answer> find(std::string const& key)
    {
        auto const found = std::ranges::find(all_, key, &Entry::first);
        if (found == all_.end())
            return std::nullopt;
        std::rotate(all_.begin(), found, found + 1);
        return all_.front().second;
    }
    void put(std::string const& key, Answer const& given)
    {
        auto const found = std::ranges::find(all_, key, &Entry::first);
        if (found != all_.end() && found->second.version > given.version)
            return;
        drop(key);
        if (size({key, given}) > bytes_max_)
            return;
        all_.insert(all_.begin(), {key, given});
        while (bytes() > bytes_max_)
            all_.pop_back();
    }
    void drop(std::string const& key)
    {
        std::erase_if(all_, [&](Entry const& entry) { return entry.first == key; });
    }
    void clear() { all_.clear(); }
    std::size_t bytes() const
    {
        std::size_t sum = 0;
        for (auto const& entry : all_)
            sum += size(entry);
        return sum;
    }
    std::size_t entries() const { return all_.size(); }

private:
    using Entry = std::pair<std::string, Answer>;
    static std::size_t size(Entry const& entry)
    {
        return entry.first.size() + entry.second.value.size() + Local::bytes_per_entry;
    }
    std::size_t bytes_max_;
    std::vector<Entry> all_;
};

TEST(LocalCache, is_a_list_of_which_the_end_is_cut_off)
{
    std::mt19937 dice(7);
    for (int round = 0; round < 50; round++) {
        std::size_t const bytes_max = 200 + dice() % 3000;
        Local cache(bytes_max);
        Naive naive(bytes_max);
        for (int step = 0; step < 400; step++) {
            auto const key = "key" + std::to_string(dice() % 20);
            if (auto const what = dice() % 100; what < 50) {
                auto const* const found = cache.find(key);
                ASSERT_EQ(found ? std::optional(*found) : std::nullopt, naive.find(key));
            } else if (what < 90) {
                auto const given = answer(dice() % 30, dice() % 400);
                cache.put(key, given);
                naive.put(key, given);
            } else if (what < 99) {
                cache.drop(key);
                naive.drop(key);
            } else {
                cache.clear();
                naive.clear();
            }
            ASSERT_EQ(cache.bytes(), naive.bytes());
            ASSERT_EQ(cache.entries(), naive.entries());
            ASSERT_LE(cache.bytes(), bytes_max);
        }
    }
}

} // namespace
} // namespace gatehouse::cache
