// SPDX-License-Identifier: Apache-2.0
#include "http/grammar.hpp"

#include <algorithm>

namespace gatehouse::http {

namespace {

bool is_bracketed_address(std::string_view text)
{
    return std::ranges::all_of(
               text, [](char c) { return hex_digit(c) >= 0 || c == ':' || c == '.'; })
        && text.find(':') != text.npos;
}

bool has_whole_escapes(std::string_view text)
{
    for (auto at = text.find('%'); at != text.npos; at = text.find('%', at + 1))
        if (at + 2 >= text.size() || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0)
            return false;
    return true;
}

bool is_port(std::string_view text)
{
    return text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

}  // namespace

bool is_authority(std::string_view text)
{
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == text.npos || !is_bracketed_address(text.substr(1, close - 1)))
            return false;
        auto const rest = text.substr(close + 1);
        return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
    }
    auto const colon = text.find(':');
    auto const host = text.substr(0, colon);
    return !host.empty() && all_of(host, host_char) && has_whole_escapes(host)
        && (colon == text.npos || is_port(text.substr(colon + 1)));
}

}  // namespace gatehouse::http
