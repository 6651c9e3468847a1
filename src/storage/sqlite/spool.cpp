// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/spool.hpp"

#include <sqlite3.h>

#include <system_error>

namespace gatehouse::storage::sqlite {

// One transaction that is never committed: SQLite writes what its cache has no room for.
Result<Spool> Spool::make(std::filesystem::path const& file)
{
    std::error_code ignored;
    std::filesystem::remove(file, ignored); // Of a repair that was cut off.
    auto database
        = GH_TRY(Database::open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    GH_CHECK(database.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                          "PRAGMA cache_size = -16384; BEGIN"));
    GH_CHECK(Tables::lay(database));
    auto tables = GH_TRY(Tables::prepare(database));
    return Spool(std::move(database), std::move(tables));
}

Result<void> Spool::clear()
{
    return database_.run("DELETE FROM event; DELETE FROM snapshot");
}

Result<RowId> Spool::add(events::Event const& event)
{
    events::StreamState const unknown;
    NewEvent const added{{.row = last_ + 1, .stream = 1}, &unknown, &event};
    GH_CHECK(tables_.add_events({&added, 1}));
    return ++last_;
}

} // namespace gatehouse::storage::sqlite
