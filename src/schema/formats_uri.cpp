// SPDX-License-Identifier: Apache-2.0
#include "schema/formats.hpp"

#include "schema/uri.hpp"

#include <algorithm>

namespace gatehouse::schema {
namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

// Unreserved and sub-delims (RFC 3986 §2), escapes, these others, and all of Unicode where it may.
bool is_made_of(std::string_view text, std::string_view others, Letters letters)
{
    constexpr std::string_view marks = "-._~!$&'()*+,;=";
    for (std::size_t at = 0; at < text.size(); at++) {
        auto const c = text[at];
        if (c == '%') {
            if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2]))
                return false;
            at += 2;
            continue;
        }
        bool const is_wide = letters == Letters::unicode && static_cast<unsigned char>(c) >= 0x80;
        if (!is_letter(c) && !is_digit(c) && !is_wide && marks.find(c) == marks.npos
            && others.find(c) == others.npos)
            return false;
    }
    return true;
}

// RFC 3986 §3.2.
bool is_authority(std::string_view text, Letters letters)
{
    if (auto const at = text.find('@'); at != text.npos) {
        if (!is_made_of(text.substr(0, at), ":", letters))
            return false;
        text.remove_prefix(at + 1);
    }
    auto host = text.substr(0, text.find(':'));
    if (text.starts_with('[')) {
        auto const end = text.find(']');
        if (end == text.npos)
            return false;
        host = text.substr(0, end + 1);
        auto const address = text.substr(1, end - 1);
        bool const is_future = address.starts_with('v') || address.starts_with('V');
        if (is_future ? !is_made_of(address, ":", letters) : !is_ipv6(address))
            return false;
    } else if (!is_made_of(host, "", letters)) {
        return false;
    }
    auto const port = text.substr(host.size());
    return port.empty() || (port.starts_with(':') && std::ranges::all_of(port.substr(1), is_digit));
}

// RFC 6570 §2.3.
bool is_variable(std::string_view text)
{
    if (text.ends_with('*')) {
        text.remove_suffix(1);
    } else if (auto const colon = text.find(':'); colon != text.npos) {
        auto const length = text.substr(colon + 1);
        if (length.empty() || length.size() > 4 || length.front() == '0'
            || !std::ranges::all_of(length, is_digit))
            return false;
        text = text.substr(0, colon);
    }
    bool const has_letters = std::ranges::all_of(text,
        [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '%'; });
    return has_letters && !text.empty() && text.front() != '.' && text.back() != '.'
        && is_made_of(text, "_.", Letters::ascii);
}

bool is_expression(std::string_view text)
{
    constexpr std::string_view operators = "+#./;?&=,!@|";
    if (!text.empty() && operators.find(text.front()) != operators.npos)
        text.remove_prefix(1);
    while (true) {
        auto const comma = text.find(',');
        if (!is_variable(text.substr(0, comma)))
            return false;
        if (comma == text.npos)
            return true;
        text.remove_prefix(comma + 1);
    }
}

} // namespace

bool is_uri(std::string_view text, UriForm form, Letters letters)
{
    auto const parts = split_uri(text);
    if (form == UriForm::absolute && !parts.scheme)
        return false;
    // Without a scheme, a colon in the first segment would look like the end of one (§4.2).
    bool const looks_absolute = !parts.scheme && !parts.authority
        && parts.path.substr(0, parts.path.find('/')).find(':') != parts.path.npos;
    if (looks_absolute || (parts.authority && !is_authority(*parts.authority, letters)))
        return false;
    return is_made_of(parts.path, "/:@", letters)
        && is_made_of(parts.query.value_or(""), "/:@?", letters)
        && is_made_of(parts.fragment.value_or(""), "/:@?", letters);
}

bool is_uri_template(std::string_view text)
{
    constexpr std::string_view forbidden = " \"'<>\\^`|}";
    while (!text.empty()) {
        auto const c = text.front();
        if (c == '{') {
            auto const end = text.find('}');
            if (end == text.npos || !is_expression(text.substr(1, end - 1)))
                return false;
            text.remove_prefix(end + 1);
            continue;
        }
        bool const is_broken_escape
            = c == '%' && (text.size() < 3 || !is_hex(text[1]) || !is_hex(text[2]));
        if (static_cast<unsigned char>(c) < 0x20 || forbidden.find(c) != forbidden.npos
            || is_broken_escape)
            return false;
        text.remove_prefix(1);
    }
    return true;
}

bool is_json_pointer(std::string_view text)
{
    if (!text.empty() && text.front() != '/')
        return false;
    for (std::size_t at = 0; at < text.size(); at++)
        if (text[at] == '~'
            && (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')))
            return false;
    return true;
}

bool is_relative_json_pointer(std::string_view text)
{
    auto const end = std::min(text.find_first_not_of("0123456789"), text.size());
    if (end == 0 || (end > 1 && text.front() == '0'))
        return false;
    auto const rest = text.substr(end);
    return rest == "#" || is_json_pointer(rest);
}

bool is_uuid(std::string_view text)
{
    if (text.size() != 36)
        return false;
    for (std::size_t at = 0; at < text.size(); at++) {
        bool const is_hyphen = at == 8 || at == 13 || at == 18 || at == 23;
        if (is_hyphen ? text[at] != '-' : !is_hex(text[at]))
            return false;
    }
    return true;
}

} // namespace gatehouse::schema
