// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_operations.hpp"
#include "config/value.hpp"

#include <string>
#include <string_view>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, Shards& value);
[[nodiscard]] std::string write_value(Shards value);
[[nodiscard]] Wrong settle(Capacity& value, Surroundings const& around);

constexpr ValueType type_of(Shards const&)
{
    return {"auto or number", "^(auto|[0-9]+)$"};
}

} // namespace gatehouse::config
