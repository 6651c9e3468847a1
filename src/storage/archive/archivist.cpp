// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/archivist.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <utility>

namespace gatehouse::storage::archive {

using events::Event;
using events::StreamHead;
using events::Version;

namespace {

// What the log is asked for at once.
constexpr std::size_t events_a_piece = 64;
constexpr std::size_t streams_a_piece = 256;

// After so many refusals in a row, the fault is hardly that of the rooms.
constexpr std::size_t refused_max = 16;
constexpr std::uint64_t rest_max = 64; // Rounds, for a room that was refused again and again.
// To see which rooms have other packs, all names of a game are listed, and then none for so long.
constexpr Milliseconds pause_per_name{1};
constexpr Milliseconds pause_max = std::chrono::hours(1);
// So many packs, and the rest of their day, are deleted by one list of all names.
constexpr std::size_t due_max = 10'000;
// Rooms that are left alone for good; beyond them, they are tried again and again.
constexpr std::size_t left_alone_max = 10'000;

// It was no use, and another try would be none.
bool is_of_the_room(ErrorCode code)
{
    return code == ErrorCode::bad_request || code == ErrorCode::too_large
        || code == ErrorCode::unsupported;
}

// Not even another room would fare better.
bool is_of_all(ErrorCode code)
{
    return code == ErrorCode::unavailable || code == ErrorCode::unauthenticated
        || code == ErrorCode::forbidden || code == ErrorCode::busy;
}

bool is_older(WallTime at, Duration age, WallTime now)
{
    return now - at >= age;
}

std::string day_of(WallTime at)
{
    return rfc3339(at.ms).substr(0, 10);
}

} // namespace

Policy const& ArchivistOptions::of(std::string_view game) const
{
    auto const found = games.find(game);
    return found == games.end() ? others : found->second;
}

Result<Round> Archivist::round(WallTime now)
{
    Round round;
    rounds_++;
    if (!has_settled_)
        GH_CHECK(settle_deletions());
    has_settled_ = true;
    if (!has_swept_)
        GH_CHECK(sweep());
    has_swept_ = true;
    is_doubted_ = has_begun_doubt_ && doubt_.is_doubted(now); // Whatever comes of the round.
    auto const newest = GH_TRY(move_all(now, round));
    round.deletes_nothing = !GH_TRY(may_delete(now, newest));
    if (round.deletes_nothing)
        return round;
    if (now >= next_deletion_at_ || now + pause_max < next_deletion_at_) // Clocks are set back.
        GH_CHECK(expire(now, round));
    return round;
}

// ---- Out of the store

struct Archivist::Moving {
    WallTime now;
    Round& round;
    std::map<std::string, WallTime, std::less<>> restored;
    Days days{};
    std::size_t refused_in_a_row = 0;
    // All that the store had when it last told of rooms; false for the whole round.
    std::optional<bool> is_backed_up{};
};

Result<std::optional<WallTime>> Archivist::move_all(WallTime now, Round& round)
{
    std::optional<WallTime> newest;
    auto restored = GH_TRY(archive_.restored());
    Moving moving{now, round, std::move(restored)};
    std::string last;
    for (bool is_last = false; !is_last;) {
        auto const heads
            = GH_TRY(ask([&last](Log& log) { return log.streams(last, streams_a_piece); }));
        is_last = heads.size() < streams_a_piece;
        if (moving.is_backed_up.value_or(false))
            moving.is_backed_up.reset();
        last = heads.empty() ? last : heads.back().stream;
        for (auto const& head : heads)
            newest = std::max(newest.value_or(head.at), head.at);
        auto const moved = move_some(heads, moving);
        // Even then: what is there is listed.
        GH_CHECK(index(std::exchange(moving.days, {})));
        GH_CHECK(moved);
        is_last = is_last || moving.round.gave_up;
    }
    return newest;
}

Result<void> Archivist::move_some(std::vector<StreamHead> const& heads, Moving& moving)
{
    auto& round = moving.round;
    for (auto const& head : heads) {
        auto& left_alone = head.state.finished ? left_alone_ : left_long_;
        if (left_alone.contains(head.stream) || rests(head.stream))
            continue;
        auto const before = round.rooms + round.compacted;
        auto const moved = move_one(head, moving);
        if (round.rooms + round.compacted > before)
            moving.refused_in_a_row = 0;
        if (moved)
            continue;
        auto const& error = moved.error();
        if (in_parts_.contains(head.stream))
            has_swept_ = false; // It may have left the store, and the answer been lost.
        if (is_of_all(error.code))
            return moved;
        if (is_of_the_room(error.code) && left_alone.size() < left_alone_max)
            left_alone.insert(head.stream);
        else
            let_rest(head.stream);
        round.refused.push_back({head.stream, error});
        round.gave_up = ++moving.refused_in_a_row == refused_max;
        if (round.gave_up)
            return {};
    }
    return {};
}

bool Archivist::rests(std::string const& room) const
{
    auto const found = resting_.find(room);
    return found != resting_.end() && rounds_ < found->second.until;
}

void Archivist::let_rest(std::string const& room)
{
    if (resting_.size() == left_alone_max && !resting_.contains(room))
        return;
    auto& [until, rounds] = resting_[room];
    until = rounds_ + 1 + rounds;
    rounds = std::min(2 * rounds, rest_max);
}

Result<void> Archivist::move_one(StreamHead const& head, Moving& moving)
{
    auto& round = moving.round;
    if (!head.state.finished) {
        auto const events = is_long(head) ? compact(head, moving) : Version{0};
        if (!events && events.error().code == ErrorCode::stale_base)
            return {}; // Later.
        round.compacted += GH_TRY(events) > 0 ? 1 : 0;
        round.compacted_events += *events;
        return {};
    }
    auto const back = moving.restored.find(head.stream);
    bool const was_back = back != moving.restored.end();
    auto const since = was_back ? std::max(head.at, back->second) : head.at;
    if (!is_older(since, options_.of(head.category).after, moving.now))
        return {};
    if (!may_leave(head, head.version, moving))
        return {};
    auto const entry = GH_TRY(move(head));
    round.rooms++;
    round.events += entry.events;
    round.bytes += entry.size;
    moving.days[{entry.game, day_of(entry.at)}].push_back(entry);
    if (in_parts_.contains(head.stream))
        GH_CHECK(remove_parts(head.stream));
    if (was_back)
        GH_CHECK(archive_.forget_restored(head.stream));
    return {};
}

// Has the backup what the room has up to there? One answer will do for many rooms.
bool Archivist::may_leave(StreamHead const& head, Version version, Moving& moving)
{
    if (!is_backed_up_)
        return true;
    if (!moving.is_backed_up || (*moving.is_backed_up && version > head.version))
        moving.is_backed_up = is_backed_up_();
    moving.round.waiting += *moving.is_backed_up ? 0 : 1;
    return *moving.is_backed_up;
}

Result<void> Archivist::index(Days const& days)
{
    for (auto const& [of, entries] : days)
        GH_CHECK(archive_.index_day(of.first, of.second, entries));
    return {};
}

Result<Entry> Archivist::move(StreamHead const& head)
{
    auto const first = GH_TRY(read(head, 0));
    if (first.empty())
        return fail(ErrorCode::not_found, "There is no such room.", head.stream);
    auto const rules = GH_TRY(rules_of_(first.front()));
    PackHeader const header{.room = head.stream, .game = head.category, .rules = rules,
        .finished = head.at, .events = head.version};
    auto const name = pack_name(header);
    GH_CHECK(check_name(name));
    auto const bytes = GH_TRY(pack(header, head));
    if (!GH_TRY(is_there(header, head)))
        GH_CHECK(archive_.objects().put(name, bytes));
    auto const kept = GH_TRY(compare(header, head));
    GH_CHECK(ask([&head](Log& log) { return log.erase(head.stream, head.version); }));
    return Entry{header.room, header.game, header.finished, bytes.size(), header.events,
        kept.sha256};
}

// What was compacted comes from the parts.
Result<std::vector<Event>> Archivist::read(StreamHead const& head, Version after)
{
    if (after >= head.floor)
        return ask([&](Log& log) { return log.read(head.stream, after, events_a_piece); });
    auto events = compacted_.read(head.stream, after, head.floor, events_a_piece);
    if (!events && events.error().code == ErrorCode::not_found)
        return fail(ErrorCode::unsupported, events.error().message, events.error().detail);
    return events;
}

Result<std::string> Archivist::pack(PackHeader const& header, StreamHead const& head)
{
    PackWriter writer(header);
    for (Version version = 0; version < header.events;) {
        auto const events = GH_TRY(read(head, version));
        if (events.empty())
            break; // finish() says what is missing.
        for (auto const& event : events)
            GH_CHECK(writer.add(event));
        version += events.size();
    }
    return writer.finish();
}

// Reads the pack back, and the store beside it.
Result<Pack> Archivist::compare(PackHeader const& header, StreamHead const& head)
{
    std::vector<Event> stored;
    std::size_t next = 0;
    auto const name = PackName::parse(pack_name(header));
    if (!name)
        return fail(ErrorCode::bad_request, "The room has no name for a pack.", header.room);
    auto const is_in_store = [&](Event const& event) -> Result<void> {
        if (next == stored.size()) {
            stored = GH_TRY(read(head, event.version - 1));
            next = 0;
        }
        if (next == stored.size() || stored[next++] != event)
            return fail(ErrorCode::internal, "A pack is not what the store has.",
                header.room + ": version " + std::to_string(event.version) + " differs");
        return {};
    };
    auto const pack = GH_TRY(archive_.read(*name, is_in_store));
    if (pack.header != header)
        return fail(ErrorCode::internal, "A pack is not what was written.", header.room);
    return pack;
}

// A round before may have broken off. Whatever else is whole there is somebody's history.
Result<bool> Archivist::is_there(PackHeader const& header, StreamHead const& head)
{
    auto const name = PackName::parse(pack_name(header));
    auto const found = archive_.read(*name, [](Event) { return Result<void>{}; });
    if (!found
        && (found.error().code == ErrorCode::not_found
            || found.error().code == ErrorCode::internal))
        return false;
    GH_CHECK(found);
    auto const same = compare(header, head);
    if (!same && same.error().code == ErrorCode::internal)
        return fail(ErrorCode::unsupported,
            "The archive has another history of this room, of the same day.",
            name->text() + ": " + same.error().detail);
    GH_CHECK(same);
    return true;
}

// ---- Out of the archive

Result<bool> Archivist::may_delete(WallTime now, std::optional<WallTime> newest)
{
    auto const is_set = [](Policy const& policy) { return policy.keep.has_value(); };
    bool const deletes = is_set(options_.others)
        || std::ranges::any_of(options_.games | std::views::values, is_set);
    if (!deletes || options_.leaps == Leaps::are_believed)
        return true;
    if (!has_begun_doubt_) {
        auto const passed = newest ? Result<std::optional<WallTime>>(newest) : newest_day();
        GH_CHECK(passed);
        doubt_.begin(*passed);
        is_doubted_ = doubt_.is_doubted(now);
        has_begun_doubt_ = true;
    }
    return !is_doubted_;
}

// Of the archive: where the store is empty, that has passed for sure.
Result<std::optional<WallTime>> Archivist::newest_day()
{
    std::string newest;
    GH_CHECK(archive_.each_day("", [&newest](PackName const& one) -> Result<Archive::Next> {
        newest = std::max(newest, one.day);
        return Archive::Next::day;
    }));
    auto const ms = from_rfc3339(newest + "T00:00:00Z");
    return ms ? std::optional(WallTime{*ms}) : std::nullopt;
}

Result<void> Archivist::expire(WallTime now, Round& round)
{
    std::vector<PackName> due; // Of one game.
    auto const gather = [&](PackName const& one) -> Result<Archive::Next> {
        if (!due.empty() && due.front().game != one.game)
            GH_CHECK(delete_packs(std::exchange(due, {}), now, round));
        auto const& keep = options_.of(one.game).keep;
        if (!keep || due.size() >= due_max)
            return Archive::Next::game;
        auto const until = now + std::chrono::duration_cast<Milliseconds>(-*keep);
        if (one.day > day_of(until))
            return Archive::Next::game;
        for (auto const& entry : GH_TRY(archive_.day(one.game, one.day)))
            if (GH_TRY(is_due(entry, until)))
                due.push_back({one.game, one.day, entry.room});
        return Archive::Next::day;
    };
    GH_CHECK(archive_.each_day("", gather));
    return delete_packs(due, now, round);
}

Result<void> Archivist::delete_packs(
    std::vector<PackName> const& due, WallTime now, Round& round)
{
    if (due.empty())
        return {};
    std::map<std::string, std::size_t, std::less<>> packs; // Of each room, those that are left.
    for (auto const& name : due)
        packs[name.room] = 0;
    std::int64_t names = 0;
    GH_CHECK(archive_.each_pack(due.front().game, [&](PackName const& name, std::uint64_t) {
        names++;
        if (auto const found = packs.find(name.room); found != packs.end())
            found->second++;
        return Result<void>{};
    }));
    next_deletion_at_
        = std::max(next_deletion_at_, now + std::min(pause_max, pause_per_name * names));
    Days days;
    auto const deleted = [&]() -> Result<void> {
        for (auto const& name : due) {
            days[{name.game, name.day}];
            if (!GH_TRY(remove(name, packs[name.room] == 1, days)))
                continue;
            packs[name.room]--;
            round.deleted++;
            if (round.deleted_rooms.size() < Round::deleted_rooms_max)
                round.deleted_rooms.push_back(name.room);
        }
        return {};
    }();
    GH_CHECK(index(days)); // Even then.
    return deleted;
}

// A room that is in the store again needs its keys; and, if it was compacted, its pack.
Result<bool> Archivist::is_due(Entry const& entry, WallTime until)
{
    if (entry.is_damaged() || entry.at > until || GH_TRY(archive_.is_held(entry.room)))
        return false;
    return GH_TRY(ask([&entry](Log& log) { return log.find(entry.room); })).empty();
}

// Was it deleted? Not where it is held meanwhile, is back in the store, or damaged: then nobody
// knows what would go.
Result<bool> Archivist::remove(PackName const& name, bool is_last, Days& days)
{
    has_settled_ = false; // Until it is over.
    if (!GH_TRY(archive_.begin_deletion({name.room, name.text(), is_last}))) {
        has_settled_ = true;
        return false;
    }
    auto const pack = archive_.read(name, [](Event) { return Result<void>{}; });
    if (!pack && is_of_all(pack.error().code))
        return std::unexpected(pack.error());
    if (!pack)
        days[{name.game, name.day}].push_back({.room = name.room, .game = name.game});
    // First the pack: should that fail, it may be held yet, and needs its keys.
    auto const is_in_store = ask([&](Log& log) { return log.find(name.room); });
    if (!is_in_store)
        return std::unexpected(is_in_store.error());
    bool const goes = pack && is_in_store->empty();
    if (goes)
        GH_CHECK(archive_.objects().remove(name.text()));
    if (goes && is_last)
        GH_CHECK(drop_keys(name.room));
    GH_CHECK(archive_.end_deletion(name.room));
    has_settled_ = true;
    return goes;
}

// Whatever else was to go with a pack that is gone.
Result<void> Archivist::settle_deletions()
{
    for (auto const& deletion : GH_TRY(archive_.deletions())) {
        if (deletion.with_keys && !GH_TRY(archive_.has(deletion.pack)))
            GH_CHECK(drop_keys(deletion.room));
        GH_CHECK(archive_.end_deletion(deletion.room));
    }
    return {};
}

Result<void> Archivist::drop_keys(std::string const& room)
{
    return ask([&room](Log& log) -> Result<void> {
        return GH_TRY(log.find(room)).empty() ? log.drop_keys(room) : Result<void>{};
    });
}

} // namespace gatehouse::storage::archive
