// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/snapshot.hpp"
#include "storage/sqlite/pages.hpp"
#include "storage/sqlite/record.hpp"
#include "storage/sqlite/stray_cells.hpp"

#include <functional>
#include <optional>
#include <set>
#include <unordered_map>

namespace gatehouse::storage::sqlite {

// The rows of the table of events that lie on leaves to which nothing leads any more, as a page
// above them is damaged. Leaves are known by their shape, and rows by their sums, which are over
// their numbers too: what is found is what was written, once. That it was not removed since, others
// have to know: SQLite leaves removed rows where they were. Keeps about 40 bytes a row.
class StrayRows {
public:
    // Looks at all pages, for the rows that are wanted.
    void find(Pages const& pages, std::function<bool(RowId)> const& is_wanted,
        std::function<void(Record const&)> const& found);
    [[nodiscard]] std::optional<Record> event(Pages const& pages, RowId row) const;

private:
    std::unordered_map<RowId, StrayCell> cells_{};
};

// The same of the table of snapshots. Older ones of a stream, which it had before, may lie there
// too, and those of one that had its number before: the newest counts that the stream proves.
class StraySnapshots {
public:
    using Proof = std::function<bool(StreamId, events::Snapshot const&)>;

    void find(Pages const& pages, std::set<StreamId> const& wanted, Proof const& proves);
    [[nodiscard]] std::optional<events::Snapshot> snapshot(
        Pages const& pages, StreamId stream) const;

private:
    struct Found {
        StrayCell cell;
        events::Version version;
    };

    std::unordered_map<StreamId, Found> cells_{};
};

} // namespace gatehouse::storage::sqlite
