// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_limits.hpp"
#include "config/value.hpp"

namespace gatehouse::config {

[[nodiscard]] Wrong settle(Limit& value, Surroundings const& around);

} // namespace gatehouse::config
