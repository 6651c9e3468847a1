// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/snapshot.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/record.hpp"
#include "storage/stream_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::sqlite {

// "The store is damaged.", with what does not fit for the operator.
[[nodiscard]] std::unexpected<Error> damaged(std::string detail);

// Over a row of the table of snapshots.
[[nodiscard]] std::uint32_t sum_of(StreamId stream, events::Snapshot const& snapshot);

// What the heads of streams and slots had come to with the event of this row.
struct Checkpoint {
    RowId row = 0;
    std::array<std::uint64_t, slots_total> last_positions{};
};

// An event to write, borrowed.
struct NewEvent {
    Place place;
    events::StreamState const* state;
    events::Event const* event;
};

// An event of the log, with what its stream's row says of it.
struct LoggedEvent {
    Record record;
    std::string stream;
    std::string category;
};

// The tables of the layout (docs/store-format.md) in our words: rows come out as what they mean, or
// as `internal` where they are not what was written. Knows nothing of transactions. Must not
// outlive its database.
class Tables {
public:
    // Makes the tables, in a database that has none of them.
    [[nodiscard]] static Result<void> lay(Database& database);
    [[nodiscard]] static Result<Tables> prepare(Database& database);

    [[nodiscard]] Result<void> add_events(std::span<NewEvent const> events);
    [[nodiscard]] Result<Record> event(RowId row);
    [[nodiscard]] Result<void> remove_event(RowId row);
    // From `row` on. Each next_logged() tells one, or none after the last.
    [[nodiscard]] Execution log_from(RowId row);
    [[nodiscard]] static Result<std::optional<LoggedEvent>> next_logged(Execution& log);

    [[nodiscard]] Result<void> add_stream(Stream const& stream);
    [[nodiscard]] Result<void> keep_stream(Stream const& stream);
    [[nodiscard]] Result<void> remove_stream(StreamId stream);
    [[nodiscard]] Result<std::optional<Stream>> stream(std::string_view name);
    [[nodiscard]] Result<std::optional<Stream>> stream(StreamId id);
    // Whose names are the code, a dot and more.
    [[nodiscard]] Result<std::vector<Stream>> streams_of_code(std::string_view code);
    [[nodiscard]] Result<std::vector<Stream>> streams_after(
        std::string_view name, std::size_t streams_max);
    // Each next_stream() tells one, or none after the last.
    [[nodiscard]] Execution unfinished_streams();
    [[nodiscard]] static Result<std::optional<Stream>> next_stream(Execution& streams);

    [[nodiscard]] Result<void> keep_snapshot(StreamId stream, events::Snapshot const& snapshot);
    [[nodiscard]] Result<std::optional<events::Version>> snapshot_version(StreamId stream);
    [[nodiscard]] Result<std::optional<events::Snapshot>> snapshot(StreamId stream);
    [[nodiscard]] Result<void> remove_snapshot(StreamId stream);

    // The rows from `first` to `last` were removed. Holes that touch become one.
    [[nodiscard]] Result<void> add_hole(RowId first, RowId last);
    [[nodiscard]] Result<bool> is_hole(RowId first, RowId last);

    [[nodiscard]] Result<void> keep_checkpoint(Checkpoint const& checkpoint);
    [[nodiscard]] Result<Checkpoint> checkpoint();

private:
    // What running a statement costs is shared by its rows.
    static constexpr std::size_t rows_at_once = 16;

    struct Statements {
        Statement add_event;
        Statement add_events; // So many of them as `rows_at_once`.
        Statement event;
        Statement remove_event;
        Statement log_from;
        Statement add_stream;
        Statement keep_stream;
        Statement remove_stream;
        Statement stream_by_name;
        Statement stream_by_id;
        Statement streams_between;
        Statement streams_after;
        Statement unfinished_streams;
        Statement keep_snapshot;
        Statement snapshot_version;
        Statement snapshot;
        Statement remove_snapshot;
        Statement hole_before;
        Statement add_hole;
        Statement remove_hole;
        Statement keep_checkpoint;
        Statement checkpoint;
    };

    explicit Tables(Statements statements)
        : statements_(std::move(statements))
    { }

    Statements statements_;
    std::string heads_;              // Of the events that are being written,
    std::vector<std::size_t> ends_;  // and where each ends.
};

} // namespace gatehouse::storage::sqlite
