// SPDX-License-Identifier: Apache-2.0
#include "schema/formats.hpp"

#include <algorithm>
#include <string>

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
bool is_wide(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

// What stands between these separators; false as soon as one does not fit.
template <typename Fits>
bool all_parts(std::string_view text, char separator, Fits const& fits)
{
    while (true) {
        auto const end = text.find(separator);
        if (!fits(text.substr(0, end)))
            return false;
        if (end == text.npos)
            return true;
        text.remove_prefix(end + 1);
    }
}

bool is_label(std::string_view label)
{
    return !label.empty() && label.size() <= 63 && !label.starts_with('-') && !label.ends_with('-')
        && std::ranges::all_of(
            label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_wide_label(std::string_view label)
{
    auto const letters = std::ranges::count_if(
        label, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    return letters > 0 && letters <= 63 && !label.starts_with('-') && !label.ends_with('-')
        && label.substr(0, 4).substr(std::min<std::size_t>(2, label.size())) != "--"
        && std::ranges::all_of(
            label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || is_wide(c); });
}

// RFC 5322 §3.2.3.
bool is_atom_letter(char c, Letters letters)
{
    constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
    return is_letter(c) || is_digit(c) || others.find(c) != others.npos
        || (letters == Letters::unicode && is_wide(c));
}

bool is_quoted(std::string_view text, Letters letters)
{
    if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"'))
        return false;
    text = text.substr(1, text.size() - 2);
    for (std::size_t at = 0; at < text.size(); at++) {
        bool const is_escape = text[at] == '\\';
        at += is_escape ? 1 : 0;
        bool const is_printable = at < text.size()
            && ((text[at] >= ' ' && text[at] <= '~')
                || (letters == Letters::unicode && is_wide(text[at])));
        if (!is_printable || (!is_escape && text[at] == '"'))
            return false;
    }
    return true;
}

bool is_mail_domain(std::string_view domain, Letters letters)
{
    if (domain.starts_with('[') && domain.ends_with(']')) {
        auto const address = domain.substr(1, domain.size() - 2);
        return address.starts_with("IPv6:") ? is_ipv6(address.substr(5)) : is_ipv4(address);
    }
    return letters == Letters::unicode ? is_idn_hostname(domain) : is_hostname(domain);
}

} // namespace

bool is_email(std::string_view text, Letters letters)
{
    auto const at = text.rfind('@');
    if (at == text.npos || !is_mail_domain(text.substr(at + 1), letters))
        return false;
    auto const local = text.substr(0, at);
    if (is_quoted(local, letters))
        return true;
    return all_parts(local, '.', [letters](std::string_view atom) {
        return !atom.empty()
            && std::ranges::all_of(atom, [=](char c) { return is_atom_letter(c, letters); });
    });
}

bool is_hostname(std::string_view text)
{
    return text.size() <= 253 && all_parts(text, '.', is_label);
}

bool is_idn_hostname(std::string_view text)
{
    // U+3002, U+FF0E and U+FF61 separate labels, too (RFC 3490 §3.1).
    std::string plain;
    while (!text.empty()) {
        bool const is_dot = text.starts_with("\xe3\x80\x82") || text.starts_with("\xef\xbc\x8e")
            || text.starts_with("\xef\xbd\xa1");
        plain.push_back(is_dot ? '.' : text.front());
        text.remove_prefix(is_dot ? 3 : 1);
    }
    return plain.size() <= 1012 && all_parts(plain, '.', is_wide_label);
}

bool is_ipv4(std::string_view text)
{
    int parts = 0;
    bool const fits = all_parts(text, '.', [&parts](std::string_view part) {
        parts++;
        if (part.empty() || part.size() > 3 || !std::ranges::all_of(part, is_digit))
            return false;
        int number = 0;
        for (auto const c : part)
            number = number * 10 + (c - '0');
        return number <= 255 && (part.size() == 1 || part.front() != '0');
    });
    return fits && parts == 4;
}

bool is_ipv6(std::string_view text)
{
    auto const gap = text.find("::");
    int groups = 0;
    // Groups between colons; an IPv4 address, which is two of them, may be the last.
    auto const count = [&groups](std::string_view side, bool is_end) {
        if (side.empty())
            return true;
        auto const tail = side.rfind(':') == side.npos ? 0 : side.rfind(':') + 1;
        if (is_end && side.find('.') != side.npos) {
            if (!is_ipv4(side.substr(tail)))
                return false;
            groups += 2;
            if (tail == 0)
                return true;
            side = side.substr(0, tail - 1);
        }
        return all_parts(side, ':', [&groups](std::string_view group) {
            groups++;
            return !group.empty() && group.size() <= 4 && std::ranges::all_of(group, is_hex);
        });
    };
    if (gap == text.npos)
        return !text.empty() && count(text, true) && groups == 8;
    return count(text.substr(0, gap), false) && count(text.substr(gap + 2), true) && groups <= 7;
}

} // namespace gatehouse::schema
