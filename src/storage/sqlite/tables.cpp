// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/tables.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Snapshot;
using events::Version;

namespace {

// docs/store-format.md says what each column means.
constexpr char const* tables = R"(
    CREATE TABLE stream (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL,
        version INTEGER NOT NULL, finished INTEGER NOT NULL, deadline INTEGER, at INTEGER NOT NULL,
        floor INTEGER NOT NULL, last_event INTEGER NOT NULL, mark_event INTEGER NOT NULL,
        sum INTEGER NOT NULL);
    CREATE UNIQUE INDEX stream_name ON stream (name);
    CREATE INDEX stream_unfinished ON stream (id) WHERE finished = 0;
    CREATE TABLE event (id INTEGER PRIMARY KEY, stream INTEGER, head BLOB, data BLOB);
    CREATE TABLE snapshot (
        stream INTEGER PRIMARY KEY, version INTEGER NOT NULL, link BLOB NOT NULL,
        hash BLOB NOT NULL, sum INTEGER NOT NULL, state BLOB NOT NULL);
    CREATE TABLE hole (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
    CREATE TABLE checkpoint (
        id INTEGER PRIMARY KEY, event INTEGER NOT NULL, positions BLOB NOT NULL,
        sum INTEGER NOT NULL);)";

// SQLite's integers are signed; ours keep their 64 bits.
constexpr std::int64_t to_column(std::uint64_t value)
{
    return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> to_column(std::optional<WallTime> at)
{
    return at ? std::optional(at->ms) : std::nullopt;
}

template <typename Unsigned = std::uint64_t>
Unsigned number(Execution const& row, int column)
{
    return static_cast<Unsigned>(row.integer(column));
}

// OR ROLLBACK, as an append that fails is rolled back whole: so SQLite need not be ready to undo
// one statement of many, and copies no page before it changes it.
std::string insert_events(std::size_t count)
{
    std::string sql = "INSERT OR ROLLBACK INTO event VALUES ";
    for (std::size_t i = 0; i < count; i++)
        sql += i == 0 ? "(?,?,?,?)" : ",(?,?,?,?)";
    return sql;
}

Result<Record> record_of(Execution const& row)
{
    Record record{
        .place = {.row = number(row, 0), .stream = number<StreamId>(row, 1)}};
    if (row.integer(1) != record.place.stream || !unpack(record, row.bytes(2), row.bytes(3)))
        return damaged(fmt::format("event {} is not what was written", row.integer(0)));
    return record;
}

std::string select_stream(std::string_view where)
{
    return fmt::format("SELECT id, name, category, version, finished, deadline, at, floor,"
                       " last_event, mark_event, sum FROM stream {}",
        where);
}

std::uint32_t sum_of(Stream const& stream)
{
    Sum sum;
    sum.add(stream.id);
    sum.add(stream.name);
    sum.add(stream.category);
    sum.add(stream.version);
    sum.add(stream.state.finished ? 1 : 0);
    sum.add(stream.state.deadline ? 1 : 0);
    sum.add(static_cast<std::uint64_t>(stream.state.deadline.value_or(WallTime{}).ms));
    sum.add(static_cast<std::uint64_t>(stream.at.ms));
    sum.add(stream.floor);
    sum.add(stream.last_row);
    sum.add(stream.mark_row);
    return sum.value();
}

Result<Stream> stream_of(Execution const& row)
{
    auto const deadline = row.optional_integer(5);
    Stream stream{.id = number<StreamId>(row, 0),
        .name = std::string(row.bytes(1)),
        .category = std::string(row.bytes(2)),
        .version = number(row, 3),
        .state = {.finished = row.integer(4) != 0,
            .deadline = deadline ? std::optional(WallTime{*deadline}) : std::nullopt},
        .at = {row.integer(6)},
        .floor = number(row, 7),
        .last_row = number(row, 8),
        .mark_row = number(row, 9)};
    stream.slot = slot_of(stream.name);
    if (row.integer(0) != stream.id || row.integer(10) != sum_of(stream))
        return damaged(fmt::format("stream {} is not what was written", row.integer(0)));
    return stream;
}

// Little-endian, 8 bytes each.
std::string positions_of(Checkpoint const& checkpoint)
{
    std::string bytes;
    bytes.reserve(8 * checkpoint.last_positions.size());
    for (auto const position : checkpoint.last_positions)
        for (int shift = 0; shift < 64; shift += 8)
            bytes.push_back(static_cast<char>(position >> shift));
    return bytes;
}

std::uint32_t sum_of(RowId row, std::string_view positions)
{
    Sum sum;
    sum.add(row);
    sum.add(positions);
    return sum.value();
}

Result<std::vector<Stream>> all_of(Execution rows)
{
    std::vector<Stream> streams;
    while (auto stream = GH_TRY(Tables::next_stream(rows)))
        streams.push_back(*std::move(stream));
    return streams;
}

Result<std::optional<Stream>> one_of(Execution rows)
{
    return Tables::next_stream(rows);
}

} // namespace

std::uint32_t sum_of(StreamId stream, Snapshot const& snapshot)
{
    Sum sum;
    sum.add(stream);
    sum.add(snapshot.version);
    sum.add(std::string_view(
        reinterpret_cast<char const*>(snapshot.link.data()), snapshot.link.size()));
    sum.add(snapshot.hash);
    sum.add(snapshot.state);
    return sum.value();
}

std::unexpected<Error> damaged(std::string detail)
{
    return fail(ErrorCode::internal, "The store is damaged.", std::move(detail));
}

Result<void> Tables::lay(Database& database)
{
    GH_CHECK(database.run(tables));
    return GH_TRY(prepare(database)).keep_checkpoint({});
}

Result<Tables> Tables::prepare(Database& database)
{
    // No GH_TRY between the braces: g++ would forget what they hold by then, and the database would
    // never be closed.
    std::optional<Error> failed;
    auto const sql = [&](auto const& text) {
        auto statement = database.prepare(std::string(text).c_str());
        if (!statement && !failed)
            failed = statement.error();
        return statement ? *std::move(statement) : Statement(nullptr);
    };
    Statements statements{
        .add_event = sql(insert_events(1)),
        .add_events = sql(insert_events(rows_at_once)),
        .event = sql("SELECT id, stream, head, data FROM event WHERE id = ?1"),
        .remove_event = sql("DELETE FROM event WHERE id = ?1"),
        .log_from = sql("SELECT event.id, event.stream, head, data, name, category"
                        " FROM event LEFT JOIN stream ON stream.id = event.stream"
                        " WHERE event.id >= ?1 ORDER BY event.id"),
        .add_stream
        = sql("INSERT OR ROLLBACK INTO stream VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"),
        .keep_stream = sql("UPDATE stream SET version = ?2, finished = ?3, deadline = ?4, at = ?5,"
                           " floor = ?6, last_event = ?7, mark_event = ?8, sum = ?9 WHERE id = ?1"),
        .remove_stream = sql("DELETE FROM stream WHERE id = ?1"),
        .stream_by_name = sql(select_stream("WHERE name = ?1")),
        .stream_by_id = sql(select_stream("WHERE id = ?1")),
        .streams_between
        = sql(select_stream("WHERE name > ?1 AND name < ?2 ORDER BY name")),
        .streams_after = sql(select_stream("WHERE name > ?1 ORDER BY name LIMIT ?2")),
        .unfinished_streams
        = sql(select_stream("INDEXED BY stream_unfinished WHERE finished = 0")),
        .keep_snapshot
        = sql("INSERT OR REPLACE INTO snapshot VALUES (?1,?2,?3,?4,?5,?6)"),
        .snapshot_version = sql("SELECT version FROM snapshot WHERE stream = ?1"),
        .snapshot
        = sql("SELECT version, link, hash, sum, state FROM snapshot WHERE stream = ?1"),
        .remove_snapshot = sql("DELETE FROM snapshot WHERE stream = ?1"),
        .hole_before
        = sql("SELECT first, last FROM hole WHERE first <= ?1 ORDER BY first DESC LIMIT 1"),
        .add_hole = sql("INSERT OR REPLACE INTO hole VALUES (?1, ?2)"),
        .remove_hole = sql("DELETE FROM hole WHERE first = ?1"),
        .keep_checkpoint = sql("INSERT OR REPLACE INTO checkpoint VALUES (1,?1,?2,?3)"),
        .checkpoint = sql("SELECT event, positions, sum FROM checkpoint WHERE id = 1"),
    };
    if (failed)
        return std::unexpected(*std::move(failed));
    return Tables(std::move(statements));
}

// ---- Events

Result<void> Tables::add_events(std::span<NewEvent const> events)
{
    heads_.clear();
    ends_.clear();
    for (auto const& [place, state, event] : events) {
        pack(heads_, place, *state, *event);
        ends_.push_back(heads_.size());
    }
    for (std::size_t done = 0, begin = 0; done < events.size();) {
        auto const count = events.size() - done < rows_at_once ? 1 : rows_at_once;
        auto& statement = count == 1 ? statements_.add_event : statements_.add_events;
        int parameter = 1;
        for (auto const end = done + count; done < end; done++) {
            auto const& [place, state, event] = events[done];
            auto const head = std::string_view(heads_).substr(begin, ends_[done] - begin);
            parameter = statement.bind_from(parameter, to_column(place.row),
                std::int64_t{place.stream}, Blob{head}, Blob{event->data});
            begin = ends_[done];
        }
        GH_CHECK(statement.execute());
    }
    return {};
}

Result<Record> Tables::event(RowId row)
{
    auto found = statements_.event.run(to_column(row));
    if (found.next())
        return record_of(found);
    GH_CHECK(found.finish());
    return damaged(fmt::format("event {} is missing", row));
}

Result<void> Tables::remove_event(RowId row)
{
    return statements_.remove_event.execute(to_column(row));
}

Execution Tables::log_from(RowId row)
{
    return statements_.log_from.run(to_column(row));
}

Result<std::optional<LoggedEvent>> Tables::next_logged(Execution& log)
{
    if (!log.next()) {
        GH_CHECK(log.finish());
        return std::nullopt;
    }
    auto record = GH_TRY(record_of(log));
    LoggedEvent logged{
        std::move(record), std::string(log.bytes(4)), std::string(log.bytes(5))};
    if (logged.stream.empty())
        return damaged(fmt::format("the stream of event {} is missing", log.integer(0)));
    return logged;
}

// ---- Streams

Result<void> Tables::add_stream(Stream const& stream)
{
    return statements_.add_stream.execute(std::int64_t{stream.id}, std::string_view(stream.name),
        std::string_view(stream.category), to_column(stream.version),
        std::int64_t{stream.state.finished}, to_column(stream.state.deadline), stream.at.ms,
        to_column(stream.floor), to_column(stream.last_row), to_column(stream.mark_row),
        std::int64_t{sum_of(stream)});
}

Result<void> Tables::keep_stream(Stream const& stream)
{
    return statements_.keep_stream.execute(std::int64_t{stream.id}, to_column(stream.version),
        std::int64_t{stream.state.finished}, to_column(stream.state.deadline), stream.at.ms,
        to_column(stream.floor), to_column(stream.last_row), to_column(stream.mark_row),
        std::int64_t{sum_of(stream)});
}

Result<void> Tables::remove_stream(StreamId stream)
{
    return statements_.remove_stream.execute(std::int64_t{stream});
}

Result<std::optional<Stream>> Tables::next_stream(Execution& streams)
{
    if (streams.next())
        return GH_TRY(stream_of(streams));
    GH_CHECK(streams.finish());
    return std::nullopt;
}

Result<std::optional<Stream>> Tables::stream(std::string_view name)
{
    return one_of(statements_.stream_by_name.run(name));
}

Result<std::optional<Stream>> Tables::stream(StreamId id)
{
    return one_of(statements_.stream_by_id.run(std::int64_t{id}));
}

Result<std::vector<Stream>> Tables::streams_of_code(std::string_view code)
{
    auto const first = std::string(code) + '.';
    auto const end = std::string(code) + '/'; // The byte after the dot.
    return all_of(
        statements_.streams_between.run(std::string_view(first), std::string_view(end)));
}

Result<std::vector<Stream>> Tables::streams_after(std::string_view name, std::size_t streams_max)
{
    constexpr std::size_t limit_max = std::numeric_limits<std::int64_t>::max();
    return all_of(statements_.streams_after.run(name, to_column(std::min(streams_max, limit_max))));
}

Execution Tables::unfinished_streams()
{
    return statements_.unfinished_streams.run();
}

// ---- Snapshots

Result<void> Tables::keep_snapshot(StreamId stream, Snapshot const& snapshot)
{
    std::string_view const link(
        reinterpret_cast<char const*>(snapshot.link.data()), snapshot.link.size());
    return statements_.keep_snapshot.execute(std::int64_t{stream}, to_column(snapshot.version),
        Blob{link}, Blob{snapshot.hash}, std::int64_t{sum_of(stream, snapshot)},
        Blob{snapshot.state});
}

Result<std::optional<Version>> Tables::snapshot_version(StreamId stream)
{
    auto row = statements_.snapshot_version.run(std::int64_t{stream});
    std::optional<Version> version;
    if (row.next())
        version = number(row, 0);
    GH_CHECK(row.finish());
    return version;
}

Result<std::optional<Snapshot>> Tables::snapshot(StreamId stream)
{
    auto row = statements_.snapshot.run(std::int64_t{stream});
    if (!row.next()) {
        GH_CHECK(row.finish());
        return std::nullopt;
    }
    Snapshot snapshot{.version = number(row, 0),
        .state = std::string(row.bytes(4)),
        .hash = std::string(row.bytes(2))};
    auto const link = row.bytes(1);
    std::memcpy(snapshot.link.data(), link.data(), std::min(link.size(), snapshot.link.size()));
    if (row.integer(3) != sum_of(stream, snapshot))
        return damaged(fmt::format("the snapshot of stream {} is not what was written", stream));
    return snapshot;
}

Result<void> Tables::remove_snapshot(StreamId stream)
{
    return statements_.remove_snapshot.execute(std::int64_t{stream});
}

// ---- Holes and the checkpoint

Result<void> Tables::add_hole(RowId first, RowId last)
{
    {
        auto before = statements_.hole_before.run(to_column(first));
        if (before.next() && number(before, 1) + 1 == first)
            first = number(before, 0);
        GH_CHECK(before.finish());
    }
    {
        auto after = statements_.hole_before.run(to_column(last + 1));
        bool const touches = after.next() && number(after, 0) == last + 1;
        auto const joined_last = touches ? number(after, 1) : last;
        GH_CHECK(after.finish());
        if (touches)
            GH_CHECK(statements_.remove_hole.execute(to_column(last + 1)));
        last = joined_last;
    }
    return statements_.add_hole.execute(to_column(first), to_column(last));
}

Result<bool> Tables::is_hole(RowId first, RowId last)
{
    auto before = statements_.hole_before.run(to_column(first));
    bool const is_there = before.next() && number(before, 1) >= last;
    GH_CHECK(before.finish());
    return is_there;
}

Result<void> Tables::keep_checkpoint(Checkpoint const& checkpoint)
{
    auto const positions = positions_of(checkpoint);
    return statements_.keep_checkpoint.execute(to_column(checkpoint.row), Blob{positions},
        std::int64_t{sum_of(checkpoint.row, positions)});
}

Result<Checkpoint> Tables::checkpoint()
{
    auto row = statements_.checkpoint.run();
    bool const is_there = row.next();
    Checkpoint checkpoint{.row = is_there ? number(row, 0) : 0};
    auto const positions = is_there ? row.bytes(1) : std::string_view();
    if (!is_there || row.integer(2) != sum_of(checkpoint.row, positions)
        || positions.size() != 8 * checkpoint.last_positions.size()) {
        GH_CHECK(row.finish());
        return damaged("the checkpoint is not what was written");
    }
    for (std::size_t i = 0; i < positions.size(); i++)
        checkpoint.last_positions[i / 8]
            |= std::uint64_t{static_cast<std::uint8_t>(positions[i])} << (8 * (i % 8));
    return checkpoint;
}

} // namespace gatehouse::storage::sqlite
