// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "gateway/options.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gatehouse::gateway {

// What balancing knows about an endpoint.
struct EndpointState {
    bool healthy = true;
    std::uint32_t in_flight = 0;
    double latency_us = 0; // Moving average; 0: not measured yet.
    TimePoint measured_at{};
};

// Small and quick (SplitMix64, Steele et al. 2014), for choices that need be fair, not secret.
class QuickDice {
public:
    explicit QuickDice(std::uint64_t seed) : state_(seed) {}
    [[nodiscard]] std::uint32_t below(std::uint32_t bound); // bound > 0

private:
    std::uint64_t state_;
};

// Which endpoint takes the next call; `turn` is the caller's to keep between calls. Unhealthy ones
// are passed over, unless fewer than half are healthy: then the checks are mistrusted and all take
// part (panic routing). Nothing where none is healthy.
[[nodiscard]] std::optional<std::size_t> choose(Balance balance,
    std::span<EndpointState const> endpoints, std::size_t& turn, QuickDice& dice);

// Adds a measured latency: a rise counts at once, a fall fades in over some seconds (peak EWMA), so
// an endpoint that stalls is avoided after one answer.
void observe_latency(EndpointState& endpoint, Duration latency, TimePoint now);

}  // namespace gatehouse::gateway
