// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/log.hpp"
#include "storage/sqlite/copy.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/key_file.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/sqlite/tables.hpp"
#include "storage/stream_table.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::sqlite {

// An open database, laid out as a log (docs/store-format.md): events in the order in which they
// came, each with the row of its stream's previous one, so that appending touches the end of one
// tree and needs no index. The heads of streams that are not finished live in memory; now and then
// all heads that moved are written too, in the transaction of an append (a checkpoint), and then
// finished streams leave. So opening reads the unfinished heads and the events since, however many
// streams there are. The keys that come with events lie in a file beside it (key_file.hpp).
//
// After `internal` from a function that writes, memory and disk may differ: throw the LogFile away
// and open it anew.
class LogFile {
public:
    using Answers = std::vector<Result<events::Appended>>;
    using Heads = std::vector<events::StreamHead>;

    [[nodiscard]] static Result<std::unique_ptr<LogFile>> open(Options const& options);

    [[nodiscard]] Result<Answers> append(std::span<events::StreamAppend const> batch);
    [[nodiscard]] Result<std::vector<events::Event>> read(
        std::string_view stream, events::Version after, std::size_t events_max);
    [[nodiscard]] Result<events::History> hydrate(std::string_view stream, std::size_t events_max);
    [[nodiscard]] Result<void> keep(events::StreamSnapshot const& snapshot);
    [[nodiscard]] Heads heads(Slot slot) const { return streams_.heads(slot); }
    [[nodiscard]] Result<Heads> find(std::string_view name);
    [[nodiscard]] Result<Heads> streams(std::string_view after, std::size_t streams_max);
    [[nodiscard]] Result<events::LogPage> log(events::LogCursor from, std::size_t events_max);
    [[nodiscard]] Result<CopyProgress> copy(std::filesystem::path const& file, std::size_t pages);
    [[nodiscard]] Result<void> compact(std::string_view stream, events::Version up_to);
    [[nodiscard]] Result<void> erase(std::string_view stream, events::Version version);
    // When it is closed after a failure.
    void leave_wal();
    [[nodiscard]] KeyFile& keys() { return *keys_; }

private:
    LogFile(Options const& options, std::unique_ptr<KeyFile> keys, Database database,
        Tables tables, Statement begin, Statement commit)
        : options_(options)
        , keys_(std::move(keys))
        , database_(std::move(database))
        , tables_(std::move(tables))
        , begin_(std::move(begin))
        , commit_(std::move(commit))
    { }

    Result<void> load();
    Result<void> load_tail();

    // Commits what `work` writes, or takes all of it back.
    template <typename Work>
    Result<void> transaction(Work const& work)
    {
        auto done = begin_.execute();
        if (done)
            done = work();
        if (done)
            done = commit_.execute();
        if (!done)
            return std::unexpected(roll_back(std::move(done.error())));
        streams_.keep();
        return {};
    }
    Error roll_back(Error why);

    Result<void> recall(std::string_view name);
    void forget_recalled();
    Result<Answers> append_keyless(
        std::span<events::StreamAppend const> batch, Error const& why);
    Result<void> write(std::span<events::StreamAppend const> batch, Answers& answers);
    Result<void> write(Placement const& placement, events::StreamAppend const& append);
    Result<void> write_heads();
    void heads_are_kept();

    Result<std::optional<Stream>> current(std::string_view name);
    events::StreamHead current(Stream const& kept) const;
    Result<Record> event(Stream const& stream, RowId row, events::Version version);
    Result<std::vector<RowId>> block_ends(
        Stream const& stream, events::Version after, events::Version last);
    Result<void> read_block(Stream const& stream, RowId end, events::Version after,
        std::vector<events::Event>& events);

    Result<void> remove_events(Stream const& stream, events::Version last);

    Options options_;
    std::unique_ptr<KeyFile> keys_;
    Database database_;
    Tables tables_; // These end before their database.
    std::unique_ptr<Copy> copy_; // Null while none is under way.
    Statement begin_;
    Statement commit_;
    StreamTable streams_;
    RowId checkpoint_ = 0;           // The heads of up to this row are kept.
    std::vector<StreamId> moved_;    // Streams with later rows.
    std::vector<StreamId> recalled_; // Finished ones that somebody wants to append to.
    std::vector<NewEvent> rows_;     // Of the commit in work,
    std::vector<events::StreamAppend const*> keyed_; // and what of it brings keys.
    std::size_t unsynced_bytes_ = 0; // Of snapshots that no commit has synced yet.
};

} // namespace gatehouse::storage::sqlite
