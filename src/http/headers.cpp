// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "http/message.hpp"

#include <algorithm>

namespace gatehouse::http {

std::optional<std::string_view> Headers::find(std::string_view name) const
{
    for (auto const& line : lines_)
        if (equal_ignoring_case(line.name, name))
            return line.value;
    return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const
{
    return static_cast<std::size_t>(std::ranges::count_if(
        lines_, [name](Header const& line) { return equal_ignoring_case(line.name, name); }));
}

void Headers::remove(std::string_view name)
{
    std::erase_if(
        lines_, [name](Header const& line) { return equal_ignoring_case(line.name, name); });
}

}  // namespace gatehouse::http
