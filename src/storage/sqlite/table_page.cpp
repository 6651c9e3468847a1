// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/table_page.hpp"

#include <array>
#include <utility>

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

constexpr std::array<std::size_t, 10> sizes{0, 1, 2, 3, 4, 6, 8, 8, 0, 0};

std::optional<std::uint64_t> size_of(std::uint64_t type)
{
    if (type < sizes.size())
        return sizes[type];
    return type >= 12 ? std::optional((type - 12) / 2) : std::nullopt;
}

} // namespace

std::optional<std::uint64_t> Value::number() const
{
    if (type == 8 || type == 9) // The constants 0 and 1.
        return type - 8;
    if (type == 0 || type > 6 || PageBytes(bytes).byte(0) >= 0x80)
        return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); i++)
        value = value << 8 | PageBytes(bytes).byte(i);
    return value;
}

std::optional<std::vector<Value>> values_of(std::string_view payload, std::size_t count)
{
    PageBytes const bytes(payload);
    std::size_t at = 0;
    auto const header_size = bytes.number(at);
    std::vector<Value> values(count);
    for (auto& value : values)
        value.type = bytes.number(at);
    if (at != header_size)
        return std::nullopt;
    for (auto& value : values) {
        auto const size = size_of(value.type);
        if (at > payload.size() || !size || *size > payload.size() - at)
            return std::nullopt;
        value.bytes = payload.substr(at, *size);
        at += *size;
    }
    return at == payload.size() ? std::optional(std::move(values)) : std::nullopt;
}

} // namespace gatehouse::storage::sqlite
