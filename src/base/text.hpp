// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse {

// Of `known`, the word nearest to `word`, for "did you mean": at most a third of its letters wrong.
[[nodiscard]] std::optional<std::string_view> nearest(
    std::string_view word, std::span<std::string_view const> known);

// ASCII only: bytes above 0x7f compare as they are.
[[nodiscard]] bool equal_letters(std::string_view a, std::string_view b);
[[nodiscard]] inline bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && equal_letters(a, b); // Most differ in size: told in place.
}

// Appends the parts one behind the other: room is made once for all of them.
template <std::same_as<std::string_view>... Parts>
void append_all(std::string& out, Parts... parts)
{
    auto const size = out.size();
    auto const grown = size + (parts.size() + ...);
    // libstdc++ 12 tells the function the capacity, not what was asked for.
    out.resize_and_overwrite(grown, [=](char* bytes, std::size_t) {
        auto* at = bytes + size;
        ((at += parts.copy(at, parts.size())), ...);
        return grown;
    });
}

// For a terminal: control characters (C0, DEL, C1) as \\xNN, so that what others wrote moves no
// cursor.
[[nodiscard]] std::string printable(std::string_view text);

// "2026-11-21T14:03:07.123Z" (RFC 3339) of milliseconds since 1970.
[[nodiscard]] std::string rfc3339(std::int64_t ms);
// And back, with any offset, up to milliseconds ("2026-11-21T14:03:07Z"). Empty where it is none.
[[nodiscard]] std::optional<std::int64_t> from_rfc3339(std::string_view text);

}  // namespace gatehouse
