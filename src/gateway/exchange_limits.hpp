// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/gcra.hpp"

#include <cstddef>
#include <vector>

namespace gatehouse::gateway {

// What the limits of the route said.
struct ExchangeLimits {
    struct Said {
        std::size_t limit; // Its place in the route's limits.
        limits::Verdict verdict;
    };
    std::vector<Said> said; // Of those that were asked, in the route's order.
    std::size_t worst = 0;  // Of these, the one that has to be told first.

    void clear()
    {
        said.clear();
        worst = 0;
    }
};

} // namespace gatehouse::gateway
