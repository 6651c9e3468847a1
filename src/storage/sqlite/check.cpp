// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/check.hpp"

#include "storage/sqlite/key_file.hpp"
#include "storage/sqlite/tables.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace {

constexpr std::size_t findings_max = 1000;

Result<void> check_pages(Database& database, std::function<void(std::string)> const& found)
{
    auto statement = GH_TRY(database.prepare("PRAGMA integrity_check(100)"));
    auto row = statement.run();
    while (row.next())
        if (row.bytes(0) != "ok")
            found(fmt::format("SQLite: {}", row.bytes(0)));
    return row.finish();
}

class Checker {
public:
    Checker(Database& database, Tables tables, OnFinding const& on_finding)
        : database_(database)
        , tables_(std::move(tables))
        , on_finding_(on_finding)
    { }

    Result<void> run()
    {
        GH_CHECK(check_pages(
            database_, [this](std::string what) { found({}, 0, std::move(what)); }));
        auto const checkpoint = tables_.checkpoint();
        if (!checkpoint)
            found({}, 0, checkpoint.error().detail);
        else
            checkpoint_ = *checkpoint;
        GH_CHECK(check_log());
        return check_streams();
    }

private:
    void found(std::string stream, events::Version version, std::string what)
    {
        if (findings_++ < findings_max)
            on_finding_({std::move(stream), version, std::move(what)});
    }

    // Row by row, damaged ones too.
    Result<void> check_log()
    {
        auto ids = GH_TRY(database_.prepare("SELECT id FROM event ORDER BY id"));
        auto row = ids.run();
        std::uint64_t events = 0, removed = 0;
        RowId last = 0;
        auto const skip = [&](RowId next) -> Result<void> {
            if (next == last + 1)
                return {};
            removed += next - last - 1;
            if (!GH_TRY(tables_.is_hole(last + 1, next - 1)))
                found({}, 0, fmt::format("the events {} to {} are missing", last + 1, next - 1));
            return {};
        };
        while (row.next()) {
            auto const id = static_cast<RowId>(row.integer(0));
            if (id <= last) { // A page that leads to itself would be read for ever.
                found({}, 0, fmt::format("event {} stands behind event {}", id, last));
                return {};
            }
            GH_CHECK(skip(id));
            check_event(id);
            last = id;
            events++;
        }
        GH_CHECK(row.finish());
        if (last < checkpoint_.row)
            GH_CHECK(skip(checkpoint_.row + 1));

        auto const holes = GH_TRY(database_.integer("SELECT sum(last - first + 1) FROM hole"));
        if (static_cast<std::uint64_t>(holes) != removed)
            found({}, 0,
                fmt::format("{} events are missing, and {} were removed", removed, holes));
        std::uint64_t positions = 0;
        for (Slot slot = 0; slot < slots_total; slot++)
            positions += std::max(last_positions_[slot], checkpoint_.last_positions[slot]);
        if (positions != events + removed)
            found({}, 0, fmt::format("the positions of the slots count to {}, the events to {}",
                             positions, events + removed));
        return {};
    }

    void check_event(RowId id)
    {
        auto const record = tables_.event(id);
        if (!record)
            return found({}, 0, record.error().detail);
        auto const stream = tables_.stream(record->place.stream);
        if (!stream || !*stream)
            return found({}, record->event.version,
                stream ? fmt::format("the stream of event {} is missing", id)
                       : stream.error().detail);
        auto& last = last_positions_[(*stream)->slot];
        bool const after_checkpoint = id > checkpoint_.row;
        auto const expected_least
            = std::max(last, after_checkpoint ? checkpoint_.last_positions[(*stream)->slot] : 0);
        if (record->place.position <= expected_least)
            found((*stream)->name, record->event.version,
                fmt::format("position {} of slot {} comes after {}", record->place.position,
                    (*stream)->slot, expected_least));
        last = record->place.position;
        if (after_checkpoint)
            tail_[record->place.stream] = record->event.version;
    }

    Result<void> check_streams()
    {
        auto ids = GH_TRY(database_.prepare("SELECT id FROM stream ORDER BY id"));
        auto row = ids.run();
        std::int64_t last = 0;
        while (row.next()) {
            auto const id = row.integer(0);
            if (id <= last) {
                found({}, 0, fmt::format("stream {} stands behind stream {}", id, last));
                return {};
            }
            last = id;
            auto const stream = tables_.stream(static_cast<StreamId>(id));
            if (stream && *stream)
                check_stream(**stream);
            else
                found({}, 0, stream ? "a stream cannot be found" : stream.error().detail);
        }
        GH_CHECK(row.finish());
        auto const orphans = GH_TRY(database_.integer(
            "SELECT count(*) FROM snapshot WHERE stream NOT IN (SELECT id FROM stream)"));
        if (orphans != 0)
            found({}, 0, fmt::format("the streams of {} snapshots are missing", orphans));
        return {};
    }

    void check_stream(Stream const& stream)
    {
        auto const tail = tail_.find(stream.id);
        auto const version = tail == tail_.end() ? stream.version : tail->second;
        if (auto const snapshot = tables_.snapshot(stream.id); !snapshot)
            found(stream.name, 0, snapshot.error().detail);
        else if (*snapshot && (*snapshot)->version > version)
            found(stream.name, version + 1,
                fmt::format("the snapshot of version {} is newer: events are lost",
                    (*snapshot)->version));
        if (stream.version == stream.floor)
            return;
        auto const last = tables_.event(stream.last_row);
        if (!last || last->place.stream != stream.id || last->event.version != stream.version
            || last->state != stream.state || last->event.at != stream.at)
            found(stream.name, stream.version, "the head is not that of its last event");
    }

    Database& database_;
    Tables tables_;
    OnFinding const& on_finding_;
    Checkpoint checkpoint_;
    std::array<std::uint64_t, slots_total> last_positions_{};
    std::unordered_map<StreamId, events::Version> tail_{}; // Which rows of streams do not know yet.
    std::size_t findings_ = 0;
};

Result<void> check_database(Options const& options, OnFinding const& on_finding)
{
    auto database = GH_TRY(open_database(options));
    auto tables = GH_TRY(Tables::prepare(database));
    if (has_damaged_header(database))
        on_finding({{}, 0, "its first page is not what was written: a start may be refused"});
    return Checker(database, std::move(tables), on_finding).run();
}

// A missing file is none of a store that seals nothing yet.
Result<std::uint64_t> check_keys(Options const& options, OnFinding const& on_finding)
{
    std::error_code ignored;
    if (!std::filesystem::exists(keys_of(options.file), ignored))
        return 0;
    std::size_t findings = 0;
    auto const found = [&](std::string what) {
        if (findings++ < findings_max)
            on_finding({{}, 0, "keys: " + std::move(what)});
    };
    std::uint64_t rows = 0;
    {
        auto database = GH_TRY(open_keys(options));
        if (has_damaged_header(database))
            found("its first page is not what was written");
        GH_CHECK(check_pages(database, found));
        rows = static_cast<std::uint64_t>(
            GH_TRY(database.integer("SELECT count(*) FROM membership")));
    }
    std::uint64_t sound = 0;
    auto const keys = GH_TRY(KeyFile::open(options));
    for (std::uint64_t after = 0;;) {
        auto const page = GH_TRY(keys->keys(after, 1000));
        if (page.empty())
            break;
        sound += page.size();
        after = page.back().number;
    }
    if (rows != sound)
        found(fmt::format("{} of {} are not what was written: their names are lost",
            rows - sound, rows));
    return sound;
}

} // namespace

std::uint64_t check(Options options, OnFinding const& on_finding)
{
    options.access = Access::read_only;
    if (auto const done = check_database(options, on_finding); !done)
        on_finding({{}, 0, done.error().detail});
    auto const keys = check_keys(options, on_finding);
    if (!keys)
        on_finding({{}, 0, "keys: " + keys.error().detail});
    return keys.value_or(0);
}

} // namespace gatehouse::storage::sqlite
