// SPDX-License-Identifier: Apache-2.0
// What durable appends to the SQLite store cost beside the bare file (an append and fdatasync of
// the same bytes) and beside bare SQLite (one row an event, in a table of two columns, WAL,
// synchronous=FULL), in the same folder, in turns, medians of the rounds. Each batch is made just
// before its commit, outside of the measured time, as a shard would have made it.
//
//     store_append FOLDER [ROUNDS [EVENTS_A_COMMIT...]]
#include "storage/sqlite/sqlite_log.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>

using namespace gatehouse;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t streams_total = 500;
std::string const data(150, 'x');

struct Job {
    std::function<void()> prepare;
    std::function<void()> commit;
};

double events_per_second(std::size_t events, std::size_t batch, Job const& job)
{
    Clock::duration taken{};
    for (std::size_t done = 0; done < events; done += batch) {
        job.prepare();
        auto const start = Clock::now();
        job.commit();
        taken += Clock::now() - start;
    }
    return static_cast<double>(events) / std::chrono::duration<double>(taken).count();
}

class RawFile {
public:
    RawFile(std::filesystem::path const& file, std::size_t batch)
        : descriptor_(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600))
        , bytes_(batch * (data.size() + 53), 'x') // As large as a row of the store.
    { }
    RawFile(RawFile const&) = delete;
    RawFile& operator=(RawFile const&) = delete;
    ~RawFile() { ::close(descriptor_); }

    void commit()
    {
        if (::write(descriptor_, bytes_.data(), bytes_.size()) < 0 || ::fdatasync(descriptor_) != 0)
            std::abort();
    }

private:
    int descriptor_;
    std::string bytes_;
};

// What gatehouse adds to it: heads, positions, links, sums.
class RawSqlite {
public:
    RawSqlite(std::filesystem::path const& file, std::size_t batch)
        : batch_(batch)
        , bytes_(data.size() + 53, 'x')
    {
        must(::sqlite3_open(file.c_str(), &database_));
        must(::sqlite3_exec(database_,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE event (id INTEGER PRIMARY KEY, data BLOB)",
            nullptr, nullptr, nullptr));
        begin_ = prepare("BEGIN IMMEDIATE");
        insert_ = prepare("INSERT INTO event (data) VALUES (?)");
        commit_ = prepare("COMMIT");
        must(::sqlite3_bind_blob(
            insert_, 1, bytes_.data(), static_cast<int>(bytes_.size()), SQLITE_STATIC));
    }
    RawSqlite(RawSqlite const&) = delete;
    RawSqlite& operator=(RawSqlite const&) = delete;
    ~RawSqlite()
    {
        for (auto* statement : {begin_, insert_, commit_})
            ::sqlite3_finalize(statement);
        ::sqlite3_close(database_);
    }

    void commit()
    {
        step(begin_);
        for (std::size_t i = 0; i < batch_; i++)
            step(insert_);
        step(commit_);
    }

private:
    static void must(int code)
    {
        if (code != SQLITE_OK)
            std::abort();
    }
    sqlite3_stmt* prepare(char const* sql)
    {
        sqlite3_stmt* statement = nullptr;
        must(::sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr));
        return statement;
    }
    static void step(sqlite3_stmt* statement)
    {
        if (::sqlite3_step(statement) != SQLITE_DONE)
            std::abort();
        must(::sqlite3_reset(statement));
    }

    std::size_t batch_;
    std::string bytes_;
    sqlite3* database_ = nullptr;
    sqlite3_stmt* begin_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_stmt* commit_ = nullptr;
};

class Store {
public:
    Store(std::filesystem::path const& file, std::size_t batch)
        : batch_(batch)
        , log_(storage::sqlite::SqliteLog::open({.file = file}).value())
        , versions_(streams_total)
    { }

    // One event for each of `batch` rooms.
    void prepare()
    {
        prepared_.clear();
        for (std::size_t i = 0; i < batch_; i++)
            prepared_.push_back(next_append());
    }

    void commit()
    {
        for (auto const& answer : log_->append(std::move(prepared_)))
            if (!answer)
                std::abort();
    }

private:
    events::StreamAppend next_append()
    {
        auto const stream = next_++ % streams_total;
        auto const version = versions_[stream]++;
        return {.stream = "r" + std::to_string(stream) + ".9f0c2ab1",
            .category = "liap-tui",
            .expected = version,
            .events = {{.version = version + 1,
                .type = "declared",
                .at = {1'790'000'000'000},
                .cause = {1, version},
                .data = data}},
            .state = {.deadline = WallTime{1'790'000'030'000}}};
    }

    std::size_t batch_;
    std::unique_ptr<storage::sqlite::SqliteLog> log_;
    std::vector<events::Version> versions_;
    std::vector<events::StreamAppend> prepared_;
    std::size_t next_ = 0;
};

double median(std::vector<double> values)
{
    std::ranges::nth_element(
        values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 2)
        return 2;
    std::filesystem::path const folder = arguments[1];
    auto const rounds = count > 2 ? std::atoi(arguments[2]) : 5;
    std::vector<std::size_t> batches;
    for (int i = 3; i < count; i++)
        if (auto const batch = std::atoi(arguments[i]); batch > 0)
            batches.push_back(static_cast<std::size_t>(batch));
    if (batches.empty())
        batches = {1, 16, 256};
    fmt::print("{:>15} {:>16} {:>17} {:>15} {:>8} {:>10}\n", "events a commit", "bare file, ev/s",
        "bare SQLite, ev/s", "store, ev/s", "× file", "× SQLite");
    for (auto const batch : batches) {
        auto const events = batch * std::clamp<std::size_t>(200'000 / batch, 800, 3'000);
        std::vector<double> raw, bare, stored;
        RawFile file(folder / "raw", batch);
        for (auto const* name : {"bare.db", "bare.db-wal", "store.db", "store.db-wal"})
            std::filesystem::remove(folder / name);
        RawSqlite sqlite(folder / "bare.db", batch);
        Store store(folder / "store.db", batch);
        for (int round = 0; round < rounds; round++) {
            raw.push_back(events_per_second(events, batch, {[] { }, [&] { file.commit(); }}));
            bare.push_back(events_per_second(events, batch, {[] { }, [&] { sqlite.commit(); }}));
            stored.push_back(events_per_second(
                events, batch, {[&] { store.prepare(); }, [&] { store.commit(); }}));
        }
        fmt::print("{:>15} {:>16.0f} {:>17.0f} {:>15.0f} {:>7.2f} {:>9.2f}\n", batch, median(raw),
            median(bare), median(stored), median(stored) / median(raw),
            median(stored) / median(bare));
    }
}
