// SPDX-License-Identifier: Apache-2.0
#include "http/target.hpp"

#include "http/grammar.hpp"

#include <algorithm>
#include <cstdint>

namespace gatehouse::http {

namespace {

// The byte of the escape that `text` begins with; nothing where it is broken, or escapes NUL.
std::optional<char> unescape(std::string_view text)
{
    if (text.size() < 3)
        return std::nullopt;
    int const high = hex_digit(text[1]);
    int const low = hex_digit(text[2]);
    if (high < 0 || low < 0 || high + low == 0)
        return std::nullopt;
    return static_cast<char>(high << 4 | low);
}

bool is_control(char c)
{
    return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
}

// Each escape in its one spelling (RFC 3986 §6.2.2).
std::optional<std::string> normalize_escapes(std::string_view path)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(path.size());
    while (!path.empty()) {
        bool const is_escape = path.front() == '%';
        auto const byte = is_escape ? unescape(path) : path.front();
        if (!byte || is_control(*byte))
            return std::nullopt;
        auto const value = static_cast<std::uint8_t>(*byte);
        if (is_escape && !is_of(*byte, unreserved_char))
            out += {'%', digits[value >> 4], digits[value & 15]};
        else
            out += *byte;
        path.remove_prefix(is_escape ? 3 : 1);
    }
    return out;
}

// Nothing to normalise, as with nearly all paths: no escape, no empty segment, no leading dot.
bool is_plain(std::string_view path)
{
    char before = '\0';
    for (char const c : path) {
        if (c == '%' || c == '\\' || is_control(c))
            return false;
        if (before == '/' && (c == '/' || c == '.'))
            return false;
        before = c;
    }
    return true;
}

bool is_dots(std::string_view segment)
{
    return segment == "." || segment == "..";
}

// Would the segment hold a dot segment for someone who takes "%2F", "%5C" or "\" for a separator,
// or leaves out what follows a ";"?
bool hides_dots(std::string_view segment)
{
    if (auto const parameters = segment.find(';'); parameters != segment.npos)
        if (is_dots(segment.substr(0, parameters)))
            return true;
    std::size_t start = 0;
    for (std::size_t at = 0; at < segment.size(); at++) {
        auto const rest = segment.substr(at);
        bool const is_escaped = rest.starts_with("%2F") || rest.starts_with("%5C");
        if (!is_escaped && rest.front() != '\\')
            continue;
        if (is_dots(segment.substr(start, at - start)))
            return true;
        at += is_escaped ? 2 : 0;
        start = at + 1;
    }
    return start > 0 && is_dots(segment.substr(start));
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        bool const is_escape = text.front() == '%';
        auto const byte = is_escape ? unescape(text) : text.front();
        if (!byte)
            return std::nullopt;
        out += *byte;
        text.remove_prefix(is_escape ? 3 : 1);
    }
    return out;
}

std::optional<std::string> normalize_path(std::string_view path)
{
    if (!path.starts_with('/'))
        return std::nullopt;
    if (is_plain(path)) [[likely]]
        return std::string(path);
    auto const escaped = normalize_escapes(path);
    if (!escaped)
        return std::nullopt;
    std::string out;
    bool ends_in_slash = true;
    for (std::string_view rest = *escaped; !rest.empty();) {
        rest.remove_prefix(1); // The slash.
        auto const segment = rest.substr(0, rest.find('/'));
        rest.remove_prefix(segment.size());
        ends_in_slash = segment.empty() || is_dots(segment);
        if (hides_dots(segment) || (segment == ".." && out.empty()))
            return std::nullopt;
        if (segment == "..")
            out.resize(out.rfind('/'));
        else if (!ends_in_slash)
            out.append("/").append(segment);
    }
    if (ends_in_slash)
        out += '/';
    return out;
}

namespace {

std::optional<std::string> decode_form(std::string_view text)
{
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return percent_decode(spaced);
}

// Takes the next pair off the query: name and value, as they were sent.
std::pair<std::string_view, std::string_view> take_pair(std::string_view& query)
{
    auto const pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    auto const equals = std::min(pair.find('='), pair.size());
    return {pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size()))};
}

} // namespace

std::optional<std::string> query_value(std::string_view query, std::string_view name)
{
    while (!query.empty()) {
        auto const [key, text] = take_pair(query);
        if (decode_form(key) != name)
            continue;
        if (auto value = decode_form(text))
            return value;
    }
    return std::nullopt;
}

std::optional<QueryPairs> query_pairs(std::string_view query)
{
    QueryPairs pairs;
    while (!query.empty()) {
        auto const [key, text] = take_pair(query);
        if (key.empty() && text.empty())
            continue;
        auto name = decode_form(key);
        auto value = decode_form(text);
        if (!name || !value)
            return std::nullopt;
        pairs.emplace_back(*std::move(name), *std::move(value));
    }
    return pairs;
}

}  // namespace gatehouse::http
