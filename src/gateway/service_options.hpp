// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::gateway {

enum class Balance : std::uint8_t { round_robin, least_requests, p2c_ewma };

struct HealthOptions {
    std::string path{}; // "/health"; empty: not probed, all endpoints count as healthy.
    Duration interval = std::chrono::seconds(5);
    Duration timeout = std::chrono::seconds(2);
    int up = 2;   // Answers in a row that make an endpoint healthy.
    int down = 3; // Failures in a row that make it unhealthy.

    bool operator==(HealthOptions const&) const = default;
};

struct ServiceOptions {
    std::string name{};
    std::vector<std::string> endpoints{}; // "host:port"
    Balance balance = Balance::p2c_ewma;
    Duration timeout = std::chrono::seconds(30); // Without a byte of progress of the upstream.
    Duration connect_timeout = std::chrono::seconds(2);
    Duration idle_timeout = std::chrono::seconds(50);
    std::size_t idle_max = 1024; // Kept connections per endpoint and shard.
    HealthOptions health{};

    bool operator==(ServiceOptions const&) const = default;
};

} // namespace gatehouse::gateway
