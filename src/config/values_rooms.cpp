// SPDX-License-Identifier: Apache-2.0
#include "config/values_rooms.hpp"

#include "config/problem.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

namespace gatehouse::config {

Wrong read_value(std::string_view text, RulesProcess& value)
{
    if (text.starts_with("tcp:"))
        return fmt::format("a process over TCP {}: write unix:PATH, and run the process on the "
                           "same machine", not_yet);
    if (!text.starts_with("unix:"))
        return fmt::format("{} is no place of rules: write unix:PATH", quote(text));
    return read_value(text.substr(5), value.socket);
}

std::string write_value(RulesProcess const& value)
{
    return "unix:" + value.socket.text;
}

Wrong settle(RulesProcess& value, Surroundings const& around)
{
    auto const wrong = settle(value.socket, around);
    auto const& path = value.socket.text;
    if (!wrong && path.size() > RulesProcess::path_size_max)
        return fmt::format("{} is a path of {} bytes, and a socket's has at most {}: write a "
                           "shorter one", quote(path), path.size(), RulesProcess::path_size_max);
    return wrong;
}

Wrong settle(Seats& value, Surroundings const&)
{
    if (value.min <= value.max)
        return std::nullopt;
    return fmt::format("min: {} is more than max: {}", value.min, value.max);
}

} // namespace gatehouse::config
