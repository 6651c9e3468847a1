// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include <array>
#include <cstdint>

namespace gatehouse {
namespace {

using Alphabet = std::string_view;
using Digits = std::array<std::int8_t, 256>; // -1: no digit.

constexpr Alphabet standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr Alphabet for_urls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr Digits digits_of(Alphabet alphabet)
{
    Digits digits;
    digits.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); i++)
        digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return digits;
}

std::string encode(std::string_view bytes, Alphabet alphabet)
{
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    int held = 0; // Bits that are not written yet.
    for (char const c : bytes) {
        bits = bits << 8 | static_cast<std::uint8_t>(c);
        for (held += 8; held >= 6; held -= 6)
            text += alphabet[bits >> (held - 6) & 63];
    }
    if (held > 0)
        text += alphabet[bits << (6 - held) & 63];
    return text;
}

std::optional<std::string> decode(std::string_view text, Digits const& digits)
{
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int held = 0;
    for (char const c : text) {
        auto const digit = digits[static_cast<unsigned char>(c)];
        if (digit < 0)
            return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>(bits >> held);
        }
    }
    bool const has_lone_digit = held == 6;
    bool const has_stray_bits = (bits & ((1U << held) - 1)) != 0;
    if (has_lone_digit || has_stray_bits)
        return std::nullopt;
    return bytes;
}

}  // namespace

std::string to_base64(std::string_view bytes)
{
    auto text = encode(bytes, standard);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string to_base64url(std::string_view bytes) { return encode(bytes, for_urls); }

std::optional<std::string> from_base64(std::string_view text)
{
    static constexpr auto digits = digits_of(standard);
    if (text.size() % 4 != 0)
        return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); i++)
        text.remove_suffix(1);
    return decode(text, digits);
}

std::optional<std::string> from_base64url(std::string_view text)
{
    static constexpr auto digits = digits_of(for_urls);
    return decode(text, digits);
}

}  // namespace gatehouse
