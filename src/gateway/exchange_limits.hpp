// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/gcra.hpp"

#include <cstddef>
#include <optional>
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
    bool is_banned = false;
    std::optional<Duration> ban_lasts; // Empty: until it is lifted.

    void clear()
    {
        said.clear();
        worst = 0;
        is_banned = false;
        ban_lasts.reset();
    }
};

} // namespace gatehouse::gateway
