// SPDX-License-Identifier: Apache-2.0
#include "upstream/quick_dice.hpp"
#include "upstream/ring.hpp"
#include "upstream/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};

struct Selection : ::testing::Test {
    std::vector<std::shared_ptr<Endpoint>> all{};
    SelectionOptions options{};
    Candidates candidates{};

    void make(std::vector<int> const& weights)
    {
        all.clear();
        for (int const weight : weights)
            all.push_back(std::make_shared<Endpoint>(Endpoint{
                .address = "10.0.0." + std::to_string(all.size()) + ":80", .weight = weight}));
    }
    void look(TimePoint now = noon) { find_candidates(options, all, now, candidates); }
    [[nodiscard]] std::string names() const
    {
        std::string names;
        for (auto const& each : candidates.all)
            names += each.endpoint->address[7];
        return names;
    }
    std::string turns(int count)
    {
        std::string turns;
        for (int i = 0; i < count; i++)
            turns += next_in_turn(candidates)->address[7];
        return turns;
    }
};

TEST_F(Selection, takes_whoever_passes_and_is_not_ejected)
{
    make({100, 100, 100, 100});
    all[1]->passes_checks = false;
    all[2]->standing.ejected_until = noon + 1s;
    look();
    EXPECT_EQ(names(), "03");
    EXPECT_FALSE(candidates.is_panic);
    look(noon + 1s);
    EXPECT_EQ(names(), "023");
}

TEST_F(Selection, panics_where_fewer_than_half_are_left)
{
    make({100, 100, 100});
    all[0]->passes_checks = all[1]->passes_checks = false;
    look();
    EXPECT_EQ(names(), "012");
    EXPECT_TRUE(candidates.is_panic);
    all[2]->passes_checks = false;
    look();
    EXPECT_EQ(names(), "012") << "of none, too";

    options.panics = false;
    look();
    EXPECT_EQ(names(), "");
    EXPECT_EQ(next_in_turn(candidates), nullptr);
    EXPECT_EQ(Ring(all).find(1, candidates), nullptr);
    all[2]->passes_checks = true;
    look();
    EXPECT_EQ(names(), "2");

    all.clear();
    look();
    EXPECT_FALSE(candidates.is_panic);
}

TEST_F(Selection, starts_slowly_with_a_tenth)
{
    Endpoint endpoint{.address = "a", .weight = 100, .warm_since = noon};
    EXPECT_EQ(share_of(endpoint, 30s, noon - 1s), 1'000);
    EXPECT_EQ(share_of(endpoint, 30s, noon), 1'000);
    EXPECT_EQ(share_of(endpoint, 30s, noon + 15s), 5'000);
    EXPECT_EQ(share_of(endpoint, 30s, noon + 30s), 10'000);
    EXPECT_EQ(share_of(endpoint, 0s, noon), 10'000);
    int last = 0;
    for (auto age = 0ms; age < 31s; age += 100ms) {
        auto const share = share_of(endpoint, 30s, noon + age);
        EXPECT_GE(share, last);
        last = share;
    }
    EXPECT_EQ(last, 10'000);
}

TEST_F(Selection, goes_round_by_weight_and_evenly)
{
    make({500, 100, 100});
    look();
    EXPECT_EQ(turns(14), "00102000010200");
    make({100, 100, 100});
    look();
    EXPECT_EQ(turns(6), "012012");
}

// In every round each has just its share, and at no time is anybody a whole call per rival ahead.
TEST_F(Selection, gives_each_just_its_weight_in_every_round)
{
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937 chance(seed);
        std::vector<int> weights(1 + chance() % 8);
        for (int& weight : weights)
            weight = 1 + static_cast<int>(chance() % 20);
        make(weights);
        look();
        int total = 0;
        for (int const weight : weights)
            total += weight;
        std::map<Endpoint*, int> calls;
        for (int i = 1; i <= 3 * total; i++) {
            calls[next_in_turn(candidates)]++;
            for (std::size_t which = 0; which < all.size(); which++) {
                auto const due = static_cast<double>(i) * weights[which] / total;
                ASSERT_LE(std::abs(calls[all[which].get()] - due), static_cast<double>(all.size()));
                if (i % total == 0) {
                    ASSERT_EQ(calls[all[which].get()], i / total * weights[which]) << seed;
                }
            }
        }
    }
}

TEST_F(Selection, finds_the_same_endpoint_for_the_same_key)
{
    make({100, 100, 100, 100, 100});
    look();
    Ring const ring(all);
    std::ranges::reverse(all);
    Ring const other(all); // The order of the settings does not count.
    for (int i = 0; i < 1'000; i++) {
        auto const key = hash_of("room " + std::to_string(i));
        EXPECT_EQ(ring.find(key, candidates), other.find(key, candidates));
    }
}

TEST_F(Selection, hashes_keys_the_same_for_ever)
{
    EXPECT_EQ(hash_of(""), mixed(0xcbf29ce484222325));
    EXPECT_EQ(hash_of("a"), mixed(0xaf63dc4c8601ec8c));
    EXPECT_EQ(hash_of("foobar"), mixed(0x85944171f73967e8)); // FNV's own test vectors.
}

// Without load: who leaves takes only its own keys along, and who comes takes only what it gains.
TEST_F(Selection, moves_few_keys_when_an_endpoint_leaves_or_comes)
{
    constexpr int keys = 10'000;
    make({100, 100, 100, 100, 100, 100, 100, 100, 100, 100});
    look();
    Ring const before(all);
    auto const gone = all[3];
    std::map<Endpoint*, int> had;
    auto const whole = candidates;
    std::erase(all, gone);
    Ring const after(all);
    look();
    for (int i = 0; i < keys; i++) {
        auto const key = hash_of(std::to_string(i));
        auto* const old = before.find(key, whole);
        had[old]++;
        if (old != gone.get()) {
            ASSERT_EQ(after.find(key, candidates), old);
        }
        ASSERT_EQ(after.find(key, candidates), before.find(key, candidates))
            << "one that is only left out leaves as one that is gone";
    }
    for (auto const& [endpoint, count] : had)
        EXPECT_NEAR(count, keys / 10, keys / 25) << endpoint->address;
}

TEST_F(Selection, gives_keys_by_weight)
{
    make({300, 100});
    look();
    Ring const ring(all);
    int heavy = 0;
    for (int i = 0; i < 10'000; i++)
        heavy += ring.find(hash_of(std::to_string(i)), candidates) == all[0].get() ? 1 : 0;
    EXPECT_NEAR(heavy, 7'500, 700);
}

// Whatever keys come and whenever calls end, even if all have one key: nobody is over its bound
// when it is given a call, and somebody always takes it.
TEST_F(Selection, keeps_every_endpoint_under_its_bound)
{
    int moved = 0;
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937 chance(seed);
        std::vector<int> weights(1 + chance() % 12);
        for (int& weight : weights)
            weight = 1 + static_cast<int>(chance() % 300);
        make(weights);
        for (auto const& each : all)
            each->passes_checks = chance() % 5 != 0;
        Ring const ring(all);
        look();
        auto const keys = 1 + chance() % 50;
        std::vector<Endpoint*> calls;
        std::map<std::uint64_t, Endpoint*> last;
        for (int step = 0; step < 1'000; step++) {
            if (!calls.empty() && chance() % 3 == 0) {
                std::swap(calls[chance() % calls.size()], calls.back());
                calls.back()->in_flight--;
                calls.pop_back();
                continue;
            }
            auto const key = hash_of(std::to_string(chance() % keys));
            auto* const found = ring.find(key, candidates);
            ASSERT_NE(found, nullptr);
            double shares = 0;
            double own = 0;
            for (auto const& [endpoint, share] : candidates.all) {
                shares += share;
                own += endpoint == found ? share : 0;
            }
            ASSERT_GT(own, 0) << "not one of the candidates";
            auto const due = 1.25 * static_cast<double>(calls.size() + 1) * own / shares;
            found->in_flight++;
            ASSERT_LT(found->in_flight, due + 1) << seed << " " << step;
            calls.push_back(found);
            moved += last.contains(key) && last[key] != found ? 1 : 0;
            last[key] = found;
        }
    }
    EXPECT_GT(moved, 1'000) << "the test shows nothing otherwise";
}

} // namespace
} // namespace gatehouse::upstream
