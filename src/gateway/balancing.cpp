// SPDX-License-Identifier: Apache-2.0
#include "gateway/balancing.hpp"

#include <algorithm>
#include <cmath>

namespace gatehouse::gateway {
namespace {

constexpr double fade_s = 10;

// What a further call would cost there.
double cost_of(Balance balance, EndpointState const& endpoint)
{
    auto const load = static_cast<double>(endpoint.in_flight) + 1;
    // Not measured yet: as cheap as can be, so that it is measured soon.
    return balance == Balance::least_requests ? load : load * std::max(endpoint.latency_us, 1.0);
}

// The endpoint `n` places further among those that take part.
std::size_t nth(std::span<EndpointState const> endpoints, bool all, std::size_t n)
{
    std::size_t at = 0;
    while (!(all || endpoints[at].healthy) || n-- > 0)
        at++;
    return at;
}

}  // namespace

std::uint32_t QuickDice::below(std::uint32_t bound)
{
    auto z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    auto const word = static_cast<std::uint32_t>((z ^ (z >> 31)) >> 32);
    return static_cast<std::uint32_t>((std::uint64_t{word} * bound) >> 32);
}

std::optional<std::size_t> choose(Balance balance, std::span<EndpointState const> endpoints,
    std::size_t& turn, QuickDice& dice)
{
    auto const healthy
        = static_cast<std::size_t>(std::ranges::count_if(endpoints, &EndpointState::healthy));
    if (healthy == 0)
        return std::nullopt;
    bool const all = healthy * 2 < endpoints.size();
    auto const size = all ? endpoints.size() : healthy;
    if (balance == Balance::round_robin || size == 1)
        return nth(endpoints, all, turn++ % size);

    // The power of two choices (Mitzenmacher, 1996): of two different ones, the cheaper.
    auto const bound = static_cast<std::uint32_t>(size);
    auto const first = dice.below(bound);
    auto const second = (first + 1 + dice.below(bound - 1)) % bound;
    auto const a = nth(endpoints, all, first);
    auto const b = nth(endpoints, all, second);
    return cost_of(balance, endpoints[b]) < cost_of(balance, endpoints[a]) ? b : a;
}

void observe_latency(EndpointState& endpoint, Duration latency, TimePoint now)
{
    using Seconds = std::chrono::duration<double>;
    auto const us = std::chrono::duration<double, std::micro>(latency).count();
    auto const age_s = Seconds(now - endpoint.measured_at).count();
    auto const weight = endpoint.latency_us == 0 ? 0 : std::exp(-std::max(age_s, 0.0) / fade_s);
    endpoint.latency_us = std::max(us, endpoint.latency_us * weight + us * (1 - weight));
    endpoint.measured_at = now;
}

}  // namespace gatehouse::gateway
