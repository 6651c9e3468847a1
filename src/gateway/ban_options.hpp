// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/bans.hpp"

#include <algorithm>
#include <vector>

namespace gatehouse::gateway {

// Whom the gateway bans by itself: an address that is answered by one of `statuses` too often.
// Those by hand heed `never` alone.
struct BanOptions {
    std::vector<int> statuses{}; // Empty: nobody.
    limits::BanOptions rules{};

    [[nodiscard]] bool counts(int status) const
    {
        return std::ranges::find(statuses, status) != statuses.end();
    }
};

} // namespace gatehouse::gateway
