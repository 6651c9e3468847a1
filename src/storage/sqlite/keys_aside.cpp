// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/keys_aside.hpp"

#include "storage/folders.hpp"
#include "storage/sqlite/layout.hpp"
#include "storage/sqlite/unchanging_vfs.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <string>
#include <system_error>
#include <vector>

namespace gatehouse::storage::sqlite {

namespace fs = std::filesystem;

namespace {

constexpr int kept_max = 1000;

std::string beginning_of(fs::path const& keys)
{
    return keys.native() + ".damaged-";
}

std::unexpected<Error> cannot(std::string_view what, fs::path const& file, std::error_code why)
{
    return fail(ErrorCode::unavailable, "The damaged keys cannot be put aside.",
        fmt::format("cannot {} {}: {}", what, file.native(), why.message()));
}

bool is_damage(Database const& database)
{
    auto const code = database.last_code(); // ERROR: there is no such table, or column.
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;
}

Result<void> move(fs::path const& from, fs::path const& to)
{
    std::error_code failed;
    fs::rename(from, to, failed);
    if (failed && failed != std::errc::no_such_file_or_directory)
        return cannot("rename", from, failed);
    return {};
}

} // namespace

bool are_keys_damaged(Options const& options)
{
    auto const file = keys_of(options.file);
    if (lost_its_database(file))
        return true;
    auto database = Database::open(file, SQLITE_OPEN_READWRITE, unchanging_vfs());
    if (!database || !database->run("PRAGMA locking_mode = EXCLUSIVE"))
        return false;
    auto const& layout = key_layout();
    auto const application = database->integer("PRAGMA application_id");
    if (!application)
        return is_damage(*database);
    auto const version = database->integer("PRAGMA user_version");
    auto const tables = database->integer("SELECT count(*) FROM sqlite_schema");
    if (!version || !tables)
        return is_damage(*database);
    if (*tables == 0 && *application == 0)
        return options.access == Access::read_only; // Who writes makes it anew.
    if (*application != layout.application_id || *version < 1)
        return true;
    if (*version > layout.version)
        return false;
    for (auto const* const sql : {"SELECT number, stream, actor, subject, key, sum FROM membership",
             "SELECT id, forgotten FROM ring", "SELECT name, seq FROM sqlite_sequence"})
        if (!database->prepare(sql))
            return is_damage(*database);
    return has_damaged_header(*database);
}

// The WAL first: beside a new file it would count as of that one.
Result<fs::path> put_keys_aside(Options const& options)
{
    auto const file = keys_of(options.file);
    std::error_code ignored;
    int number = 1;
    fs::path kept;
    do
        kept = fmt::format("{}{}", beginning_of(file), number);
    while (number++ < kept_max
        && (fs::exists(kept, ignored) || fs::exists(kept.native() + "-wal", ignored)));
    for (auto const* const ending : {"-wal", "-journal", ""})
        GH_CHECK(move(file.native() + ending, kept.native() + ending));
    GH_CHECK(sync_folder(fs::absolute(file).parent_path()));
    return kept;
}

Result<void> remove_keys_put_aside(Options const& options)
{
    auto const file = fs::absolute(keys_of(options.file));
    std::vector<fs::path> found;
    std::error_code failed;
    fs::directory_iterator each(file.parent_path(), failed);
    for (; !failed && each != fs::directory_iterator(); each.increment(failed))
        if (each->path().native().starts_with(beginning_of(file)))
            found.push_back(each->path());
    if (failed) // Keys of whoever is to be forgotten may lie there.
        return cannot("look into", file.parent_path(), failed);
    if (found.empty())
        return {};
    for (auto const& kept : found)
        if (fs::remove(kept, failed); failed)
            return cannot("remove", kept, failed);
    return sync_folder(file.parent_path());
}

} // namespace gatehouse::storage::sqlite
