// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace gatehouse::json {

using namespace std::string_view_literals;

namespace {

void append_escape(std::string& out, char c)
{
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
    }
    static constexpr char digits[] = "0123456789abcdef";
    out += "\\u00";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
}

bool needs_escape(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

template <typename Word>
std::uint64_t load(char const* at)
{
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// All bytes of a text shorter than a word; those in between may come twice, the rest are spaces.
std::uint64_t load_short(std::string_view text)
{
    auto const* const begin = text.data();
    if (text.size() >= 4)
        return load<std::uint32_t>(begin) | load<std::uint32_t>(begin + text.size() - 4) << 32;
    constexpr std::uint64_t spaces = 0x2020202020000000;
    return spaces | load<std::uint8_t>(begin) | load<std::uint8_t>(begin + text.size() / 2) << 8
        | load<std::uint8_t>(begin + text.size() - 1) << 16;
}

// Nothing to escape and nothing but ASCII, as with nearly all texts. Eight bytes at a time.
bool is_plain(std::string_view text)
{
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = ones * 0x80;
    auto const has_zero = [](std::uint64_t word) { return (word - ones) & ~word; };
    auto const special_of = [&](std::uint64_t word) {
        return word | (word - ones * 0x20) | has_zero(word ^ (ones * '"'))
            | has_zero(word ^ (ones * '\\'));
    };
    if (text.empty())
        return true;
    if (text.size() < sizeof(std::uint64_t))
        return (special_of(load_short(text)) & highs) == 0;
    auto const last = text.size() - sizeof(std::uint64_t);
    auto special = special_of(load<std::uint64_t>(text.data() + last));
    for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t))
        special |= special_of(load<std::uint64_t>(text.data() + at));
    return (special & highs) == 0;
}

template <typename Number>
void append_number(std::string& out, Number number)
{
    std::array<char, 32> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

}  // namespace

void append_quoted(std::string& out, std::string_view text)
{
    if (is_plain(text)) [[likely]] {
        append_all(out, "\""sv, text, "\""sv);
        return;
    }
    if (!is_utf8(text)) {
        append_quoted(out, replace_broken_utf8(text));
        return;
    }
    out += '"';
    std::size_t copied = 0;
    for (std::size_t i = 0; i < text.size(); i++) {
        if (!needs_escape(text[i])) [[likely]]
            continue;
        out.append(text, copied, i - copied);
        append_escape(out, text[i]);
        copied = i + 1;
    }
    out.append(text, copied);
    out += '"';
}

void Writer::separate()
{
    if (needs_comma_)
        out_ += ',';
    needs_comma_ = true;
}

Writer& Writer::open(char bracket)
{
    separate();
    out_ += bracket;
    needs_comma_ = false;
    return *this;
}

Writer& Writer::close(char bracket)
{
    out_ += bracket;
    needs_comma_ = true;
    return *this;
}

Writer& Writer::key(std::string_view name)
{
    if (is_plain(name)) [[likely]] {
        append_all(out_, needs_comma_ ? ",\""sv : "\""sv, name, "\":"sv);
    } else {
        separate();
        append_quoted(out_, name);
        out_ += ':';
    }
    needs_comma_ = false;
    return *this;
}

Writer& Writer::value(std::string_view text)
{
    separate();
    append_quoted(out_, text);
    return *this;
}

Writer& Writer::raw(std::string_view json)
{
    separate();
    out_ += json;
    return *this;
}

Writer& Writer::integer(std::int64_t number)
{
    separate();
    append_number(out_, number);
    return *this;
}

Writer& Writer::unsigned_integer(std::uint64_t number)
{
    separate();
    append_number(out_, number);
    return *this;
}

// JSON has no NaN and no infinity: they become null.
Writer& Writer::value(double number)
{
    separate();
    if (number - number == 0)
        append_number(out_, number);
    else
        out_ += "null";
    return *this;
}

}  // namespace gatehouse::json
