// SPDX-License-Identifier: Apache-2.0
// What an Archivist does with long rooms that are not finished.
#include "storage/archive/archivist.hpp"

#include "events/audit.hpp"
#include "events/chain.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage::archive {

using events::Event;
using events::StreamHead;
using events::Version;

namespace {

constexpr Version compacted_a_piece = 1024;

} // namespace

bool Archivist::is_long(StreamHead const& head) const
{
    auto const& least = options_.of(head.category).compact;
    return least && events::is_room(head) && head.version - head.floor >= *least;
}

// How many events have left the store.
Result<Version> Archivist::compact(StreamHead const& head, Moving& moving)
{
    auto const kept
        = GH_TRY(ask([&head](Log& log) { return log.hydrate(head.stream, 0); })).snapshot;
    if (!kept || kept->version - head.floor < *options_.of(head.category).compact)
        return 0;
    if (!may_leave(head, kept->version, moving))
        return 0;
    auto const reach = GH_TRY(settle(head));
    if (reach < head.floor)
        return fail(ErrorCode::unsupported, "The room cannot be compacted any further.",
            head.stream + ": the archive has its events up to version " + std::to_string(reach)
                + ", the store those after version " + std::to_string(head.floor));
    if (reach > head.floor)
        return compact_to(head, std::min(reach, kept->version));
    auto const part = GH_TRY(next_part(head, reach, *kept));
    GH_CHECK(archive_.objects().put(part.name.text(), GH_TRY(write_part(part))));
    in_parts_.insert(head.stream);
    auto const read_back = GH_TRY(archive_.read(part.name));
    if (read_back != part || !GH_TRY(is_stored(read_back, head)))
        return fail(ErrorCode::internal, "A part is not what was written.", part.name.text());
    return compact_to(head, part.name.last);
}

// Up to where the parts hold the room's history. Those that the store's events are not yet
// compacted for are held against them: a server may have died, or the store be set back and the
// room have gone another way since. Such a part is removed, as the store has all that it should
// hold.
Result<Version> Archivist::settle(StreamHead const& head)
{
    Version reach = 0;
    for (auto const& name : GH_TRY(archive_.parts(head.stream))) {
        if (name.last > head.version)
            return fail(ErrorCode::stale_base, "The room is younger than its parts.", name.text());
        bool const is_next = name.first == reach + 1;
        if (name.last > head.floor) {
            auto const part = archive_.read(name);
            if (!part && part.error().code != ErrorCode::internal)
                return std::unexpected(part.error());
            if (!is_next || !part || !GH_TRY(is_stored(*part, head))) {
                if (name.first <= head.floor)
                    return reach;
                GH_CHECK(archive_.objects().remove(name.text()));
                continue;
            }
        }
        if (is_next)
            reach = name.last;
    }
    return reach;
}

// Has the store the same events, as far as they are not compacted? Those that are lead there by
// their links.
Result<bool> Archivist::is_stored(Part const& part, StreamHead const& head)
{
    auto version = std::max(head.floor, part.name.first - 1);
    while (version < part.name.last) {
        auto const stored = GH_TRY(read(head, version));
        if (stored.empty())
            return false;
        for (auto const& event : stored) {
            if (version == part.name.last)
                break;
            if (event != part.events[version + 1 - part.name.first])
                return false;
            version++;
        }
    }
    return true;
}

// Of all that follows the version, up to the snapshot.
Result<Part> Archivist::next_part(
    StreamHead const& head, Version after, events::Snapshot snapshot)
{
    Part part{.name = {head.stream, after + 1, snapshot.version}, .game = head.category,
        .before = events::chain_start(head.stream), .snapshot = std::move(snapshot)};
    for (auto const& name : GH_TRY(archive_.parts(head.stream)))
        if (name.last == after)
            part.before = GH_TRY(archive_.read(name)).snapshot.link;
    for (auto version = after; version < part.name.last;) {
        auto events = GH_TRY(read(head, version));
        if (events.empty())
            break; // write_part() says what is missing.
        events.resize(std::min<std::size_t>(events.size(), part.name.last - version));
        version += events.size();
        std::ranges::move(events, std::back_inserter(part.events));
    }
    return part;
}

// A piece at a time, for the store does nothing else meanwhile.
Result<Version> Archivist::compact_to(StreamHead const& head, Version version)
{
    for (auto floor = head.floor; floor < version;) {
        floor = std::min(version, floor + compacted_a_piece);
        GH_CHECK(ask([&](Log& log) { return log.compact(head.stream, floor); }));
    }
    return version - head.floor;
}

// What a server left that died, or that never heard what became of a question: parts of rooms that
// are packs by now.
Result<void> Archivist::sweep()
{
    std::vector<PartName> ends; // Of each room its last part.
    GH_CHECK(archive_.each_part("", [&ends](PartName const& name, std::uint64_t) {
        if (ends.empty() || ends.back().room != name.room)
            ends.push_back(name);
        ends.back() = name;
        return Result<void>{};
    }));
    for (auto const& end : ends) {
        in_parts_.insert(end.room);
        if (!GH_TRY(ask([&end](Log& log) { return log.find(end.room); })).empty())
            continue;
        for (auto const& name : GH_TRY(archive_.find(end.room))) {
            auto const pack = archive_.read(name, [](Event) { return Result<void>{}; });
            if (pack && pack->header.events >= end.last)
                GH_CHECK(remove_parts(end.room));
        }
    }
    return {};
}

Result<void> Archivist::remove_parts(std::string const& room)
{
    for (auto const& part : GH_TRY(archive_.parts(room)))
        GH_CHECK(archive_.objects().remove(part.text()));
    in_parts_.erase(room);
    return {};
}

} // namespace gatehouse::storage::archive
