// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/files.hpp"
#include "gateway/options.hpp"
#include "gateway/planned_access.hpp"
#include "gateway/planned_shape.hpp"
#include "gateway/rate_limit.hpp"
#include "gateway/upstream_pool.hpp"
#include "observe/metrics.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace gatehouse::gateway {

struct Limit {
    LimitOptions options;
    RateLimiter limiter;
    std::string policy; // The RateLimit-Policy field.
};

struct PlannedTarget {
    std::shared_ptr<Service> service{}; // Null unless the route leads to one.
    FileSet const* files = nullptr;
};

struct PlannedLimits {
    std::shared_ptr<Limit> limit{}; // Null: none.
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
