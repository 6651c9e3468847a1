// SPDX-License-Identifier: Apache-2.0
#include "http/bearer.hpp"

#include "base/text.hpp"
#include "http/grammar.hpp"

namespace gatehouse::http {

std::optional<std::string_view> bearer_token(Headers const& headers)
{
    constexpr std::string_view scheme = "Bearer ";
    auto const field = headers.find("Authorization");
    if (!field || !equal_ignoring_case(field->substr(0, scheme.size()), scheme))
        return std::nullopt;
    return trim(field->substr(scheme.size()));
}

} // namespace gatehouse::http
