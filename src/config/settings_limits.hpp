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

enum class LimitBy : std::uint8_t { ip, principal, route, room };
constexpr std::array<std::string_view, 4> enum_names(LimitBy)
{
    return {"ip", "principal", "route", "room"};
}
constexpr std::array<std::string_view, 1> later_names(LimitBy)
{
    return {"key"};
}

// Who counts: this server alone, or the Redis that all of them share.
enum class LimitStore : std::uint8_t { memory, redis };
constexpr std::array<std::string_view, 2> enum_names(LimitStore)
{
    return {"memory", "redis"};
}

// What becomes of requests while that one does not answer.
enum class OnStoreFailure : std::uint8_t { local };
constexpr std::array<std::string_view, 1> enum_names(OnStoreFailure)
{
    return {"local"};
}

struct Limit {
    Rate rate {};
    int burst = 0; // At once. Left out, it is the rate's count (a loaded Settings says so).
    std::vector<LimitBy> by {LimitBy::ip}; // All of them together.
    LimitStore store = LimitStore::memory;
    OnStoreFailure on_store_failure = OnStoreFailure::local;
    int nodes = 1;                         // That share it.
    bool legacy = false;                   // X-RateLimit-…, too.

    bool operator==(Limit const&) const = default;
};

// Whom the server bans by itself, for answers that were refusals.
struct Bans {
    Rate after {100, std::chrono::minutes(1)};   // One more is too many.
    std::vector<int> of {401, 403, 404, 429};    // Statuses that count.
    Duration lasts = std::chrono::minutes(15);
    std::vector<std::string> never {};           // Blocks that are let in whatever comes.

    bool operator==(Bans const&) const = default;
};

} // namespace gatehouse::config
