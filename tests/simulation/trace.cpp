// SPDX-License-Identifier: Apache-2.0
#include "trace.hpp"

#include <fmt/core.h>

#include <bit>
#include <functional>

namespace gatehouse::simulation {

void Trace::note(Now const& now, std::string_view who, int number, std::string_view what,
    std::string_view bytes)
{
    auto const add = [this](std::uint64_t value) {
        hash_ = std::rotl(hash_ ^ value, 27) * 0xbf58476d1ce4e5b9;
    };
    add(static_cast<std::uint64_t>(now.steady.time_since_epoch().count()));
    add(static_cast<std::uint64_t>(number));
    add(std::hash<std::string_view>{}(what));
    add(std::hash<std::string_view>{}(bytes));
    if (voice_ == Voice::verbose)
        fmt::print("{:>10.3f} ms  {:<7} {} {:<9} {}\n",
            static_cast<double>(now.steady.time_since_epoch().count()) / 1e6, who, number, what,
            bytes.substr(0, 400));
}

}  // namespace gatehouse::simulation
