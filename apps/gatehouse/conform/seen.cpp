// SPDX-License-Identifier: Apache-2.0
#include "conform/seen.hpp"

#include "base/text.hpp"

namespace gatehouse::conform {

std::string shown(json::Tree const& message)
{
    constexpr std::size_t bytes_max = 300;
    auto text = message.canonical();
    if (text.size() > bytes_max)
        text = text.substr(0, bytes_max) + "…";
    return printable(text);
}

} // namespace gatehouse::conform
