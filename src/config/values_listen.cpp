// SPDX-License-Identifier: Apache-2.0
#include "config/values_listen.hpp"

#include "config/values.hpp"

namespace gatehouse::config {

Wrong read_value(std::string_view text, Https& value)
{
    return read_value(text, value.address);
}

std::optional<std::string> write_short(Https const& value)
{
    if (value.proxy_protocol)
        return std::nullopt;
    return write_value(value.address);
}

} // namespace gatehouse::config
