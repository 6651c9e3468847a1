// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace gatehouse::gateway {

class Probe;

// Asks the endpoints of all services that have a health path, each in its own rhythm. An endpoint
// changes its state after HealthOptions::up good answers (2xx, 3xx) or ::down failures in a row;
// until then it counts as it did, healthy at first. Runs on one shard of a process, which tells the
// others through `tell`.
class HealthChecks {
public:
    using Tell = std::move_only_function<void(HealthChange const&)>;

    explicit HealthChecks(Context& context);
    ~HealthChecks();

    // Probes the services of this plan; those that stay the same keep their counts.
    void follow(Plan const& plan);

    Tell tell = [](HealthChange const&) {};

private:
    Context& context_;
    std::vector<std::unique_ptr<Probe>> probes_;
};

}  // namespace gatehouse::gateway
