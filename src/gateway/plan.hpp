// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config.hpp"
#include "gateway/ports.hpp"
#include "gateway/rate_limit.hpp"
#include "gateway/upstream_pool.hpp"
#include "observe/metrics.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::gateway {

struct Limit {
    LimitOptions options;
    RateLimiter limiter;
    std::string policy; // The RateLimit-Policy field.
};

// A route with all that a request on it needs, looked up once.
struct PlannedRoute {
    RouteOptions const* options;
    std::uint64_t body_max;
    std::shared_ptr<Service> service; // Null unless it leads to one.
    FileSet const* files = nullptr;
    std::shared_ptr<Limit> limit{};   // Null: none.
    std::array<observe::Counter*, 5> requests{}; // By the status' first digit, less one.
    observe::Histogram* duration = nullptr;
};

// A configuration in force on one shard. An exchange keeps the one it began with.
struct Plan {
    std::shared_ptr<Config const> config;
    std::vector<PlannedRoute> routes; // In the order of config->options.routes.
    PlannedRoute unrouted;            // For what no route takes.
    std::vector<std::shared_ptr<Service>> services;
    std::vector<std::shared_ptr<Limit>> limits;

    [[nodiscard]] TimeoutOptions const& timeouts() const { return config->options.timeouts; }
};

// Services and limits that are equal in `before` (may be null) are taken over with their state.
[[nodiscard]] std::shared_ptr<Plan const> make_plan(
    std::shared_ptr<Config const> config, Plan const* before, observe::Metrics& metrics);

}  // namespace gatehouse::gateway
