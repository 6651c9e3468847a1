// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace gatehouse::upstream {

constexpr int weight_usual = 100;
constexpr int weight_max = 1'000;

// What ejection keeps of an endpoint.
struct Standing {
    int failures_in_row = 0;
    std::uint32_t calls = 0; // In this interval.
    std::uint32_t failures = 0;
    int times_ejected = 0; // Not forgiven yet.
    TimePoint ejected_until{};
};

// One instance of a service, by its address. What is known of it belongs to it and not to the
// settings: a reload that keeps the address keeps the endpoint. Belongs to one shard.
struct Endpoint {
    std::string address;       // "host:port"
    int weight = weight_usual; // Against the others', 1 … weight_max.

    bool passes_checks = true;
    std::uint32_t in_flight = 0;
    Standing standing{};
    TimePoint warm_since{}; // When it came, or came back, and slow start began.
    int turn = 0;           // Of the weighted round robin.
};

using Endpoints = std::span<std::shared_ptr<Endpoint> const>;

[[nodiscard]] inline bool is_ejected(Endpoint const& endpoint, TimePoint now)
{
    return now < endpoint.standing.ejected_until;
}

} // namespace gatehouse::upstream
