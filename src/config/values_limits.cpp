// SPDX-License-Identifier: Apache-2.0
#include "config/values_limits.hpp"

namespace gatehouse::config {

Wrong settle(Limit& value, Surroundings const&)
{
    if (value.burst == 0)
        value.burst = value.rate.count;
    return std::nullopt;
}

} // namespace gatehouse::config
