// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::gateway {

// What of a request names an account. IPv6 counts by its /64. Nobody authenticated: principal means
// ip. A room is what `:room` of the route's path stands for, or on routes to rooms what stands
// behind /v1/rooms; where there is none, it means ip.
enum class LimitBy : std::uint8_t { ip, principal, route, room };

// Who counts. Where all nodes share it and nobody answers for all of them, each counts by itself, a
// share of the limit (limits/shared.hpp).
enum class LimitStore : std::uint8_t { process, shared };

// `rate` requests per `per` in the long run, `burst` at once. All of `by` together say who shares
// an account.
struct LimitOptions {
    std::string name{};
    int rate = 1;
    Duration per = std::chrono::seconds(1);
    int burst = 0; // 0: as many as `rate`.
    std::vector<LimitBy> by{LimitBy::ip};
    LimitStore store = LimitStore::process;
    int nodes = 1; // That share it.
    bool tells_legacy = false; // Answers have X-RateLimit-…, too.

    bool operator==(LimitOptions const&) const = default;
};

} // namespace gatehouse::gateway
