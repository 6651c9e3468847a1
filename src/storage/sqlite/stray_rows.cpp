// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/stray_rows.hpp"

#include "events/append_check.hpp"
#include "storage/sqlite/table_page.hpp"
#include "storage/sqlite/tables.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace {

constexpr std::size_t event_size_max = events::data_size_max + Pages::page_size;
constexpr std::size_t row_of_snapshot_max = events::snapshot_size_max + Pages::page_size;

// The number of a row stands in front of its record, and NULL in it.
std::optional<Record> read_event(Pages const& pages, StrayCell cell, RowId row)
{
    auto const payload = payload_of(pages, cell, event_size_max);
    auto const values = payload ? values_of(*payload, 4) : std::nullopt;
    if (!values || !values->at(0).is_null() || !values->at(2).is_blob()
        || !values->at(3).is_blob())
        return std::nullopt;
    auto const stream = values->at(1).number();
    if (!stream || *stream > std::numeric_limits<StreamId>::max())
        return std::nullopt;
    Record record{.place = {.row = row, .stream = static_cast<StreamId>(*stream)}};
    bool const is_whole = unpack(record, values->at(2).bytes, values->at(3).bytes);
    return is_whole ? std::optional(std::move(record)) : std::nullopt;
}

std::optional<events::Snapshot> read_snapshot(Pages const& pages, StrayCell cell, StreamId stream)
{
    auto const payload = payload_of(pages, cell, row_of_snapshot_max);
    auto const values = payload ? values_of(*payload, 6) : std::nullopt;
    events::Snapshot snapshot;
    if (!values || !values->at(0).is_null() || !values->at(1).number() || !values->at(4).number()
        || values->at(2).bytes.size() != snapshot.link.size())
        return std::nullopt;
    snapshot.version = *values->at(1).number();
    std::memcpy(snapshot.link.data(), values->at(2).bytes.data(), snapshot.link.size());
    snapshot.hash = values->at(3).bytes;
    snapshot.state = values->at(5).bytes;
    bool const is_whole = sum_of(stream, snapshot) == *values->at(4).number();
    return is_whole ? std::optional(std::move(snapshot)) : std::nullopt;
}

} // namespace

void StrayRows::find(Pages const& pages, std::function<bool(RowId)> const& is_wanted,
    std::function<void(Record const&)> const& found)
{
    each_stray_cell(pages, [&](StrayCell cell, RowId row) {
        if (cells_.contains(row) || !is_wanted(row))
            return;
        if (auto const record = read_event(pages, cell, row)) {
            cells_[row] = cell;
            found(*record);
        }
    });
}

std::optional<Record> StrayRows::event(Pages const& pages, RowId row) const
{
    auto const known = cells_.find(row);
    return known == cells_.end() ? std::nullopt : read_event(pages, known->second, row);
}

void StraySnapshots::find(Pages const& pages, std::set<StreamId> const& wanted, Proof const& proves)
{
    each_stray_cell(pages, [&](StrayCell cell, std::uint64_t row) {
        auto const stream = static_cast<StreamId>(row);
        if (stream != row || !wanted.contains(stream))
            return;
        auto const snapshot = read_snapshot(pages, cell, stream);
        auto const known = cells_.find(stream);
        bool const is_older
            = snapshot && known != cells_.end() && snapshot->version <= known->second.version;
        if (snapshot && !is_older && proves(stream, *snapshot))
            cells_[stream] = {cell, snapshot->version};
    });
}

std::optional<events::Snapshot> StraySnapshots::snapshot(Pages const& pages, StreamId stream) const
{
    auto const known = cells_.find(stream);
    return known == cells_.end() ? std::nullopt : read_snapshot(pages, known->second.cell, stream);
}

} // namespace gatehouse::storage::sqlite
