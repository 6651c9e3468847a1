// SPDX-License-Identifier: Apache-2.0
// How a LogFile answers questions.
#include "storage/sqlite/log_file.hpp"

#include "events/page.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Event;
using events::History;
using events::LogCursor;
using events::LogPage;
using events::StreamHead;
using events::Version;

// ---- Streams

// Memory knows better than the table, which is of the checkpoint.
Result<std::optional<Stream>> LogFile::current(std::string_view name)
{
    if (auto const* const stream = streams_.find(name))
        return *stream;
    return tables_.stream(name);
}

StreamHead LogFile::current(Stream const& kept) const
{
    auto const* const stream = streams_.find(kept.id);
    return head_of(stream ? *stream : kept);
}

Result<LogFile::Heads> LogFile::find(std::string_view name)
{
    Heads found;
    if (auto const stream = GH_TRY(current(name)))
        found.push_back(head_of(*stream));
    if (!name.contains('.'))
        for (auto const& stream : GH_TRY(tables_.streams_of_code(name)))
            found.push_back(current(stream));
    return found;
}

Result<LogFile::Heads> LogFile::streams(std::string_view after, std::size_t streams_max)
{
    Heads heads;
    for (auto const& stream : GH_TRY(tables_.streams_after(after, streams_max)))
        heads.push_back(current(stream));
    return heads;
}

// ---- Events of one stream

Result<Record> LogFile::event(Stream const& stream, RowId row, Version version)
{
    auto record = GH_TRY(tables_.event(row));
    if (record.place.stream != stream.id || record.event.version != version)
        return damaged(
            fmt::format("event {} is not version {} of {}", row, version, stream.name));
    return record;
}

// A block begins with a mark and ends before the next one. Where the blocks end that reach into the
// events from `after` + 1 to `last`; the first one is at the back.
Result<std::vector<RowId>> LogFile::block_ends(Stream const& stream, Version after, Version last)
{
    std::vector<RowId> ends;
    auto end = stream.last_row;
    auto mark_row = stream.mark_row;
    auto mark = last_mark(stream.version);
    while (true) {
        if (mark <= last)
            ends.push_back(end);
        if (mark <= after + 1)
            return ends;
        auto const record = GH_TRY(event(stream, mark_row, mark));
        end = record.place.previous_row;
        mark_row = record.place.mark_row;
        mark -= versions_per_mark;
    }
}

// Appends the events after `after` of the block that ends there.
Result<void> LogFile::read_block(
    Stream const& stream, RowId end, Version after, std::vector<Event>& events)
{
    auto const begin = static_cast<std::ptrdiff_t>(events.size());
    auto record = GH_TRY(tables_.event(end));
    for (auto version = record.event.version;; version--) {
        if (record.place.stream != stream.id || record.event.version != version)
            return damaged(fmt::format(
                "event {} is not version {} of {}", record.place.row, version, stream.name));
        events.push_back(std::move(record.event));
        if (version == after + 1 || version == last_mark(version))
            break;
        record = GH_TRY(tables_.event(record.place.previous_row));
    }
    std::reverse(events.begin() + begin, events.end());
    return {};
}

Result<std::vector<Event>> LogFile::read(
    std::string_view name, Version after, std::size_t events_max)
{
    auto const stream = GH_TRY(current(name));
    std::vector<Event> events;
    if (!stream || stream->version <= after || events_max == 0)
        return events;
    if (after < stream->floor)
        return fail(ErrorCode::not_found, "These events were compacted.");
    auto const last = after + std::min<Version>(stream->version - after, events_max);
    events.reserve(std::min<std::size_t>(last - after, page_events_max));
    auto ends = GH_TRY(block_ends(*stream, after, last));
    events::ReadBound bound(events_max);
    std::size_t size = 0; // Of the page: what the last block has beyond it is dropped.
    for (auto next = after; next < last && bound.has_room();
         next = events.back().version, ends.pop_back()) {
        GH_CHECK(read_block(*stream, ends.back(), next, events));
        for (; size < events.size() && bound.has_room(); size++)
            bound.take(events[size]);
    }
    events.resize(size);
    return events;
}

// A damaged snapshot is none where the events are all there: nothing hangs on it then. One that is
// newer than they are says that some are lost: a damaged log may have laid old pages over new ones.
// Keys that cannot be read are none either: a room without names is better than no room.
Result<History> LogFile::hydrate(std::string_view name, std::size_t events_max)
{
    auto const stream = GH_TRY(current(name));
    if (!stream)
        return History{};
    auto snapshot = tables_.snapshot(stream->id);
    if (!snapshot && stream->floor > 0)
        return std::unexpected(std::move(snapshot.error()));
    History history{.snapshot = snapshot ? *std::move(snapshot) : std::nullopt};
    auto const after = history.snapshot ? history.snapshot->version : 0;
    if (after > stream->version)
        return damaged(fmt::format("{} has a snapshot of version {} and events up to {}: some are"
                                   " lost; see `gatehouse events verify` and `repair`",
            name, after, stream->version));
    history.events = GH_TRY(read(name, after, events_max));
    auto keys = keys_->of_stream(name);
    if (!keys && keys.error().code != ErrorCode::internal)
        return std::unexpected(std::move(keys.error()));
    if (keys)
        history.keys = *std::move(keys);
    else
        history.keys_lost = std::move(keys.error().detail);
    return history;
}

// ---- The log

Result<LogPage> LogFile::log(LogCursor from, std::size_t events_max)
{
    LogPage page{.events = {}, .next = std::max<LogCursor>(from, 1), .is_last = false};
    auto const count_max = std::clamp<std::size_t>(events_max, 1, page_events_max);
    std::size_t bytes = 0;
    auto rows = tables_.log_from(page.next);
    while (page.next <= streams_.last_row() && page.events.size() < count_max
        && bytes < page_bytes_max) {
        auto logged = GH_TRY(Tables::next_logged(rows));
        auto const row = logged ? logged->record.place.row : streams_.last_row() + 1;
        if (row != page.next && !GH_TRY(tables_.is_hole(page.next, row - 1)))
            return damaged(fmt::format("event {} is missing", page.next));
        page.next = row;
        if (!logged)
            break;
        auto& [place, state, event] = logged->record;
        bytes += event.data.size();
        auto const slot = slot_of(logged->stream);
        page.events.push_back({slot, place.position, std::move(logged->stream),
            std::move(logged->category), state, std::move(event)});
        page.next++;
    }
    page.is_last = page.next > streams_.last_row();
    return page;
}

} // namespace gatehouse::storage::sqlite
