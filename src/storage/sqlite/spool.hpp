// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/tables.hpp"

#include <filesystem>
#include <optional>
#include <utility>

namespace gatehouse::storage::sqlite {

// What a repair read from elsewhere, in a file, so that memory need not hold it. Nothing in it
// outlives its process.
class Spool {
public:
    [[nodiscard]] static Result<Spool> make(std::filesystem::path const& file);

    [[nodiscard]] Result<void> clear();
    // Rows count on from 1.
    [[nodiscard]] Result<RowId> add(events::Event const& event);
    [[nodiscard]] Result<Record> event(RowId row) { return tables_.event(row); }
    [[nodiscard]] Result<void> remove(RowId row) { return tables_.remove_event(row); }
    [[nodiscard]] Result<void> keep(StreamId stream, events::Snapshot const& snapshot)
    {
        return tables_.keep_snapshot(stream, snapshot);
    }
    [[nodiscard]] Result<std::optional<events::Snapshot>> snapshot(StreamId stream)
    {
        return tables_.snapshot(stream);
    }

private:
    Spool(Database database, Tables tables)
        : database_(std::move(database))
        , tables_(std::move(tables))
    { }

    Database database_;
    Tables tables_;
    RowId last_ = 0;
};

} // namespace gatehouse::storage::sqlite
