// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/log.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/stream_table.hpp"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::storage::sqlite {

// An open database, laid out as a log (docs/store-format.md): events in the order in which they
// came, each with the row of its stream's previous one, so that appending touches the end of one
// tree and needs no index. The heads live in memory; now and then they are written too, in the
// transaction of an append, and opening reads them and the events since.
//
// After `internal` from append() memory and disk may differ: throw the LogFile away and open it
// anew.
class LogFile {
public:
    using Answers = std::vector<Result<events::Appended>>;

    [[nodiscard]] static Result<std::unique_ptr<LogFile>> open(Options const& options);

    [[nodiscard]] Result<Answers> append(std::span<events::StreamAppend const> batch);
    [[nodiscard]] Result<std::vector<events::Event>> read(
        std::string_view stream, events::Version after, std::size_t events_max);
    [[nodiscard]] Result<events::LogPage> log(events::LogCursor from, std::size_t events_max);
    [[nodiscard]] StreamTable const& streams() const { return streams_; }

private:
    struct Statements {
        Statement begin;
        Statement commit;
        Statement add_stream;
        Statement add_event;
        Statement add_events; // So many of them as `rows_at_once`.
        Statement event;
        Statement events_from;
        Statement keep_head;
        Statement keep_position;
        Statement keep_checkpoint;

        static Result<Statements> prepare(Database& database);
    };

    // An event with its place, borrowed from the batch.
    struct Row {
        RowId row;
        StreamId stream;
        RowId previous_row;
        std::uint64_t position;
        events::Event const* event;
        events::StreamState const* state;
    };

    LogFile(Options const& options, Database database, Statements statements)
        : checkpoint_events_min_(options.checkpoint_events_min)
        , database_(std::move(database))
        , statements_(std::move(statements))
    { }

    Result<void> load();
    Result<Answers> commit(std::span<events::StreamAppend const> batch);
    Result<void> write(Placement const& placement, events::StreamAppend const& append);
    Result<void> write_rows();
    Result<void> keep_heads();
    Error roll_back(Error why);

    std::uint64_t checkpoint_events_min_;
    Database database_;
    Statements statements_; // Ends before its database.
    StreamTable streams_;
    RowId checkpoint_ = 0;        // The heads of up to this row are kept.
    std::vector<StreamId> moved_; // Streams with later rows.
    std::vector<Row> rows_;       // Of the commit in work.
};

} // namespace gatehouse::storage::sqlite
