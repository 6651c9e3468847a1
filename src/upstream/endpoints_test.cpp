// SPDX-License-Identifier: Apache-2.0
#include "upstream/endpoints.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};

struct EndpointBooks : ::testing::Test {
    EndpointBook book{};

    EndpointBook::Set meet(std::vector<EndpointOptions> const& said, TimePoint now = noon)
    {
        return book.meet("users", said, now);
    }
};

TEST_F(EndpointBooks, are_the_same_while_their_address_is)
{
    auto const before = meet({{"a:80"}, {"b:80", 50}});
    before[1]->in_flight = 7;
    before[1]->standing.ejected_until = noon + 30s;
    auto const after = meet({{"b:80", 200}, {"c:80"}});
    EXPECT_EQ(after[0], before[1]);
    EXPECT_EQ(after[0]->weight, 200);
    EXPECT_EQ(after[0]->in_flight, 7u);
    EXPECT_TRUE(is_ejected(*after[0], noon));
    auto const elsewhere = book.meet("designs", std::vector<EndpointOptions>{{"b:80"}}, noon);
    EXPECT_NE(elsewhere[0], after[0]) << "of another service it is another";
}

TEST_F(EndpointBooks, are_forgotten_when_nobody_holds_them)
{
    auto set = meet({{"a:80"}, {"b:80"}});
    auto const call = set[0]; // Under way.
    set = meet({{"b:80"}});
    EXPECT_EQ(book.size("users"), 2u);
    EXPECT_EQ(meet({{"a:80"}})[0], call);
    set.clear();
    EXPECT_EQ(book.size("users"), 1u);
    EXPECT_EQ(book.size("nobody"), 0u);
}

TEST_F(EndpointBooks, start_slowly_where_there_are_others)
{
    auto const first = meet({{"a:80"}, {"b:80"}}, noon);
    EXPECT_EQ(first[0]->warm_since, TimePoint{});
    auto const second = meet({{"a:80"}, {"c:80"}}, noon + 1h);
    EXPECT_EQ(second[0]->warm_since, TimePoint{});
    EXPECT_EQ(second[1]->warm_since, noon + 1h);
}

TEST_F(EndpointBooks, that_are_said_twice_count_once_with_both_weights)
{
    auto const set = meet({{"a:80", 100}, {"b:80", 0}, {"a:80", 30}, {"c:80", 9'000}});
    ASSERT_EQ(set.size(), 3u);
    EXPECT_EQ(set[0]->weight, 130);
    EXPECT_EQ(set[1]->weight, 1);
    EXPECT_EQ(set[2]->weight, 1'000);
    EXPECT_EQ(meet({{"a:80", 100}})[0]->weight, 100);
}

// Beside it, a map that never forgets what is held, whatever sets follow each other.
TEST_F(EndpointBooks, agree_with_a_map)
{
    int kept = 0;
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937 chance(seed);
        EndpointBook::Set current;
        std::map<std::string, std::shared_ptr<Endpoint>> held; // By the current set and by calls.
        std::set<std::shared_ptr<Endpoint>> calls;
        book = {};
        for (int step = 0; step < 200; step++) {
            std::vector<EndpointOptions> said;
            for (char name = 'a'; name < 'i'; name++)
                if (chance() % 2 == 0)
                    said.push_back({std::string(1, name) + ":80"});
            auto const next = meet(said);
            ASSERT_EQ(next.size(), said.size());
            for (std::size_t i = 0; i < next.size(); i++) {
                ASSERT_EQ(next[i]->address, said[i].address);
                if (held.contains(said[i].address)) {
                    ASSERT_EQ(next[i], held[said[i].address]);
                    kept++;
                } else {
                    ASSERT_EQ(next[i]->in_flight, 0u) << "it was forgotten, so it is new";
                }
            }
            current = next;
            for (auto const& each : current)
                if (chance() % 4 == 0) {
                    each->in_flight = 1;
                    calls.insert(each);
                }
            std::erase_if(calls, [&](auto const&) { return chance() % 3 == 0; });
            held.clear();
            for (auto const& each : current)
                held[each->address] = each;
            for (auto const& each : calls)
                held[each->address] = each;
        }
    }
    EXPECT_GT(kept, 5'000) << "the test shows nothing otherwise";
}

} // namespace
} // namespace gatehouse::upstream
