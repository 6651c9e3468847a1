// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "identity/principal.hpp"

#include <optional>
#include <string>

namespace gatehouse::gateway {

// Who asks, as far as they proved it.
struct ExchangeAccess {
    std::optional<identity::Principal> principal;
    WallTime expires_at{};   // When that proof does.
    std::string challenge{}; // WWW-Authenticate; empty: the one for who showed nothing.
    std::string detail{};    // Why they were refused, for the log.

    void clear()
    {
        principal.reset();
        challenge.clear();
        detail.clear();
    }
};

} // namespace gatehouse::gateway
