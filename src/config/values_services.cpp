// SPDX-License-Identifier: Apache-2.0
#include "config/values_services.hpp"

#include "config/values.hpp"

namespace gatehouse::config {

Wrong read_value(std::string_view text, Health& value)
{
    value.path = text;
    return std::nullopt;
}

std::optional<std::string> write_short(Health const&)
{
    return std::nullopt;
}

} // namespace gatehouse::config
