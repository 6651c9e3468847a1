// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/records_file.hpp"

#include "storage/sqlite/record.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace gatehouse::storage::sqlite {

using namespace std::chrono_literals;
using records::Named;
using records::Version;

namespace {

// Of a row, but for its version: that is the number that SQLite gives it.
std::uint32_t sum_of(
    std::string_view key, std::string_view value, std::optional<std::int64_t> expires)
{
    Sum sum;
    sum.add(key);
    sum.add(value);
    sum.add(expires ? static_cast<std::uint64_t>(*expires) : ~std::uint64_t{0});
    return sum.value();
}

// Columns: version, key, value, expires, sum. Empty where it is not what was written.
std::optional<Named> read(Execution const& row)
{
    auto const expires = row.optional_integer(3);
    Named named{.key = std::string(row.bytes(1)),
        .record
        = {.value = std::string(row.bytes(2)), .version = static_cast<Version>(row.integer(0))}};
    if (expires)
        named.record.expires = WallTime{*expires};
    if (row.integer(4) != sum_of(named.key, named.record.value, expires))
        return std::nullopt;
    return named;
}

} // namespace

Result<std::unique_ptr<RecordsFile>> RecordsFile::open(
    Options const& options, std::uint64_t file_bytes_max)
{
    std::unique_ptr<RecordsFile> file(new RecordsFile(options, file_bytes_max));
    GH_CHECK(file->open());
    return file;
}

Result<void> RecordsFile::open()
{
    auto database = GH_TRY(open_records(options_));
    GH_CHECK(database.run(fmt::format(
        "PRAGMA max_page_count = {}", std::max<std::uint64_t>(file_bytes_max_ / 4096, 16))
                              .c_str()));
    auto const sql = [&database](char const* text) { return database.prepare(text); };
    auto begin = GH_TRY(sql("BEGIN IMMEDIATE"));
    auto commit = GH_TRY(sql("COMMIT"));
    auto get = GH_TRY(sql("SELECT version, key, value, expires, sum FROM record WHERE key = ?1"
                          " AND (expires IS NULL OR expires > ?2)"));
    auto erase = GH_TRY(sql("DELETE FROM record WHERE key = ?1"));
    auto add = GH_TRY(sql("INSERT INTO record (key, value, expires, sum) VALUES (?1, ?2, ?3, ?4)"
                          " RETURNING version"));
    auto skip = GH_TRY(
        sql("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'record' RETURNING seq"));
    auto list = GH_TRY(sql("SELECT version, key, value, expires, sum FROM record WHERE key >= ?1"
                           " AND (expires IS NULL OR expires > ?2) ORDER BY key"));
    auto sweep = GH_TRY(sql("DELETE FROM record WHERE version IN (SELECT version FROM record"
                            " WHERE expires <= ?1 ORDER BY expires LIMIT 100)"));
    Rows::Statements statements{std::move(begin), std::move(commit), std::move(get),
        std::move(erase), std::move(add), std::move(skip), std::move(list), std::move(sweep)};
    rows_.reset(new Rows(std::move(database), std::move(statements)));
    return {};
}

Result<std::optional<records::Record>> RecordsFile::Rows::get(std::string_view key, WallTime now)
{
    auto row = statements_.get.run(Blob{key}, now.ms);
    std::optional<Named> found;
    if (row.next())
        found = read(row);
    while (row.next()) { } // There is one at most.
    GH_CHECK(row.finish());
    if (!found)
        return std::nullopt;
    return std::move(found->record);
}

Result<Version> RecordsFile::Rows::version_of(std::string_view key, WallTime now)
{
    auto const found = GH_TRY(get(key, now));
    return found ? found->version : 0;
}

Result<std::optional<Version>> RecordsFile::Rows::put(std::string_view key, Version expected,
    std::string_view value, std::optional<WallTime> expires, WallTime now)
{
    if (GH_TRY(version_of(key, now)) != expected)
        return std::nullopt;
    has_written_ = true;
    auto const at = expires ? std::optional(expires->ms) : std::nullopt;
    GH_CHECK(statements_.erase.execute(Blob{key}));
    auto row = statements_.add.run(
        Blob{key}, Blob{value}, at, static_cast<std::int64_t>(sum_of(key, value, at)));
    Version version = 0;
    while (row.next())
        version = static_cast<Version>(row.integer(0));
    GH_CHECK(row.finish());
    return version;
}

Result<std::optional<Version>> RecordsFile::Rows::remove(
    std::string_view key, Version expected, WallTime now)
{
    if (expected == 0 || GH_TRY(version_of(key, now)) != expected)
        return std::nullopt;
    has_written_ = true;
    GH_CHECK(statements_.erase.execute(Blob{key}));
    auto row = statements_.skip.run();
    Version version = 0;
    while (row.next())
        version = static_cast<Version>(row.integer(0));
    GH_CHECK(row.finish());
    return version;
}

Result<std::vector<Named>> RecordsFile::Rows::list(
    std::string_view prefix, std::string_view after, std::size_t max, WallTime now)
{
    auto const next = std::string(after) + '\0'; // What comes right behind it.
    auto const from = after < prefix ? prefix : std::string_view(next);
    std::vector<Named> found;
    auto row = statements_.list.run(Blob{from}, now.ms);
    while (found.size() < max && row.next()) {
        auto named = read(row);
        if (!row.bytes(1).starts_with(prefix))
            return found;
        if (named)
            found.push_back(*std::move(named));
    }
    if (found.size() < max)
        GH_CHECK(row.finish());
    return found;
}

// At first it is opened again at once, later after a pause.
void RecordsFile::failed(Error const& why)
{
    if (rows_)
        rows_->database_.set_close(Close::leaves_wal);
    rows_.reset();
    why_closed_ = why;
    retry_at_ = now() + pause_;
    pause_ = std::clamp<std::chrono::milliseconds>(2 * pause_, 100ms, 5s);
}

Result<void> RecordsFile::try_transact(WallTime now, std::function<Result<void>(Rows&)> const& work)
{
    auto& rows = *rows_;
    rows.has_written_ = false;
    auto done = rows.statements_.begin.execute();
    if (done)
        done = work(rows);
    if (done && rows.has_written_)
        done = rows.statements_.sweep.execute(now.ms);
    if (done)
        done = rows.statements_.commit.execute();
    if (!done && rows.database_.is_in_transaction() && !rows.database_.run("ROLLBACK"))
        done.error().code = ErrorCode::internal;
    return done;
}

Result<void> RecordsFile::transact(WallTime now, std::function<Result<void>(Rows&)> const& work)
{
    if (!rows_ && storage::now() >= retry_at_)
        if (auto const again = open(); !again)
            failed(again.error());
    if (!rows_)
        return fail(ErrorCode::unavailable, why_closed_.message, why_closed_.detail);
    auto done = try_transact(now, work);
    if (done)
        pause_ = {};
    else if (done.error().code == ErrorCode::internal)
        failed(done.error());
    if (!done)
        done.error().code = ErrorCode::unavailable;
    return done;
}

} // namespace gatehouse::storage::sqlite
