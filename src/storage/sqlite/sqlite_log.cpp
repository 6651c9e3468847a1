// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_log.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Appended;
using events::Event;
using events::LogCursor;
using events::LogPage;
using events::Membership;
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
    auto answers = write([&](LogFile& file) { return file.append(batch); });
    if (answers)
        return *std::move(answers);
    return std::vector<Result<Appended>>(batch.size(), std::unexpected(answers.error()));
}

Result<std::vector<Event>> SqliteLog::read(
    std::string_view stream, Version after, std::size_t events_max)
{
    return GH_TRY(file())->read(stream, after, events_max);
}

Result<events::History> SqliteLog::hydrate(std::string_view stream, std::size_t events_max)
{
    return GH_TRY(file())->hydrate(stream, events_max);
}

Result<void> SqliteLog::keep(events::StreamSnapshot snapshot)
{
    return write([&](LogFile& file) { return file.keep(snapshot); });
}

Result<std::vector<StreamHead>> SqliteLog::heads(Slot slot)
{
    return GH_TRY(file())->heads(slot);
}

Result<std::vector<StreamHead>> SqliteLog::find(std::string_view name)
{
    return GH_TRY(file())->find(name);
}

Result<std::vector<StreamHead>> SqliteLog::streams(std::string_view after, std::size_t streams_max)
{
    return GH_TRY(file())->streams(after, streams_max);
}

Result<std::vector<Membership>> SqliteLog::memberships(
    std::string_view subject, std::string_view after, std::size_t memberships_max)
{
    return GH_TRY(file())->keys().memberships(subject, after, memberships_max);
}

Result<std::uint64_t> SqliteLog::forget(std::string_view subject)
{
    return GH_TRY(file())->keys().forget(subject);
}

Result<std::uint64_t> SqliteLog::forget_keys(std::span<std::uint64_t const> numbers)
{
    return GH_TRY(file())->keys().forget_keys(numbers);
}

Result<LogPage> SqliteLog::log(LogCursor from, std::size_t events_max)
{
    return GH_TRY(file())->log(from, events_max);
}

Result<void> SqliteLog::compact(std::string_view stream, Version up_to)
{
    return write([&](LogFile& file) { return file.compact(stream, up_to); });
}

Result<void> SqliteLog::erase(std::string_view stream, Version version)
{
    return write([&](LogFile& file) { return file.erase(stream, version); });
}

Result<std::vector<Membership>> SqliteLog::keys(std::uint64_t after, std::size_t memberships_max)
{
    return GH_TRY(file())->keys().keys(after, memberships_max);
}

Result<KeyRing> SqliteLog::key_ring()
{
    return GH_TRY(file())->keys().key_ring();
}

Result<void> SqliteLog::drop_keys(std::string_view stream)
{
    return GH_TRY(file())->keys().drop_keys(stream);
}

Result<CopyProgress> SqliteLog::copy(std::filesystem::path const& file, std::size_t pages)
{
    return GH_TRY(this->file())->copy(file, pages);
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
    if (file_)
        file_->leave_wal();
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
