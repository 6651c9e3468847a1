// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/log_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Appended;
using events::StreamAppend;

Result<std::unique_ptr<LogFile>> LogFile::open(Options const& options)
{
    begin_store(options);
    auto database = GH_TRY(open_database(options));
    auto tables = GH_TRY(Tables::prepare(database));
    auto begin = GH_TRY(database.prepare("BEGIN IMMEDIATE"));
    auto commit = GH_TRY(database.prepare("COMMIT"));
    auto keys = GH_TRY(KeyFile::open(options));
    std::unique_ptr<LogFile> file(new LogFile(options, std::move(keys), std::move(database),
        std::move(tables), std::move(begin), std::move(commit)));
    if (auto const loaded = file->load(); !loaded)
        return fail(loaded.error().code, loaded.error().message,
            fmt::format("{}: {}", options.file.native(), loaded.error().detail));
    return file;
}

void LogFile::leave_wal()
{
    database_.set_close(Close::leaves_wal);
}

// ---- Start

Result<void> LogFile::load()
{
    auto unfinished = tables_.unfinished_streams();
    while (auto stream = GH_TRY(Tables::next_stream(unfinished))) {
        auto const id = stream->id;
        if (!streams_.restore(*std::move(stream)))
            return damaged(fmt::format("stream {} is there twice", id));
    }
    auto const checkpoint = GH_TRY(tables_.checkpoint());
    checkpoint_ = checkpoint.row;
    for (Slot slot = 0; slot < slots_total; slot++)
        static_cast<void>(streams_.restore(slot, checkpoint.last_positions[slot]));
    auto const last_stream = GH_TRY(database_.integer("SELECT max(id) FROM stream"));
    streams_.restore_last(checkpoint_, static_cast<StreamId>(last_stream));
    return load_tail();
}

Result<void> LogFile::load_tail()
{
    auto tail = tables_.log_from(checkpoint_ + 1);
    while (auto const logged = GH_TRY(Tables::next_logged(tail))) {
        auto const& [place, state, event] = logged->record;
        GH_CHECK(recall(logged->stream));
        RowSummary const summary{.row = place.row,
            .stream = place.stream,
            .previous_row = place.previous_row,
            .version = event.version,
            .position = place.position,
            .state = state,
            .at = event.at};
        if (!streams_.replay(summary))
            return damaged(fmt::format("event {} does not follow the one before", place.row));
        if (place.previous_row <= checkpoint_)
            moved_.push_back(place.stream);
    }
    forget_recalled();
    return {};
}

// ---- Appending

Result<LogFile::Answers> LogFile::append(std::span<StreamAppend const> batch)
{
    Answers answers;
    answers.reserve(batch.size());
    auto const moved_before = moved_.size();
    bool writes_heads = false;
    bool has_keys = true;
    auto const done = transaction([&]() -> Result<void> {
        GH_CHECK(write(batch, answers));
        auto kept = keyed_.empty() ? Result<void>() : keys_->keep(keyed_);
        has_keys = kept.has_value();
        if (!has_keys)
            return fail(ErrorCode::unavailable, "The store cannot keep keys now.",
                std::move(kept.error().detail));
        writes_heads = streams_.last_row() - checkpoint_ >= options_.checkpoint_events_min;
        return writes_heads ? write_heads() : Result<void>();
    });
    if (!done)
        moved_.resize(std::min(moved_before, moved_.size()));
    else if (writes_heads)
        heads_are_kept();
    forget_recalled();
    if (!has_keys && done.error().code == ErrorCode::unavailable)
        return append_keyless(batch, done.error());
    GH_CHECK(done);
    unsynced_bytes_ = 0;
    return answers;
}

// Streams do not hang on each other: those that bring no keys need not wait for their file.
Result<LogFile::Answers> LogFile::append_keyless(
    std::span<StreamAppend const> batch, Error const& why)
{
    std::vector<StreamAppend> rest;
    for (auto const& each : batch)
        if (each.keys.empty())
            rest.push_back(each);
    auto kept = rest.empty() ? Answers{} : GH_TRY(append(rest));
    Answers answers;
    for (auto next = kept.begin(); auto const& each : batch)
        answers.push_back(each.keys.empty() ? std::move(*next++) : std::unexpected(why));
    return answers;
}

Result<void> LogFile::write(std::span<StreamAppend const> batch, Answers& answers)
{
    rows_.clear();
    keyed_.clear();
    for (auto const& append : batch) {
        GH_CHECK(recall(append.stream));
        auto const placement = streams_.place(append);
        if (!placement) {
            answers.push_back(std::unexpected(placement.error()));
            continue;
        }
        GH_CHECK(write(*placement, append));
        if (!append.keys.empty())
            keyed_.push_back(&append);
        answers.push_back(Appended{placement->slot, placement->first_position});
    }
    return tables_.add_events(rows_);
}

Result<void> LogFile::write(Placement const& placement, StreamAppend const& append)
{
    if (placement.is_new_stream)
        GH_CHECK(tables_.add_stream({.id = placement.stream,
            .slot = placement.slot,
            .name = append.stream,
            .category = append.category}));
    if (placement.previous_row <= checkpoint_)
        moved_.push_back(placement.stream);

    Place place{.row = placement.first_row,
        .stream = placement.stream,
        .previous_row = placement.previous_row,
        .position = placement.first_position};
    auto mark_row = placement.mark_row;
    for (auto const& event : append.events) {
        bool const is_mark = last_mark(event.version) == event.version;
        place.mark_row = is_mark ? mark_row : 0;
        rows_.push_back({place, &append.state, &event});
        if (is_mark)
            mark_row = place.row;
        place.previous_row = place.row++;
        place.position++;
    }
    return {};
}

// Brings a stream that left memory back into it, if there is one of that name.
Result<void> LogFile::recall(std::string_view name)
{
    if (streams_.find(name))
        return {};
    auto kept = GH_TRY(tables_.stream(name));
    if (!kept)
        return {};
    recalled_.push_back(kept->id);
    if (!streams_.restore(*std::move(kept)))
        return damaged(fmt::format("stream {} is there twice", recalled_.back()));
    return {};
}

// Those that did not go on.
void LogFile::forget_recalled()
{
    for (auto const id : recalled_)
        if (auto const* const stream = streams_.find(id);
            stream && stream->state.finished && stream->last_row <= checkpoint_)
            streams_.forget(id);
    recalled_.clear();
}

// ---- Checkpoints

Result<void> LogFile::write_heads()
{
    for (auto const moved : moved_)
        GH_CHECK(tables_.keep_stream(*streams_.find(moved)));
    Checkpoint checkpoint{.row = streams_.last_row()};
    for (Slot slot = 0; slot < slots_total; slot++)
        checkpoint.last_positions[slot] = streams_.last_position(slot);
    return tables_.keep_checkpoint(checkpoint);
}

// Once what write_heads() wrote is committed.
void LogFile::heads_are_kept()
{
    checkpoint_ = streams_.last_row();
    for (auto const moved : moved_)
        if (streams_.find(moved)->state.finished)
            streams_.forget(moved);
    moved_.clear();
}

// ---- Transactions

// `unavailable` promises that nothing was written. Believed only when the database says so too;
// otherwise the outcome is unknown.
Error LogFile::roll_back(Error why)
{
    streams_.take_back();
    if (database_.is_in_transaction())
        static_cast<void>(database_.run("ROLLBACK"));
    auto const last_row = database_.integer(
        "SELECT max(event, (SELECT ifnull(max(id), 0) FROM event)) FROM checkpoint");
    if (database_.is_in_transaction() || !last_row
        || static_cast<RowId>(*last_row) != streams_.last_row())
        why.code = ErrorCode::internal;
    return why;
}

} // namespace gatehouse::storage::sqlite
