// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity/require.hpp"

#include <optional>

namespace gatehouse::gateway {

// Whom a route lets in, compiled: of a Config, shared by all shards.
struct PlannedAccess {
    std::optional<identity::Require> require{};
};

} // namespace gatehouse::gateway
