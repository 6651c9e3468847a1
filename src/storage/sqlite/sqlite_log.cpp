// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_log.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Appended;
using events::Event;
using events::LogCursor;
using events::LogPage;
using events::StreamAppend;
using events::StreamHead;
using events::Version;

using namespace std::chrono_literals;

Result<std::unique_ptr<SqliteLog>> SqliteLog::open(Options options)
{
    auto file = GH_TRY(LogFile::open(options));
    return std::unique_ptr<SqliteLog>(new SqliteLog(std::move(options), std::move(file)));
}

std::vector<Result<Appended>> SqliteLog::append(std::vector<StreamAppend> batch)
{
    auto const open = file();
    auto answers = open ? (*open)->append(batch) : std::unexpected(open.error());
    if (answers)
        return *std::move(answers);
    if (answers.error().code == ErrorCode::internal)
        reopen();
    return std::vector<Result<Appended>>(batch.size(), std::unexpected(answers.error()));
}

Result<std::vector<Event>> SqliteLog::read(
    std::string_view stream, Version after, std::size_t events_max)
{
    return GH_TRY(file())->read(stream, after, events_max);
}

Result<events::History> SqliteLog::hydrate(std::string_view stream, std::size_t events_max)
{
    return events::History{{}, GH_TRY(read(stream, 0, events_max))};
}

Result<void> SqliteLog::keep(events::StreamSnapshot)
{
    return fail(ErrorCode::unsupported, "This store keeps no snapshots.");
}

Result<std::vector<StreamHead>> SqliteLog::heads(Slot slot)
{
    return GH_TRY(file())->streams().heads(slot);
}

Result<std::vector<StreamHead>> SqliteLog::find(std::string_view name)
{
    return GH_TRY(file())->streams().find_all(name);
}

Result<std::vector<StreamHead>> SqliteLog::streams(std::string_view after, std::size_t streams_max)
{
    return GH_TRY(file())->streams().streams(after, streams_max);
}

Result<void> SqliteLog::compact(std::string_view, Version)
{
    return fail(ErrorCode::unsupported, "This store compacts nothing.");
}

Result<void> SqliteLog::erase(std::string_view, Version)
{
    return fail(ErrorCode::unsupported, "This store erases nothing.");
}

Result<LogPage> SqliteLog::log(LogCursor from, std::size_t events_max)
{
    return GH_TRY(file())->log(from, events_max);
}

Result<LogFile*> SqliteLog::file()
{
    if (!file_ && now() >= retry_at_)
        reopen();
    if (!file_)
        return fail(ErrorCode::unavailable, why_closed_.message, why_closed_.detail);
    return file_.get();
}

void SqliteLog::reopen()
{
    file_.reset();
    auto opened = LogFile::open(options_);
    if (opened) {
        file_ = *std::move(opened);
        pause_ = {};
        return;
    }
    why_closed_ = std::move(opened.error());
    pause_ = std::clamp<std::chrono::milliseconds>(2 * pause_, 100ms, 5s);
    retry_at_ = now() + pause_;
}

} // namespace gatehouse::storage::sqlite
