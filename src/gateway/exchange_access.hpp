// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity/principal.hpp"

#include <optional>

namespace gatehouse::gateway {

// Who asks, as far as they proved it.
struct ExchangeAccess {
    std::optional<identity::Principal> principal;

    void clear() { principal.reset(); }
};

} // namespace gatehouse::gateway
