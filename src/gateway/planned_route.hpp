// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/files.hpp"
#include "gateway/options.hpp"
#include "gateway/planned_access.hpp"
#include "gateway/planned_shape.hpp"
#include "gateway/upstream_pool.hpp"
#include "limits/fields.hpp"
#include "limits/gcra.hpp"
#include "observe/metrics.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::gateway {

struct Limit {
    LimitOptions options;
    // Of all plans that have a limit of that name. Where nodes share it: a share of it each.
    std::shared_ptr<limits::Gcra> accounts;
    limits::Policy policy;
};

[[nodiscard]] inline limits::RateLimit rate_of(LimitOptions const& options)
{
    auto const burst = options.burst > 0 ? options.burst : options.rate;
    return {.burst = burst, .period = options.per / options.rate * burst};
}

struct PlannedTarget {
    std::shared_ptr<Service> service{}; // Null unless the route leads to one.
    FileSet const* files = nullptr;
};

struct PlannedLimits {
    std::vector<std::shared_ptr<Limit>> all{};
    bool asks_store = false;               // One of them is shared by all nodes.
    std::string policies{};                // The RateLimit-Policy field.
    std::optional<std::size_t> room_at{}; // Which segment of a path names the room.
};

struct PlannedBody {
    std::uint64_t max = 0;
};

struct PlannedCounts {
    std::array<observe::Counter*, 5> requests{}; // By the status' first digit, less one.
    observe::Histogram* duration = nullptr;
};

// A route with all that a request on it needs, looked up once: a part for each group of stages.
struct PlannedRoute {
    RouteOptions const* options;
    PlannedTarget target{};
    PlannedLimits limits{};
    PlannedBody body{};
    PlannedShape const* shape = nullptr;
    PlannedAccess const* access = nullptr;
    PlannedCounts counts{};
};

} // namespace gatehouse::gateway
