// SPDX-License-Identifier: Apache-2.0
// Against a real Redis 7.
#include "storage/redis/server_test.hpp"
#include "storage/redis/shared_limits.hpp"

#include "runtime/clock.hpp"
#include "runtime/dice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <vector>

namespace gatehouse::storage::redis {
namespace {

using namespace std::chrono_literals;
using limits::Question;
using limits::RateLimit;
using limits::SharedVerdict;

constexpr RateLimit fifty_and_no_more{.burst = 50, .period = 50h}; // One an hour.

struct SharedLimitsTest : ::testing::Test {
    runtime::Clock clock{};
    runtime::Reactor reactor{clock};
    runtime::KernelDice dice{};
    std::vector<std::unique_ptr<SharedLimits>> nodes{};

    void SetUp() override
    {
        if (!testing::Server::is_installed())
            GTEST_SKIP() << testing::Server::what_is_missing;
    }
    void turn_until(auto&& is_so)
    {
        auto const end = clock.read().steady + 20s;
        while (!is_so() && clock.read().steady < end) {
            for (auto const& node : nodes)
                node->flush();
            reactor.turn(20ms);
        }
        ASSERT_TRUE(is_so());
    }
    // Patient, so that a busy machine makes no answer late.
    void start_nodes(testing::Server const& server, std::size_t count)
    {
        ClientOptions const options{.target = {.socket = server.socket()},
            .answer_within = 10s,
            .connect_within = 10s,
            .pause_min = 1ms,
            .pause_max = 20ms};
        for (std::size_t i = 0; i < count; i++)
            nodes.push_back(std::make_unique<SharedLimits>(
                options, reactor, dice, [](std::string const&, Client::OnResolved) {}));
        turn_until([&] { return std::ranges::all_of(nodes, &SharedLimits::is_up); });
    }
    Result<SharedVerdict> ask(std::vector<Question> const& questions, int cost = 1)
    {
        std::optional<Result<SharedVerdict>> heard;
        nodes[0]->ask(questions, cost, [&](auto verdict) { heard = std::move(verdict); });
        turn_until([&] { return heard.has_value(); });
        return heard ? *heard : fail(ErrorCode::internal, "never answered");
    }
};

TEST_F(SharedLimitsTest, say_what_the_limits_of_one_shard_say)
{
    testing::Server server;
    start_nodes(server, 1);
    RateLimit const limit{.burst = 3, .period = 3h};
    auto const first = ask({{"ann", limit}});
    ASSERT_TRUE(first) << first.error().detail;
    EXPECT_TRUE(first->verdict.allowed);
    EXPECT_EQ(first->verdict.remaining, 2);
    EXPECT_EQ(first->verdict.reset_after, 1h);
    EXPECT_FALSE(ask({{"ann", limit}}, 3)->verdict.allowed) << "two are left";
    EXPECT_EQ(ask({{"ann", limit}}, 2)->verdict.remaining, 0);
    auto const refused = ask({{"ann", limit}})->verdict;
    EXPECT_FALSE(refused.allowed);
    EXPECT_GT(refused.retry_after, 59min);
    EXPECT_LE(refused.retry_after, 1h);
    // Another limit finds what is owed, though never more than its own period.
    auto const other = ask({{"ann", {.burst = 2, .period = 2min}}})->verdict;
    EXPECT_FALSE(other.allowed);
    EXPECT_LE(other.retry_after, 1min);
}

TEST_F(SharedLimitsTest, take_from_all_or_from_none)
{
    testing::Server server;
    start_nodes(server, 1);
    RateLimit const one{.burst = 1, .period = 1h};
    EXPECT_EQ(ask({{"wide", fifty_and_no_more}, {"narrow", one}})->which, 1u);
    auto const refused = ask({{"wide", fifty_and_no_more}, {"narrow", one}});
    EXPECT_FALSE(refused->verdict.allowed);
    EXPECT_EQ(refused->which, 1u);
    EXPECT_EQ(ask({{"wide", fifty_and_no_more}})->verdict.remaining, 48) << "it cost nothing there";
}

// Eight nodes that ask without a pause, while the Redis is new: exactly the burst is granted.
TEST_F(SharedLimitsTest, grant_eight_nodes_no_more_than_the_exact_bound)
{
    testing::Server server;
    start_nodes(server, 8);
    int granted = 0;
    int refused = 0;
    int failed = 0;
    constexpr int asked = 8 * 100;
    std::array const questions{Question{"ann", fifty_and_no_more}};
    for (int i = 0; i < 100; i++)
        for (auto const& node : nodes)
            node->ask(questions, 1, [&](Result<SharedVerdict> const& verdict) {
                (!verdict ? failed : verdict->verdict.allowed ? granted : refused)++;
            });
    turn_until([&] { return granted + refused + failed == asked; });
    EXPECT_EQ(granted, 50);
    EXPECT_EQ(failed, 0);
}

// The same while time goes on: what it may bring is bound by how long it took.
TEST_F(SharedLimitsTest, grant_eight_nodes_what_time_brings_and_no_more)
{
    testing::Server server;
    start_nodes(server, 8);
    constexpr RateLimit limit{.burst = 10, .period = 100ms};
    std::array const questions{Question{"ann", limit}};
    int granted = 0;
    int waiting = 0;
    auto const begin = clock.read().steady;
    for (int round = 0; round < 200; round++) {
        for (auto const& node : nodes) {
            waiting++;
            node->ask(questions, 1, [&](Result<SharedVerdict> const& verdict) {
                waiting--;
                granted += verdict && verdict->verdict.allowed ? 1 : 0;
            });
        }
        turn_until([&] { return waiting == 0; });
    }
    auto const took = clock.read().steady - begin;
    EXPECT_LE(granted, limit.burst + took / limit.price() + 1);
    EXPECT_GE(granted, limit.burst);
}

TEST_F(SharedLimitsTest, remember_what_was_refused)
{
    testing::Server server;
    start_nodes(server, 1);
    RateLimit const one{.burst = 1, .period = 1h};
    EXPECT_TRUE(ask({{"ann", one}})->verdict.allowed);
    EXPECT_FALSE(ask({{"ann", one}})->verdict.allowed);
    server.hang();
    bool is_refused = false;
    nodes[0]->ask(std::array{Question{"ann", one}}, 1,
        [&](Result<SharedVerdict> const& verdict) { is_refused = !verdict->verdict.allowed; });
    EXPECT_TRUE(is_refused) << "at once: nobody was asked";
    server.go_on();
}

TEST_F(SharedLimitsTest, teach_a_redis_that_has_forgotten_and_fail_while_there_is_none)
{
    testing::Server server;
    start_nodes(server, 1);
    EXPECT_TRUE(ask({{"ann", fifty_and_no_more}}));
    server.kill();
    turn_until([&] { return !nodes[0]->is_up(); });
    EXPECT_EQ(ask({{"ann", fifty_and_no_more}}).error().code, ErrorCode::unavailable);
    server.start();
    turn_until([&] { return nodes[0]->is_up(); });
    auto const verdict = ask({{"ann", fifty_and_no_more}});
    ASSERT_TRUE(verdict) << verdict.error().detail;
    EXPECT_EQ(verdict->verdict.remaining, 49);
}

} // namespace
} // namespace gatehouse::storage::redis
