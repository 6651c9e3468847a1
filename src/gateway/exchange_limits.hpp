// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/rate_limit.hpp"

#include <optional>

namespace gatehouse::gateway {

// What the limits of the route said.
struct ExchangeLimits {
    std::optional<RateLimiter::Verdict> verdict;

    void clear() { verdict.reset(); }
};

} // namespace gatehouse::gateway
