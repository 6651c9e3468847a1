// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/stray_cells.hpp"

#include "storage/sqlite/table_page.hpp"

#include <algorithm>

namespace gatehouse::storage::sqlite {

namespace {

constexpr std::size_t cells_begin = 8; // Of a leaf: where its cells are, a word each.
constexpr std::size_t cells_max = Pages::page_size / 6;

} // namespace

void each_stray_cell(
    Pages const& pages, std::function<void(StrayCell, std::uint64_t row)> const& visit)
{
    auto const count = pages.count();
    for (std::uint32_t number = 2; number <= count; number++) {
        auto const page = pages.page(number);
        if (!page || PageBytes(*page).byte(0) != leaf_page)
            continue;
        PageBytes const bytes(*page);
        for (std::size_t i = 0; i < std::min(bytes.word(3), cells_max); i++) {
            auto at = bytes.word(cells_begin + 2 * i);
            StrayCell const cell{number, static_cast<std::uint32_t>(at)};
            static_cast<void>(bytes.number(at));
            visit(cell, bytes.number(at));
        }
    }
}

// What has no room in the cell lies on pages of its own, each with the number of the next one.
std::optional<std::string> payload_of(Pages const& pages, StrayCell cell, std::size_t size_max)
{
    auto const page = pages.page(cell.page);
    if (!page)
        return std::nullopt;
    PageBytes const bytes(*page);
    std::size_t at = cell.at;
    auto const size = bytes.number(at);
    static_cast<void>(bytes.number(at)); // Its row.
    if (size > size_max)
        return std::nullopt;
    auto const here = part_in_cell(size);
    std::string payload(bytes.text(at, here));
    if (payload.size() < here)
        return std::nullopt;
    auto next = bytes.page_number(at + here);
    while (payload.size() < size) {
        auto const more = pages.page(next);
        if (!more)
            return std::nullopt;
        payload += PageBytes(*more).text(4, size - payload.size());
        next = PageBytes(*more).page_number(0);
    }
    return payload;
}

} // namespace gatehouse::storage::sqlite
