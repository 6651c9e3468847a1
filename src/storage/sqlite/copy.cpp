// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/copy.hpp"

#include <sqlite3.h>

#include <fmt/format.h>
#include <string>
#include <system_error>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> cannot_copy(fs::path const& file, std::string const& why)
{
    return fail(ErrorCode::unavailable, "The store cannot be copied.",
        fmt::format("{}: {}", file.native(), why));
}

bool has_room(fs::path const& file, std::uint64_t bytes)
{
    std::error_code unknown;
    auto const space = fs::space(file.parent_path(), unknown);
    return unknown || space.available >= bytes + Copy::reserve_bytes;
}

} // namespace

void Copy::Finish::operator()(sqlite3_backup* backup) const
{
    sqlite3_backup_finish(backup);
}

Result<std::unique_ptr<Copy>> Copy::begin(Database const& source, fs::path file)
{
    file = fs::absolute(file);
    std::error_code ignored;
    fs::remove(file, ignored);
    auto target = GH_TRY(Database::open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    // A copy that a crash cuts short is thrown away: it needs no journal and no sync.
    GH_CHECK(target.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"));
    auto* const backup
        = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
    if (!backup)
        return cannot_copy(file, sqlite3_errmsg(target.handle()));
    return std::unique_ptr<Copy>(new Copy(std::move(file), std::move(target), backup));
}

Result<std::uint64_t> Copy::step(std::size_t pages)
{
    constexpr std::uint64_t page_size_most = 4096;
    if (!has_room(file_, pages * page_size_most))
        return cannot_copy(file_, "the disk is nearly full: make room for a second store on it");
    auto const code = sqlite3_backup_step(backup_.get(), static_cast<int>(pages));
    if (code == SQLITE_OK)
        return static_cast<std::uint64_t>(sqlite3_backup_remaining(backup_.get()));
    if (code != SQLITE_DONE)
        return cannot_copy(file_, sqlite3_errstr(code));
    backup_.reset();
    return 0;
}

} // namespace gatehouse::storage::sqlite
