// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/archivist.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage::archive {

using events::Event;
using events::StreamHead;
using events::Version;

namespace {

// What the log is asked for at once.
constexpr std::size_t events_a_piece = 64;
constexpr std::size_t streams_a_piece = 256;

// After so many refusals in a round, the fault is hardly that of the rooms.
constexpr std::size_t refused_max = 16;
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

template <typename Question>
std::invoke_result_t<Question, Log&> Archivist::ask(Question question)
{
    std::invoke_result_t<Question, Log&> answer
        = fail(ErrorCode::unavailable, "The store did not answer.");
    GH_CHECK(with_log_([&](Log& log) { answer = question(log); }));
    return answer;
}

Result<Round> Archivist::round(WallTime now)
{
    Round round;
    GH_CHECK(move_all(now, round));
    GH_CHECK(expire(now, round));
    return round;
}

// ---- Out of the store

struct Archivist::Moving {
    WallTime now;
    Round& round;
    std::map<std::string, WallTime, std::less<>> restored;
    Days days{};
};

Result<void> Archivist::move_all(WallTime now, Round& round)
{
    Moving moving{now, round, GH_TRY(archive_.restored())};
    std::string last;
    for (bool is_last = false; !is_last;) {
        auto const heads
            = GH_TRY(ask([&last](Log& log) { return log.streams(last, streams_a_piece); }));
        is_last = heads.size() < streams_a_piece;
        last = heads.empty() ? last : heads.back().stream;
        auto const moved = move_some(heads, moving);
        // Even then: what is there is listed.
        GH_CHECK(index(std::exchange(moving.days, {})));
        GH_CHECK(moved);
    }
    return {};
}

Result<void> Archivist::move_some(std::vector<StreamHead> const& heads, Moving& moving)
{
    auto& round = moving.round;
    for (auto const& head : heads) {
        auto const back = moving.restored.find(head.stream);
        bool const was_back = back != moving.restored.end();
        auto const since = was_back ? std::max(head.at, back->second) : head.at;
        if (!head.state.finished || left_alone_.contains(head.stream)
            || !is_older(since, options_.of(head.category).after, moving.now))
            continue;
        auto const entry = move(head);
        if (!entry) {
            auto const& error = entry.error();
            if (is_of_the_room(error.code) && left_alone_.size() < left_alone_max)
                left_alone_.insert(head.stream);
            round.refused.push_back({head.stream, error});
            if (is_of_all(error.code) || round.refused.size() >= refused_max)
                return std::unexpected(error);
            continue;
        }
        round.rooms++;
        round.events += entry->events;
        round.bytes += entry->size;
        moving.days[{entry->game, day_of(entry->at)}].push_back(*entry);
        if (was_back)
            GH_CHECK(archive_.forget_restored(head.stream));
    }
    return {};
}

Result<void> Archivist::index(Days const& days)
{
    for (auto const& [of, entries] : days)
        GH_CHECK(archive_.index_day(of.first, of.second, entries));
    return {};
}

Result<Entry> Archivist::move(StreamHead const& head)
{
    if (head.floor > 0)
        return fail(ErrorCode::unsupported, "The room cannot be archived.",
            head.stream + ": its first " + std::to_string(head.floor) + " events were compacted");
    auto const first = GH_TRY(read(head.stream, 0));
    if (first.empty())
        return fail(ErrorCode::not_found, "There is no such room.", head.stream);
    PackHeader const header{.room = head.stream, .game = head.category,
        .rules = GH_TRY(rules_of_(first.front())), .finished = head.at, .events = head.version};
    auto const name = pack_name(header);
    GH_CHECK(check_name(name));
    auto const bytes = GH_TRY(pack(header));
    GH_CHECK(archive_.objects().put(name, bytes));
    auto const kept = GH_TRY(compare(header));
    GH_CHECK(ask([&head](Log& log) { return log.erase(head.stream, head.version); }));
    return Entry{header.room, header.game, header.finished, bytes.size(), header.events,
        kept.sha256};
}

Result<std::vector<Event>> Archivist::read(std::string const& room, Version after)
{
    return ask([&room, after](Log& log) { return log.read(room, after, events_a_piece); });
}

Result<std::string> Archivist::pack(PackHeader const& header)
{
    PackWriter writer(header);
    for (Version version = 0; version < header.events;) {
        auto const events = GH_TRY(read(header.room, version));
        if (events.empty())
            break; // finish() says what is missing.
        for (auto const& event : events)
            GH_CHECK(writer.add(event));
        version += events.size();
    }
    return writer.finish();
}

// Reads the pack back, and the store beside it.
Result<Pack> Archivist::compare(PackHeader const& header)
{
    std::vector<Event> stored;
    std::size_t next = 0;
    auto const name = PackName::parse(pack_name(header));
    if (!name)
        return fail(ErrorCode::bad_request, "The room has no name for a pack.", header.room);
    auto const is_in_store = [&](Event const& event) -> Result<void> {
        if (next == stored.size()) {
            stored = GH_TRY(read(header.room, event.version - 1));
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

// ---- Out of the archive

Result<void> Archivist::expire(WallTime now, Round& round)
{
    // Names come game by game and day by day: each day once.
    std::vector<std::pair<PackName, WallTime>> due;
    GH_CHECK(archive_.each_pack("", [&](PackName const& name, std::uint64_t) {
        auto const& keep = options_.of(name.game).keep;
        if (!keep)
            return Result<void>{};
        auto const until = now + std::chrono::duration_cast<Milliseconds>(-*keep);
        bool const is_new = due.empty() || due.back().first.game != name.game
            || due.back().first.day != name.day;
        if (is_new && name.day <= day_of(until))
            due.emplace_back(name, until);
        return Result<void>{};
    }));
    for (auto const& [name, until] : due)
        GH_CHECK(expire_day(name.game, name.day, until, round));
    return {};
}

Result<void> Archivist::expire_day(
    std::string const& game, std::string const& day, WallTime until, Round& round)
{
    std::size_t deleted = 0;
    for (auto const& entry : GH_TRY(archive_.day(game, day))) {
        if (entry.is_damaged() || entry.at > until || GH_TRY(archive_.is_held(entry.room)))
            continue;
        // First: a pack without its keys is deleted by the next round, keys without one by nobody.
        auto const dropped = ask([&entry](Log& log) -> Result<void> {
            if (!GH_TRY(log.find(entry.room)).empty())
                return {}; // It was restored, and is in the store again.
            return log.drop_keys(entry.room);
        });
        GH_CHECK(dropped);
        GH_CHECK(archive_.objects().remove(PackName{game, day, entry.room}.text()));
        deleted++;
    }
    round.deleted += deleted;
    if (deleted > 0)
        GH_CHECK(archive_.index_day(game, day, {}));
    return {};
}

} // namespace gatehouse::storage::archive
