// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/salvage.hpp"

#include "events/chain.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/sqlite/table_end.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Version;

std::optional<RowId> SalvagedStream::row_of(Version wanted) const
{
    auto const found = std::ranges::lower_bound(events, wanted, {}, &Found::version);
    return found != events.end() && found->version == wanted ? std::optional(found->row)
                                                             : std::nullopt;
}

Result<Salvage> Salvage::open(std::filesystem::path const& file)
{
    auto database = GH_TRY(open_database({.file = file, .access = Access::read_only}));
    auto tables = GH_TRY(Tables::prepare(database));
    auto pages = GH_TRY(Pages::of(database));
    Salvage salvage(std::move(database), std::move(tables), std::move(pages));
    salvage.read_restorations();
    return salvage;
}

std::vector<SalvagedStream> Salvage::streams(std::span<std::string const> names)
{
    unreadable_ = 0;
    gaps_.clear();
    Streams found;
    read_streams(found);
    find_end(read_events(found));
    read_strays(found);
    std::set<std::string> known, categories;
    for (auto& [id, stream] : found) {
        if (stream.id == 0)
            read_stream({id, true}, found);
        std::ranges::stable_sort(stream.events, {}, &Found::version);
        auto const again = std::ranges::unique(stream.events, {}, &Found::version);
        stream.events.erase(again.begin(), again.end());
        if (!stream.name.empty()) {
            known.insert(stream.name);
            categories.insert(stream.category);
        }
    }
    read_stray_snapshots(found);
    // What nothing is left of but a number may be one of those that are found by more.
    for (bool const is_more_left : {true, false})
        for (auto& [id, stream] : found)
            if (stream.name.empty() && stream.is_more_left() == is_more_left) {
                find_name(stream, names, known, categories);
                if (!stream.name.empty())
                    known.insert(stream.name);
            }
    std::vector<SalvagedStream> all;
    for (auto& [id, stream] : found)
        if (!stream.is_ghost)
            all.push_back(std::move(stream));
    return all;
}

// Whatever tells of a stream: its row, its name in the index, its snapshot.
void Salvage::read_streams(Streams& streams)
{
    if (auto const checkpoint = tables_.checkpoint())
        known_row_ = checkpoint->row;
    std::uint64_t known = 0;
    auto const read = [&](Told told) {
        bool const is_there = read_stream(told, streams);
        known = is_there ? std::max(known, told.number) : known;
        return is_there;
    };
    if (auto named = database_.prepare("SELECT id, name FROM stream INDEXED BY stream_name"))
        for (auto row = named->run(); row.next();)
            if (auto const id = static_cast<std::uint64_t>(row.integer(0)); id <= INT32_MAX) {
                indexed_.emplace(static_cast<StreamId>(id), row.bytes(1));
                read({id, true});
            }
    sweep("SELECT id FROM stream WHERE id >= ?1 ORDER BY id LIMIT 1", known, read);
    sweep("SELECT stream FROM snapshot WHERE stream >= ?1 ORDER BY stream LIMIT 1", known, read);
}

bool Salvage::read_stream(Told told, Streams& streams)
{
    if (told.number == 0 || told.number > INT32_MAX)
        return false;
    auto const id = static_cast<StreamId>(told.number);
    if (auto const known = streams.find(id); known != streams.end() && known->second.id != 0)
        return true;
    auto const row = tables_.stream(id);
    auto const snapshot = tables_.snapshot(id);
    bool const is_there = (row && *row) || (snapshot && *snapshot);
    if (!is_there && !told.by_sqlite)
        return false;
    auto& stream = streams[id];
    stream.id = id;
    stream.had_damaged_snapshot = !snapshot;
    if (snapshot && *snapshot)
        stream.snapshot = {(*snapshot)->version, (*snapshot)->link};
    if (!row || !*row)
        return is_there;
    stream.name = (*row)->name;
    stream.category = (*row)->category;
    stream.version = std::max<Version>((*row)->version, 1); // It came with its first event.
    stream.floor = (*row)->floor;
    stream.state = (*row)->state;
    stream.at = (*row)->at;
    known_row_ = std::max(known_row_, (*row)->last_row);
    return true;
}

RowId Salvage::read_events(Streams& streams)
{
    RowId last = 0;
    auto const read = [&](Told told) {
        auto const record = tables_.event(told.number);
        if (!record)
            return false;
        count_missing(last + 1, told.number);
        last = told.number;
        streams[record->place.stream].events.push_back({record->event.version, last});
        return true;
    };
    sweep("SELECT id FROM event WHERE id >= ?1 ORDER BY id LIMIT 1", known_row_, read);
    return last;
}

void Salvage::sweep(
    char const* next_sql, std::uint64_t known, std::function<bool(Told)> const& visit)
{
    auto next = database_.prepare(next_sql);
    if (!next)
        return;
    for (std::uint64_t at = 1;; at++) {
        std::optional<std::uint64_t> told;
        {
            auto row = next->run(static_cast<std::int64_t>(at));
            if (row.next())
                told = static_cast<std::uint64_t>(row.integer(0));
            else if (row.finish())
                return;
        }
        // A number that was changed leads past others.
        bool const is_likely = told && *told >= at && *told <= known + untold_max;
        if (is_likely && visit({*told, true}))
            at = *told;
        else if (at > known + untold_max)
            return;
        else if (told == at || !visit({at, false}))
            continue;
        known = std::max(known, at);
    }
}

// Nothing of the log's end is in any sum: that the log was longer, its own pages have to tell.
void Salvage::find_end(RowId last_read)
{
    auto const root = database_.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'event'");
    auto const told
        = root ? last_row_of(pages_, static_cast<std::uint32_t>(*root)) : std::nullopt;
    auto const known = std::max(known_row_, last_read);
    bool const is_likely = told && *told <= known + untold_max;
    if (!pages_.is_wal_whole())
        why_endless_ = "commits at the end of its WAL cannot be read";
    else if (!is_likely)
        why_endless_ = "its last pages are damaged";
    last_row_ = is_likely ? std::max(known, *told) : known;
    count_missing(last_read + 1, last_row_ + 1);
}

bool Salvage::is_lost(RowId row)
{
    if (row > last_row_)
        return !why_endless_.empty();
    auto const is_hole = tables_.is_hole(row, row);
    return !is_hole || !*is_hole;
}

// SQLite finds a row from the top of the table's tree, so one page there that is damaged hides many
// below it that are not.
void Salvage::read_strays(Streams& streams)
{
    if (unreadable_ == 0 && why_endless_.empty())
        return;
    RowId last = last_row_;
    std::uint64_t beyond = 0;
    strays_ = {};
    has_all_strays_ = false;
    strays_.find(
        pages_, [this](RowId row) { return is_missing(row); },
        [&](Record const& record) {
            auto const row = record.place.row;
            streams[record.place.stream].events.push_back({record.event.version, row});
            last = std::max(last, row);
            if (row > last_row_)
                beyond++;
            else
                unreadable_ -= std::min<std::uint64_t>(unreadable_, 1);
        });
    count_missing(last_row_ + 1, last + 1);
    unreadable_ -= std::min(unreadable_, beyond);
    last_row_ = last;
}

// A room whose first events were compacted is nothing without its snapshot.
void Salvage::read_stray_snapshots(Streams& streams)
{
    std::set<StreamId> wanted;
    for (auto const& [id, stream] : streams) {
        bool const is_compacted = stream.floor > 0
            || (!stream.events.empty() && stream.events.front().version > 1);
        if (!stream.snapshot && (stream.had_damaged_snapshot || is_compacted))
            wanted.insert(id);
    }
    stray_snapshots_ = {};
    if (wanted.empty())
        return;
    stray_snapshots_.find(pages_, wanted, [&](StreamId id, events::Snapshot const& snapshot) {
        auto& stream = streams.at(id);
        bool const is_its = proves(stream, snapshot);
        if (is_its)
            stream.snapshot = {snapshot.version, snapshot.link};
        stream.had_damaged_snapshot = stream.had_damaged_snapshot && !is_its;
        return is_its;
    });
}

// Is this the link that its event had, or that its next one follows from?
bool Salvage::proves(SalvagedStream const& stream, events::Snapshot const& snapshot)
{
    auto const event_at = [&](Version version) -> std::optional<events::Event> {
        auto const row = stream.row_of(version);
        auto record = row ? event(*row) : Result<Record>(fail(ErrorCode::not_found, ""));
        return record ? std::optional(std::move(record->event)) : std::nullopt;
    };
    if (auto const same = event_at(snapshot.version))
        return same->link == snapshot.link;
    if (auto const next = event_at(snapshot.version + 1))
        return events::chain_link(snapshot.link, *next) == next->link;
    return snapshot.version == stream.version && stream.events.empty();
}

// Rows that were removed by intent may lie somewhere yet.
bool Salvage::is_missing(RowId row)
{
    auto const gap = std::ranges::upper_bound(gaps_, row, {}, &std::pair<RowId, RowId>::first);
    bool const is_in_gap = gap != gaps_.begin() && row < std::prev(gap)->second;
    if (row <= last_row_ && !is_in_gap)
        return false;
    auto const is_hole = tables_.is_hole(row, row);
    return is_hole && !*is_hole;
}

// What SQLite makes of a damaged page depends on what it read before: an event that was found once
// may not be found again. Then all that any page has is looked for.
Result<Record> Salvage::event(RowId row)
{
    auto record = tables_.event(row);
    if (record)
        return record;
    auto stray = strays_.event(pages_, row);
    if (!stray && !is_missing(row) && !std::exchange(has_all_strays_, true)) {
        strays_.find(
            pages_, [](RowId) { return true; }, [](Record const&) {});
        stray = strays_.event(pages_, row);
    }
    return stray ? Result<Record>(*std::move(stray)) : record;
}

Result<std::optional<events::Snapshot>> Salvage::snapshot(StreamId stream)
{
    auto kept = tables_.snapshot(stream);
    if (kept && *kept)
        return kept;
    auto stray = stray_snapshots_.snapshot(pages_, stream);
    return stray ? Result<std::optional<events::Snapshot>>(std::move(stray)) : std::move(kept);
}

// Of the rows before `end`, those that are in no hole. A hole that reaches beyond what is missing
// is none.
void Salvage::count_missing(RowId first, RowId end)
{
    if (first >= end)
        return;
    unreadable_ += end - first;
    auto missing = end - first;
    auto holes = database_.prepare("SELECT last - first + 1 FROM hole WHERE first >= ?1"
                                   " AND first < ?2 AND last >= first AND last < ?2");
    if (!holes)
        return;
    auto row = holes->run(static_cast<std::int64_t>(first), static_cast<std::int64_t>(end));
    while (row.next()) {
        auto const removed = std::min(missing, static_cast<std::uint64_t>(row.integer(0)));
        missing -= removed;
        unreadable_ -= removed;
    }
    if (missing > 0)
        gaps_.emplace_back(first, end);
}

std::string Salvage::text(char const* sql, StreamId id)
{
    auto query = database_.prepare(sql);
    if (!query)
        return {};
    auto row = query->run(std::int64_t{id});
    return row.next() ? std::string(row.bytes(0)) : std::string();
}

// A name is proved by the link of the first event, or, where that is gone, by the table and the
// index having the same; where one of them is gone, too, by what others have of the stream. A
// category that other streams have is no accident.
void Salvage::find_name(SalvagedStream& stream, std::span<std::string const> names,
    std::set<std::string> const& known, std::set<std::string> const& categories)
{
    auto const in_row = text("SELECT name FROM stream NOT INDEXED WHERE id = ?1", stream.id);
    auto const in_index = indexed_.contains(stream.id) ? indexed_.at(stream.id) : std::string();
    auto const category = text("SELECT category FROM stream NOT INDEXED WHERE id = ?1", stream.id);
    if (auto const row = stream.row_of(1)) {
        auto const record = event(*row);
        auto const is_its = [&](std::string const& name) {
            return record
                && events::chain_link(events::chain_start(name), record->event)
                == record->event.link;
        };
        auto const* const told = is_its(in_row) ? &in_row : is_its(in_index) ? &in_index : nullptr;
        auto const named = told ? names.end() : std::ranges::find_if(names, is_its);
        stream.name = told ? *told : named != names.end() ? *named : "";
    } else if (in_row == in_index || in_row.empty() || in_index.empty()) {
        stream.name = in_row.empty() ? in_index : in_row;
        stream.is_name_doubted = in_row != in_index;
    }
    if (known.contains(stream.name))
        stream.name.clear();
    stream.is_ghost
        = !stream.is_more_left() && (known.contains(in_row) || known.contains(in_index));
    if (categories.contains(category))
        stream.category = category;
    if (!stream.events.empty())
        stream.floor = stream.events.front().version - 1;
    else if (stream.snapshot)
        stream.floor = stream.snapshot->version;
    stream.version = std::max<Version>(stream.version, 1); // It came with its first event.
    stream.is_renamed = true;
}

// Its rows have no sums. What is no table of ours can only be the one that notes restorations.
void Salvage::read_restorations()
{
    auto const others = database_.integer(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
        " AND name NOT IN ('stream', 'event', 'snapshot', 'hole', 'checkpoint')");
    if (others && *others == 0)
        return;
    auto const at = database_.integer("SELECT max(at) FROM restoration");
    restored_at_ = at && *at > 0 ? WallTime{*at} : WallTime{INT64_MAX};
}

} // namespace gatehouse::storage::sqlite
