// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse::http {

// The character classes of the grammar, one bit each.
constexpr std::uint8_t token_char = 1;      // tchar (RFC 9110 §5.6.2)
constexpr std::uint8_t field_char = 2;      // HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5)
constexpr std::uint8_t target_char = 4;     // VCHAR but for what no browser sends bare: " # < >
constexpr std::uint8_t host_char = 8;       // reg-name (RFC 3986 §3.2.2)
constexpr std::uint8_t unreserved_char = 16; // RFC 3986 §2.3

constexpr std::array<std::uint8_t, 256> char_classes = [] {
    std::array<std::uint8_t, 256> table{};
    auto const mark = [&table](std::string_view chars, std::uint8_t classes) {
        for (char const c : chars)
            table[static_cast<std::uint8_t>(c)] |= classes;
    };
    for (unsigned c = 0x20; c < 0x100; c++)
        if (c != 0x7f)
            table[c] |= field_char;
    table['\t'] |= field_char;
    for (unsigned c = 0x21; c < 0x7f; c++)
        table[c] |= target_char;
    for (char const c : std::string_view("\"#<>"))
        table[static_cast<std::uint8_t>(c)] &= static_cast<std::uint8_t>(~target_char);
    mark("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        token_char | host_char | unreserved_char);
    mark("!#$%&'*+-.^_`|~", token_char);
    mark("-._~!$&'()*+,;=%", host_char);
    mark("-._~", unreserved_char);
    return table;
}();

[[nodiscard]] constexpr bool is_of(char c, std::uint8_t char_class)
{
    return (char_classes[static_cast<std::uint8_t>(c)] & char_class) != 0;
}

[[nodiscard]] constexpr bool all_of(std::string_view text, std::uint8_t char_class)
{
    auto classes = char_class; // No early end: nearly all texts pass.
    for (char const c : text)
        classes &= char_classes[static_cast<std::uint8_t>(c)];
    return classes == char_class;
}

[[nodiscard]] constexpr bool is_token(std::string_view text)
{
    return !text.empty() && all_of(text, token_char);
}

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// -1 for what is no hexadecimal digit.
[[nodiscard]] constexpr int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    auto const lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Eight bytes at a time; only a tab or a forbidden byte is looked at alone.
[[nodiscard]] inline bool is_field_value(std::string_view text)
{
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    while (text.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), sizeof word);
        auto const below_space = (word - ones * 0x20) & ~word;
        auto const deleted = word ^ (ones * 0x7f);
        if ((((deleted - ones) & ~deleted) | below_space) & highs)
            if (!all_of(text.substr(0, sizeof word), field_char))
                return false;
        text.remove_prefix(sizeof word);
    }
    return all_of(text, field_char);
}

// Without the optional white space around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// The elements of a comma-separated list (RFC 9110 §5.6.1); empty ones are passed over.
template <typename Visit>
constexpr void for_each_element(std::string_view list, Visit&& visit)
{
    while (!list.empty()) {
        auto const comma = list.find(',');
        if (auto const element = trim(list.substr(0, comma)); !element.empty())
            visit(element);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
}

// uri-host [ ":" port ] (RFC 9110 §7.2): a name, an IPv4 address or an IPv6 address in brackets;
// never empty, never with user information.
[[nodiscard]] bool is_authority(std::string_view text);

}  // namespace gatehouse::http
