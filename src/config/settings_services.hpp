// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

enum class Balance : std::uint8_t { round_robin, least_requests, p2c_ewma };
constexpr std::array<std::string_view, 3> enum_names(Balance)
{
    return {"round_robin", "least_requests", "p2c-ewma"};
}
constexpr std::array<std::string_view, 2> later_names(Balance)
{
    return {"weighted", "consistent_hash"};
}

struct Health {
    std::string path {}; // Empty: endpoints are not probed.
    Duration interval = std::chrono::seconds(5);
    Duration timeout = std::chrono::seconds(2);
    int up = 2;   // Answers in a row that make an endpoint healthy.
    int down = 3; // Failures in a row that make it unhealthy.

    bool operator==(Health const&) const = default;
};

struct Service {
    std::vector<Address> endpoints {}; // At least one.
    Balance balance = Balance::p2c_ewma;
    Duration timeout = std::chrono::seconds(30);
    Duration connect_timeout = std::chrono::seconds(2);
    Health health {};

    bool operator==(Service const&) const = default;
};

} // namespace gatehouse::config
