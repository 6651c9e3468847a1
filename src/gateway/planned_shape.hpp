// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/shape_options.hpp"
#include "routing/rewrite.hpp"

#include <optional>

namespace gatehouse::gateway {

// How a route changes what passes, compiled: of a Config, shared by all shards.
struct PlannedShape {
    std::optional<routing::Rewrite> rewrite{};
    std::optional<routing::Redirection> redirect{};
};

} // namespace gatehouse::gateway
