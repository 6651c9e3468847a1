// SPDX-License-Identifier: Apache-2.0
#include "node/cursor.hpp"

#include <charconv>

namespace gatehouse::node {

std::optional<Cursor> read_cursor(std::string_view text)
{
    auto const dot = text.find('.');
    if (dot == text.npos)
        return std::nullopt;
    Cursor cursor;
    auto const [end, error] = std::from_chars(text.data(), text.data() + dot, cursor.at.ms);
    if (error != std::errc() || end != text.data() + dot)
        return std::nullopt;
    cursor.room = text.substr(dot + 1);
    return cursor;
}

std::string write_cursor(WallTime at, std::string_view room)
{
    return std::to_string(at.ms) + "." + std::string(room);
}

} // namespace gatehouse::node
