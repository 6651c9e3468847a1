// SPDX-License-Identifier: Apache-2.0
#include "gateway/balancing.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::array all_ways{Balance::round_robin, Balance::least_requests, Balance::p2c_ewma};

std::vector<int> shares(Balance balance, std::vector<EndpointState> const& endpoints, int calls)
{
    QuickDice dice(1);
    std::size_t turn = 0;
    std::vector<int> shares(endpoints.size());
    for (int i = 0; i < calls; i++)
        shares[choose(balance, endpoints, turn, dice).value()]++;
    return shares;
}

TEST(Balancing, round_robin_takes_each_in_turn)
{
    EXPECT_EQ(shares(Balance::round_robin, std::vector<EndpointState>(3), 9),
        (std::vector{3, 3, 3}));
}

TEST(Balancing, equals_get_about_equal_shares)
{
    for (auto const balance : all_ways)
        for (int const share : shares(balance, std::vector<EndpointState>(5), 10'000))
            EXPECT_NEAR(share, 2000, 200);
}

TEST(Balancing, unhealthy_endpoints_get_nothing_while_half_are_healthy)
{
    std::vector<EndpointState> endpoints(4);
    endpoints[1].healthy = endpoints[2].healthy = false;
    for (auto const balance : all_ways) {
        auto const got = shares(balance, endpoints, 1000);
        EXPECT_EQ(got[1] + got[2], 0);
        EXPECT_GT(got[0], 300);
        EXPECT_GT(got[3], 300);
    }
}

TEST(Balancing, panics_below_half_and_gives_up_at_none)
{
    std::vector<EndpointState> endpoints(3, {.healthy = false});
    QuickDice dice(1);
    std::size_t turn = 0;
    for (auto const balance : all_ways) {
        endpoints[0].healthy = false;
        EXPECT_FALSE(choose(balance, endpoints, turn, dice));
        EXPECT_FALSE(choose(balance, {}, turn, dice));
        endpoints[0].healthy = true;
        for (int const share : shares(balance, endpoints, 300))
            EXPECT_GT(share, 50);
    }
}

TEST(Balancing, of_two_the_one_with_fewer_requests_is_taken)
{
    std::vector<EndpointState> endpoints(2);
    endpoints[0].in_flight = 1;
    EXPECT_EQ(shares(Balance::least_requests, endpoints, 100), (std::vector{0, 100}));
}

// Whoever is the costliest of all loses against whomever it is drawn with.
TEST(Balancing, the_costliest_of_many_is_never_taken)
{
    std::vector<EndpointState> endpoints(4, {.in_flight = 3, .latency_us = 100});
    endpoints[2].in_flight = 9;
    EXPECT_EQ(shares(Balance::least_requests, endpoints, 1000)[2], 0);
    endpoints[2] = {.in_flight = 3, .latency_us = 101};
    EXPECT_EQ(shares(Balance::p2c_ewma, endpoints, 1000)[2], 0);
}

TEST(Balancing, spreads_a_thousand_calls_within_a_few_of_even)
{
    std::vector<EndpointState> endpoints(10);
    QuickDice dice(3);
    std::size_t turn = 0;
    for (int i = 0; i < 1000; i++)
        endpoints[choose(Balance::least_requests, endpoints, turn, dice).value()].in_flight++;
    for (auto const& endpoint : endpoints)
        EXPECT_NEAR(endpoint.in_flight, 100, 4); // At random it would be about 20.
}

TEST(Balancing, a_rise_in_latency_counts_at_once_and_a_fall_fades_in)
{
    EndpointState endpoint;
    TimePoint const start{1h};
    observe_latency(endpoint, 1ms, start);
    EXPECT_DOUBLE_EQ(endpoint.latency_us, 1000);
    observe_latency(endpoint, 9ms, start + 1ms);
    EXPECT_DOUBLE_EQ(endpoint.latency_us, 9000);
    observe_latency(endpoint, 1ms, start + 1s);
    EXPECT_GT(endpoint.latency_us, 8000);
    observe_latency(endpoint, 1ms, start + 100s);
    EXPECT_LT(endpoint.latency_us, 1010);
}

}  // namespace
}  // namespace gatehouse::gateway
