// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/table_page.hpp"

#include <algorithm>

namespace gatehouse::storage::sqlite {

std::uint64_t PageBytes::number(std::size_t& at) const
{
    std::uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        auto const next = byte(at++);
        value = value << 7 | (next & 0x7f);
        if (next < 0x80)
            return value;
    }
    return value << 8 | byte(at++);
}

std::size_t part_in_cell(std::uint64_t payload)
{
    constexpr auto page_size = Pages::page_size;
    constexpr std::uint64_t all_max = page_size - 35;
    constexpr std::uint64_t part_min = (page_size - 12) * 32 / 255 - 23;
    if (payload <= all_max)
        return static_cast<std::size_t>(payload);
    auto const part = part_min + (payload - part_min) % (page_size - 4);
    return static_cast<std::size_t>(part <= all_max ? part : part_min);
}

namespace {

// A big-endian integer of 0 to 4 bytes that is not negative: no stream has a greater one.
std::optional<std::uint64_t> integer(std::string_view payload, std::size_t& at, std::uint64_t type)
{
    if (type == 8 || type == 9) // The constants 0 and 1.
        return type - 8;
    if (type == 0 || type > 4)
        return std::nullopt;
    std::uint64_t value = 0;
    PageBytes const bytes(payload);
    for (std::uint64_t i = 0; i < type; i++)
        value = value << 8 | bytes.byte(at++);
    return value;
}

} // namespace

// The number of the row stands in front of the record, and NULL in it.
std::optional<EventColumns> event_columns(std::string_view payload)
{
    PageBytes const bytes(payload);
    std::size_t at = 0;
    auto const header_size = bytes.number(at);
    auto const row_type = bytes.number(at);
    auto const stream_type = bytes.number(at);
    auto const head_type = bytes.number(at);
    auto const data_type = bytes.number(at);
    auto const is_blob = [](std::uint64_t type) { return type >= 12 && type % 2 == 0; };
    if (at != header_size || row_type != 0 || !is_blob(head_type) || !is_blob(data_type))
        return std::nullopt;
    auto const stream = integer(payload, at, stream_type);
    auto const head_size = (head_type - 12) / 2;
    auto const data_size = (data_type - 12) / 2;
    auto const room = payload.size() - std::min(at, payload.size());
    if (!stream || head_size > room || data_size != room - head_size)
        return std::nullopt;
    return EventColumns{*stream, bytes.text(at, head_size), bytes.text(at + head_size, data_size)};
}

} // namespace gatehouse::storage::sqlite
