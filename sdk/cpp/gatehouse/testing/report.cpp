// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/testing/report.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace gatehouse::testing {

std::string Report::text() const
{
    auto text = fmt::format("{} games ({} to their end), {} actions ({} accepted), {} events, "
                            "{} compared: {}\n",
        games, finished, actions, accepted, events, compared,
        findings.empty() ? "sound" : fmt::format("{} findings", findings.size()));
    for (auto const& finding : findings)
        text += "  " + finding + "\n";
    return text;
}

std::uint64_t from_environment(char const* variable, std::uint64_t otherwise)
{
    auto const* const value = std::getenv(variable);
    if (!value)
        return otherwise;
    std::string_view const text(value);
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

}  // namespace gatehouse::testing
