// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/stray_rows.hpp"

#include "events/append_check.hpp"
#include "storage/sqlite/table_page.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace {

constexpr std::size_t cells_begin = 8; // Of a leaf: where its cells are, a word each.
constexpr std::size_t cells_max = Pages::page_size / 6;
constexpr std::uint64_t payload_max = events::data_size_max + Pages::page_size;

// What has no room in the cell lies on pages of its own, each with the number of the next one.
std::optional<std::string> payload_of(
    Pages const& pages, std::string_view page, std::size_t at, std::uint64_t size)
{
    if (size > payload_max)
        return std::nullopt;
    auto const here = part_in_cell(size);
    std::string payload(PageBytes(page).text(at, here));
    if (payload.size() < here)
        return std::nullopt;
    auto next = PageBytes(page).page_number(at + here);
    while (payload.size() < size) {
        auto const more = pages.page(next);
        if (!more)
            return std::nullopt;
        payload += PageBytes(*more).text(4, size - payload.size());
        next = PageBytes(*more).page_number(0);
    }
    return payload;
}

std::optional<Record> read(Pages const& pages, std::string_view page, std::size_t cell)
{
    PageBytes const bytes(page);
    auto at = cell;
    auto const size = bytes.number(at);
    auto const row = bytes.number(at);
    auto const payload = payload_of(pages, page, at, size);
    auto const columns = payload ? event_columns(*payload) : std::nullopt;
    if (!columns)
        return std::nullopt;
    Record record{.place = {.row = row, .stream = static_cast<StreamId>(columns->stream)}};
    bool const is_whole = unpack(record, columns->head, columns->data);
    return is_whole ? std::optional(std::move(record)) : std::nullopt;
}

} // namespace

void StrayRows::find(Pages const& pages, std::function<bool(RowId)> const& is_wanted,
    std::function<void(Record const&)> const& found)
{
    auto const count = pages.count();
    for (std::uint32_t number = 2; number <= count; number++) {
        auto const page = pages.page(number);
        if (!page || PageBytes(*page).byte(0) != leaf_page)
            continue;
        PageBytes const bytes(*page);
        for (std::size_t i = 0; i < std::min(bytes.word(3), cells_max); i++) {
            auto const cell = bytes.word(cells_begin + 2 * i);
            auto at = cell;
            static_cast<void>(bytes.number(at));
            auto const row = bytes.number(at);
            if (cells_.contains(row) || !is_wanted(row))
                continue;
            if (auto const record = read(pages, *page, cell)) {
                cells_[row] = {number, static_cast<std::uint32_t>(cell)};
                found(*record);
            }
        }
    }
}

std::optional<Record> StrayRows::event(Pages const& pages, RowId row) const
{
    auto const known = cells_.find(row);
    if (known == cells_.end())
        return std::nullopt;
    auto const page = pages.page(known->second.page);
    return page ? read(pages, *page, known->second.at) : std::nullopt;
}

} // namespace gatehouse::storage::sqlite
