// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config.hpp"
#include "gateway/planned_route.hpp"
#include "observe/metrics.hpp"

#include <memory>
#include <vector>

namespace gatehouse::gateway {

// A configuration in force on one shard. An exchange keeps the one it began with.
struct Plan {
    std::shared_ptr<Config const> config;
    std::vector<PlannedRoute> routes; // In the order of config->options.routes.
    PlannedRoute unrouted;            // For what no route takes.
    std::vector<std::shared_ptr<Service>> services;
    std::vector<std::shared_ptr<Limit>> limits;

    [[nodiscard]] TimeoutOptions const& timeouts() const { return config->options.timeouts; }
};

// Services that are equal in `before` (may be null) are taken over with their state; limits of the
// same name with their accounts, whatever they allow now.
[[nodiscard]] std::shared_ptr<Plan const> make_plan(std::shared_ptr<Config const> config,
    Plan const* before, observe::Metrics& metrics, TimePoint now);

}  // namespace gatehouse::gateway
