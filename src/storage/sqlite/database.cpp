// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/database.hpp"

#include "base/assert.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <system_error>

namespace gatehouse::storage::sqlite {

namespace {

enum class Asked : bool { to_read, to_write };

std::unexpected<Error> failure(sqlite3* database, Asked asked = Asked::to_write)
{
    auto const code = sqlite3_errcode(database);
    auto detail = fmt::format("SQLite {} ({}): {}", sqlite3_errstr(code),
        sqlite3_extended_errcode(database), sqlite3_errmsg(database));
    if (auto const cause = sqlite3_system_errno(database); code == SQLITE_CANTOPEN && cause != 0)
        detail += fmt::format(" ({})", std::generic_category().message(cause));
    if (code == SQLITE_FULL || code == SQLITE_READONLY || code == SQLITE_BUSY)
        return fail(ErrorCode::unavailable, "The store cannot write now.", detail);
    if (code == SQLITE_IOERR && asked == Asked::to_read)
        return fail(ErrorCode::unavailable, "The store cannot be read now.", detail);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        return fail(ErrorCode::internal, "The store is damaged.", detail);
    return fail(ErrorCode::internal, "The store failed.", detail);
}

} // namespace

// SQLite says of COMMIT, too, that it only reads; but that is never outside of a transaction.
Execution::Execution(sqlite3_stmt* statement)
    : statement_(statement)
    , only_reads_(sqlite3_stmt_readonly(statement) != 0
          && sqlite3_get_autocommit(sqlite3_db_handle(statement)) != 0)
{ }

Execution::~Execution()
{
    sqlite3_reset(statement_);
}

bool Execution::next()
{
    if (ended_)
        return false;
    auto const code = sqlite3_step(statement_);
    ended_ = code != SQLITE_ROW;
    failed_ = ended_ && code != SQLITE_DONE;
    return !ended_;
}

Result<void> Execution::finish()
{
    while (next()) { }
    if (failed_)
        return failure(
            sqlite3_db_handle(statement_), only_reads_ ? Asked::to_read : Asked::to_write);
    return {};
}

std::int64_t Execution::integer(int column) const
{
    return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> Execution::optional_integer(int column) const
{
    if (sqlite3_column_type(statement_, column) == SQLITE_NULL)
        return std::nullopt;
    return integer(column);
}

std::string_view Execution::bytes(int column) const
{
    auto const* const begin = static_cast<char const*>(sqlite3_column_blob(statement_, column));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return begin ? std::string_view(begin, size) : std::string_view();
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const
{
    sqlite3_finalize(statement);
}

void Statement::bind(int index, std::int64_t value)
{
    GH_ASSERT(sqlite3_bind_int64(statement_.get(), index, value) == SQLITE_OK);
}

void Statement::bind(int index, std::optional<std::int64_t> value)
{
    if (value)
        bind(index, *value);
    else
        GH_ASSERT(sqlite3_bind_null(statement_.get(), index) == SQLITE_OK);
}

void Statement::bind(int index, std::string_view text)
{
    GH_ASSERT(sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()),
                  SQLITE_STATIC)
        == SQLITE_OK);
}

void Statement::bind(int index, Blob blob)
{
    // A null pointer would bind NULL, which is not the empty blob.
    auto const* const begin = blob.bytes.empty() ? "" : blob.bytes.data();
    GH_ASSERT(sqlite3_bind_blob(statement_.get(), index, begin, static_cast<int>(blob.bytes.size()),
                  SQLITE_STATIC)
        == SQLITE_OK);
}

Result<Database> Database::open(std::filesystem::path const& file, int flags, char const* vfs)
{
    sqlite3* handle = nullptr;
    auto const code = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, vfs);
    Database database(handle);
    if (code == SQLITE_OK)
        return database;
    auto why = failure(handle);
    database.set_close(Close::leaves_wal); // What it has read is not known to be on the disk.
    return why;
}

Result<void> Database::run(char const* sql)
{
    if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return failure(handle());
    return {};
}

Result<Statement> Database::prepare(char const* sql)
{
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr)
        != SQLITE_OK)
        return failure(handle());
    return Statement(statement);
}

Result<std::int64_t> Database::integer(char const* sql)
{
    auto statement = GH_TRY(prepare(sql));
    auto query = statement.run();
    auto const value = query.next() ? query.integer(0) : 0;
    GH_CHECK(query.finish());
    return value;
}

bool Database::is_in_transaction() const
{
    return sqlite3_get_autocommit(handle()) == 0;
}

int Database::last_code() const
{
    return sqlite3_errcode(handle());
}

void Database::set_close(Close close)
{
    sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
        close == Close::leaves_wal ? 1 : 0, nullptr);
}

void Database::Release::operator()(sqlite3* database) const
{
    sqlite3_close_v2(database);
}

} // namespace gatehouse::storage::sqlite
