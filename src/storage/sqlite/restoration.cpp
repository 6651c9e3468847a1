// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/restoration.hpp"

#include "storage/sqlite/open.hpp"

#include <system_error>

namespace gatehouse::storage::sqlite {

Result<void> note_restoration(Database& database, WallTime at)
{
    GH_CHECK(database.run("CREATE TABLE IF NOT EXISTS restoration (at INTEGER NOT NULL)"));
    // Later than any before it, whatever the clock says: it numbers the store's histories.
    auto note = GH_TRY(database.prepare("INSERT INTO restoration SELECT max(?1,"
                                        " ifnull((SELECT max(at) + 100 FROM restoration), 0))"));
    return note.execute(at.ms);
}

Result<std::optional<WallTime>> last_restoration(std::filesystem::path const& file)
{
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return std::nullopt;
    auto database = GH_TRY(open_database({.file = file}));
    auto const tables = GH_TRY(database.integer(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'restoration'"));
    if (tables == 0)
        return std::nullopt;
    auto query = GH_TRY(database.prepare("SELECT max(at) FROM restoration"));
    auto row = query.run();
    std::optional<WallTime> last;
    if (row.next())
        if (auto const at = row.optional_integer(0))
            last = WallTime{*at};
    GH_CHECK(row.finish());
    return last;
}

} // namespace gatehouse::storage::sqlite
