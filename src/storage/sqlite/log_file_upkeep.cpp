// SPDX-License-Identifier: Apache-2.0
// What a LogFile keeps beside its events, and how events leave it.
#include "storage/sqlite/log_file.hpp"

#include "events/append_check.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::StreamSnapshot;
using events::Version;

namespace {

constexpr std::size_t unsynced_bytes_max = 1 << 20;
constexpr Version compacted_at_once = 1024; // In one transaction.

std::unexpected<Error> no_such_stream()
{
    return fail(ErrorCode::not_found, "There is no such stream.");
}

} // namespace

// Not synced by itself, so that no append waits for it: the next commit, or a snapshot when many
// wait, syncs it too. Until then the WAL is not moved into the database either: that syncs, and
// SQLite would not tell if it failed.
Result<void> LogFile::keep(StreamSnapshot const& kept)
{
    GH_CHECK(events::check(kept));
    auto const& snapshot = kept.snapshot;
    auto const stream = GH_TRY(current(kept.stream));
    if (!stream || snapshot.version > stream->version)
        return fail(ErrorCode::stale_base, "The stream has no such version.");
    auto const older = GH_TRY(tables_.snapshot_version(stream->id));
    if (older && *older > snapshot.version)
        return fail(ErrorCode::stale_base, "A newer snapshot is kept.");

    auto const write = [&] { return tables_.keep_snapshot(stream->id, snapshot); };
    unsynced_bytes_ += snapshot.state.size();
    if (unsynced_bytes_ > unsynced_bytes_max) {
        unsynced_bytes_ = 0;
        return transaction(write);
    }
    GH_CHECK(database_.run(sync_later));
    auto const done = transaction(write);
    GH_CHECK(database_.run(sync_at_commit(options_)));
    return done;
}

Result<void> LogFile::compact(std::string_view name, Version up_to)
{
    auto stream = GH_TRY(current(name));
    if (!stream)
        return no_such_stream();
    auto const snapshot = GH_TRY(tables_.snapshot(stream->id));
    if (!snapshot || snapshot->version < up_to)
        return fail(ErrorCode::stale_base, "No snapshot tells of these events.");
    while (stream->floor < up_to) {
        auto const floor = std::min(up_to, stream->floor + compacted_at_once);
        auto const done = transaction([&]() -> Result<void> {
            GH_CHECK(write_heads());
            GH_CHECK(remove_events(*stream, floor));
            stream->floor = floor;
            return tables_.keep_stream(*stream);
        });
        GH_CHECK(done);
        heads_are_kept();
        streams_.compact(stream->id, floor);
    }
    return {};
}

Result<void> LogFile::erase(std::string_view name, Version version)
{
    auto const stream = GH_TRY(current(name));
    if (!stream)
        return no_such_stream();
    if (!stream->state.finished || stream->version != version)
        return fail(
            ErrorCode::stale_base, "The stream is not finished, or has another version.");
    auto const done = transaction([&]() -> Result<void> {
        GH_CHECK(write_heads());
        GH_CHECK(remove_events(*stream, version));
        GH_CHECK(tables_.remove_snapshot(stream->id));
        return tables_.remove_stream(stream->id);
    });
    GH_CHECK(done);
    heads_are_kept();
    return {};
}

// From the first one that is there. The heads are written with it: what was removed must lie before
// the checkpoint, as a start takes a hole in the tail for damage.
Result<void> LogFile::remove_events(Stream const& stream, Version last)
{
    std::vector<RowId> rows;
    if (last > stream.floor) {
        auto row = GH_TRY(block_ends(stream, last - 1, last)).back();
        for (auto version = GH_TRY(tables_.event(row)).event.version; version > stream.floor;
             version--) {
            auto const record = GH_TRY(event(stream, row, version));
            if (version <= last) {
                GH_CHECK(tables_.remove_event(row));
                rows.push_back(row);
            }
            row = record.place.previous_row;
        }
    }
    for (auto at = rows.rbegin(); at != rows.rend();) {
        auto const first = *at;
        auto end = first;
        while (at != rows.rend() && *at == end) {
            end++;
            ++at;
        }
        GH_CHECK(tables_.add_hole(first, end - 1));
    }
    return {};
}

} // namespace gatehouse::storage::sqlite
