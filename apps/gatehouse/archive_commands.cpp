// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"
#include "commands.hpp"
#include "records.hpp"

#include "base/text.hpp"
#include "config/units.hpp"
#include "events/chain.hpp"
#include "runtime/clock.hpp"
#include "server/archiver.hpp"
#include "server/mapping.hpp"
#include "server/store.hpp"
#include "storage/archive/archive.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <thread>
#include <utility>

namespace gatehouse::cli {
namespace {

namespace archive = storage::archive;
using archive::Entry;
using archive::PackName;
using archive::PartName;

// The archive that the configuration names.
struct Opened {
    config::Settings settings;
    std::unique_ptr<archive::Objects> objects;
    archive::Archive archive{*objects};
};

Result<Opened> open(ConfigArguments const& arguments)
{
    auto loaded = load(arguments);
    if (!loaded)
        return fail(ErrorCode::bad_request, loaded.error());
    auto objects = GH_TRY(server::open_objects(loaded->settings.archive));
    return Opened{std::move(loaded->settings), std::move(objects)};
}

WallTime now()
{
    return runtime::Clock().read().wall;
}

// The one pack of a room, by its id or by its code, and by its day where it has several.
Result<PackName> pack_of(archive::Archive& archive, std::string const& room)
{
    auto const found = GH_TRY(archive.find(room));
    if (found.empty())
        return fail(ErrorCode::not_found, "the archive has no room " + room,
            "gatehouse archive ls lists those it has");
    if (found.size() == 1)
        return found.front();
    std::string names;
    for (auto const& each : found)
        names += " " + each.room + "@" + each.day;
    return fail(
        ErrorCode::bad_request, "the archive has several packs of " + room, "name one:" + names);
}

Result<std::vector<events::Event>> events_of(archive::Archive& archive, PackName const& name)
{
    std::vector<events::Event> events;
    GH_CHECK(archive.read(name, [&events](events::Event event) {
        events.push_back(std::move(event));
        return Result<void>{};
    }));
    return events;
}

// A room's id, and what the archive has of it.
using RoomHistory = std::pair<std::string, std::vector<events::Event>>;

Result<RoomHistory> history_of(archive::Archive& archive, std::string const& room)
{
    RoomHistory history;
    for (auto const& name : GH_TRY(archive.parts(room))) {
        auto part = GH_TRY(archive.read(name));
        if (!history.first.empty() && history.first != name.room)
            return fail(ErrorCode::bad_request, "the archive has parts of several rooms " + room,
                "name one: " + history.first + ", " + name.room);
        history.first = name.room;
        std::ranges::move(part.events, std::back_inserter(history.second));
    }
    if (!history.second.empty()) {
        fmt::print(stderr, "room {} is not finished: this is what the archive has of it; gatehouse "
                           "room replay takes the store's events, too\n", history.first);
        return history;
    }
    auto const name = GH_TRY(pack_of(archive, room));
    history.first = name.room;
    history.second = GH_TRY(events_of(archive, name));
    return history;
}

// Says now and then on standard error how far long work has come.
class Progress {
public:
    void step(std::string_view what)
    {
        count_++;
        auto const at = std::chrono::steady_clock::now();
        if (at - last_ < std::chrono::seconds(1))
            return;
        last_ = at;
        fmt::print(stderr, "{} {} so far\n", count_, what);
    }

private:
    std::size_t count_ = 0;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// The parts of a room, by its id or by its code.
struct PartsOfRoom {
    std::vector<PartName> names{};
    std::uint64_t size = 0; // Of all of them.

    std::string const& room() const { return names.front().room; }
};

Result<std::vector<PartsOfRoom>> parts_of(archive::Archive& archive, std::string const& room)
{
    std::vector<PartsOfRoom> all;
    GH_CHECK(archive.each_part(room, [&all](PartName const& name, std::uint64_t size) {
        if (all.empty() || all.back().room() != name.room)
            all.emplace_back();
        all.back().names.push_back(name);
        all.back().size += size;
        return Result<void>{};
    }));
    return all;
}

using Holds = std::map<std::string, archive::Hold, std::less<>>;

Result<void> list_parts(archive::Archive& archive, Holds const& holds)
{
    for (auto const& [names, size] : GH_TRY(parts_of(archive, ""))) {
        auto const held = holds.find(names.front().room);
        fmt::print("{:<20} {:<14} {:<24} {:>8} {:>10}  {}\n", names.front().room, "-",
            "unfinished", archive::reach_of(names), size,
            held == holds.end() ? "-" : held->second.reason);
    }
    return {};
}

void print(Entry const& entry, std::string const& day, Holds const& holds)
{
    auto const held = holds.find(entry.room);
    fmt::print("{:<20} {:<14} {:<24} {:>8} {:>10}  {}\n", entry.room, entry.game,
        entry.is_damaged() ? day : rfc3339(entry.at.ms),
        entry.is_damaged() ? "DAMAGED" : std::to_string(entry.events), entry.size,
        held == holds.end() ? "-" : held->second.reason);
}

Result<void> list(Opened& opened, std::string const& game, std::string const& day)
{
    auto const holds = GH_TRY(opened.archive.holds());
    fmt::print("{:<20} {:<14} {:<24} {:>8} {:>10}  {}\n", "ROOM", "GAME", "FINISHED", "EVENTS",
        "BYTES", "HELD FOR");
    using Next = archive::Archive::Next;
    auto const list_day = [&](PackName const& one) -> Result<Next> {
        if (!day.empty() && one.day > day)
            return Next::game;
        if (day.empty() || one.day == day)
            for (auto const& entry : GH_TRY(opened.archive.day(one.game, one.day)))
                print(entry, one.day, holds);
        return Next::day;
    };
    GH_CHECK(opened.archive.each_day(game, list_day));
    return game.empty() && day.empty() ? list_parts(opened.archive, holds) : Result<void>{};
}

struct Tally {
    std::size_t whole = 0;
    std::size_t parts = 0; // That are whole, too.
    std::size_t damaged = 0;
};

// What cannot be read for another reason than damage ends it all.
Result<void> verify_pack(archive::Archive& archive, PackName const& name, Tally& tally)
{
    auto const pack = archive.read(name, [](events::Event) { return Result<void>{}; });
    if (pack) {
        tally.whole++;
        return {};
    }
    auto const& error = pack.error();
    if (error.code != ErrorCode::internal && error.code != ErrorCode::unsupported)
        return std::unexpected(error);
    tally.damaged++;
    fmt::print("{}: {}\n  {}\n", name.room, error.message, error.detail);
    return {};
}

// Of a room that is not finished: each is whole, and they lie end to end from the first event on.
Result<void> verify_parts(
    archive::Archive& archive, std::vector<PartName> const& names, Tally& tally)
{
    archive::Part before;
    before.snapshot.link = events::chain_start(names.front().room);
    for (auto const& name : names) {
        auto part = archive.read(name);
        if (part && (name.first != before.name.last + 1 || part->before != before.snapshot.link))
            part = fail(ErrorCode::internal, "A part does not follow the one before.", name.text());
        if (!part && part.error().code != ErrorCode::internal
            && part.error().code != ErrorCode::unsupported)
            return std::unexpected(part.error());
        if (!part) {
            tally.damaged++;
            fmt::print("{}: {}\n  {}\n", name.room, part.error().message, part.error().detail);
            continue;
        }
        tally.parts++;
        before = *std::move(part);
    }
    return {};
}

Result<Tally> verify_all(archive::Archive& archive)
{
    Tally tally;
    Progress progress;
    std::vector<PackName> days;
    GH_CHECK(archive.each_pack("", [&](PackName const& name, std::uint64_t) -> Result<void> {
        progress.step("packs");
        if (days.empty() || days.back().game != name.game || days.back().day != name.day)
            days.push_back(name);
        return verify_pack(archive, name, tally);
    }));
    for (auto const& each : days) // What the index says too much or too little is put right.
        GH_CHECK(archive.index_day(each.game, each.day, {}));
    for (auto const& each : GH_TRY(parts_of(archive, "")))
        GH_CHECK(verify_parts(archive, each.names, tally));
    return tally;
}

Result<Tally> verify(archive::Archive& archive, std::string const& room)
{
    if (room.empty())
        return verify_all(archive);
    Tally tally;
    auto const parts = GH_TRY(parts_of(archive, room));
    for (auto const& each : parts)
        GH_CHECK(verify_parts(archive, each.names, tally));
    if (parts.empty())
        GH_CHECK(verify_pack(archive, GH_TRY(pack_of(archive, room)), tally));
    return tally;
}

Result<std::unique_ptr<storage::Log>> open_store(config::Store const& store)
{
    if (store.kind == config::Store::Kind::memory)
        return fail(ErrorCode::bad_request, "A store in memory has nothing to restore to.");
    auto log = server::open_store(store, {}, storage::sqlite::Synchronous::full);
    if (!log)
        return fail(log.error().code, log.error().message,
            log.error().detail + " (to restore a room, stop the server of this store first)");
    return log;
}

// The mark comes first: without it, a server would archive the room again at once.
Result<std::string> put_back(Opened& opened, PackName const& name,
    std::vector<events::Event> const& events, storage::Log& log)
{
    GH_CHECK(opened.archive.note_restored(name.room, now()));
    auto const answers = log.append({{.stream = name.room, .category = name.game,
        .events = events, .state = {.finished = true, .deadline = {}}}});
    GH_CHECK(answers.front());
    std::vector<events::Event> stored;
    while (stored.size() < events.size()) {
        auto page = GH_TRY(log.read(name.room, stored.size(), 1000));
        if (page.empty())
            break;
        std::ranges::move(page, std::back_inserter(stored));
    }
    if (stored != events)
        return fail(ErrorCode::internal, "the store does not have what the archive gave it",
            "room " + name.room);
    auto const after = server::archivist_options(opened.settings).of(name.game).after;
    return fmt::format("room {} is back in the store with its {} events; it moves to the archive "
                       "again in {}",
        name.room, events.size(), config::write_duration(after));
}

// Of a room that is not finished, by its id or by its code; none where there is none.
Result<std::optional<PartsOfRoom>> unfinished(archive::Archive& archive, std::string const& room)
{
    auto found = GH_TRY(parts_of(archive, room));
    if (found.size() > 1)
        return fail(ErrorCode::bad_request, "the archive has parts of several rooms " + room,
            "name one: " + found.front().room() + ", " + found.back().room());
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Result<std::string> restore(Opened& opened, std::string const& room)
{
    if (auto const parts = GH_TRY(unfinished(opened.archive, room)))
        return fail(ErrorCode::bad_request,
            fmt::format("room {} is not finished: the archive has its first {} events, and the "
                        "store has the rest", parts->room(), archive::reach_of(parts->names)),
            "gatehouse room show reads both; where the store is damaged, gatehouse events repair "
            "takes them from here");
    auto const name = GH_TRY(pack_of(opened.archive, room));
    auto const events = GH_TRY(events_of(opened.archive, name));
    auto const log = GH_TRY(open_store(opened.settings.store));
    for (auto const& head : GH_TRY(log->find(name.room)))
        return fail(ErrorCode::bad_request, "the store has room " + head.stream + " already",
            "gatehouse room show " + head.stream + " shows it");
    return audited(*log, {.what = "archive restore", .about = name.room},
        [&] { return put_back(opened, name, events, *log); });
}

// While the server may be deleting the pack, what comes of it is awaited.
Result<void> hold_pack(archive::Archive& archive, PackName const& name, std::string const& reason)
{
    constexpr auto pause = std::chrono::milliseconds(200);
    constexpr int tries_max = 50;
    for (int tries = 1;; tries++) {
        auto const held = archive.hold(name, reason, now());
        if (held || held.error().code != ErrorCode::busy)
            return held;
        if (tries == tries_max)
            return fail(ErrorCode::busy,
                "the hold is placed, but the pack may be going at this moment: ask again",
                held.error().detail + " (a server that died left it there, where it stays: its next"
                                      " start removes it)");
        std::this_thread::sleep_for(pause);
    }
}

// A room that the store has, by its id or by its code: "k7qxm.9f0c2ab1". None where there is none.
Result<std::optional<std::string>> in_store(config::Settings const& settings, std::string_view room)
{
    std::optional<std::string> found;
    auto const records = GH_TRY(open_records(settings));
    for (auto const& head : GH_TRY(records->heads())) {
        std::string_view const id = head.stream;
        if (id != room && id.substr(0, id.find('.')) != room)
            continue;
        if (found)
            return fail(ErrorCode::bad_request,
                fmt::format("the store has several rooms {}", room),
                fmt::format("name one: {}, {}", *found, id));
        found = id;
    }
    return found;
}

// Before it is in the archive: its pack will be held from the moment when it is there.
Result<std::string> hold_ahead(Opened& opened, std::string const& room, std::string const& reason)
{
    return audited(opened.settings, {.what = "archive hold", .about = room, .with = reason},
        [&]() -> Result<std::string> {
            GH_CHECK(opened.archive.hold(room, reason, now()));
            return "room " + room + " is held, and will be: " + reason;
        });
}

Result<std::string> hold(Opened& opened, std::string const& room, std::string const& reason)
{
    if (auto const parts = GH_TRY(unfinished(opened.archive, room)))
        return hold_ahead(opened, parts->room(), reason);
    auto const packs = GH_TRY(opened.archive.find(room));
    if (packs.empty())
        if (auto const id = GH_TRY(in_store(opened.settings, room)))
            return hold_ahead(opened, *id, reason);
    auto const name = GH_TRY(pack_of(opened.archive, room));
    return audited(opened.settings,
        {.what = "archive hold", .about = name.room, .with = reason}, [&]() -> Result<std::string> {
            GH_CHECK(hold_pack(opened.archive, name, reason));
            return "room " + name.room + " is held: " + reason;
        });
}

Result<std::string> release(Opened& opened, std::string const& room)
{
    if (!GH_TRY(opened.archive.holds()).contains(room))
        return fail(ErrorCode::not_found, "room " + room + " is not held",
            "gatehouse archive ls says which are, by their whole ids");
    return audited(opened.settings, {.what = "archive release", .about = room},
        [&]() -> Result<std::string> {
            GH_CHECK(opened.archive.release(room));
            return "room " + room + " is held no more";
        });
}

// Prints what it says.
int do_in_archive(ConfigArguments const& arguments,
    std::function<Result<std::string>(Opened&)> const& work)
{
    auto opened = open(arguments);
    if (!opened)
        return complain(opened.error());
    auto const done = work(*opened);
    if (!done)
        return complain(done.error());
    fmt::print("{}\n", *done);
    return 0;
}

} // namespace

int archive_ls(ConfigArguments const& arguments, std::string const& game, std::string const& day)
{
    auto opened = open(arguments);
    if (!opened)
        return complain(opened.error());
    auto const listed = list(*opened, game, day);
    return listed ? 0 : complain(listed.error());
}

int archive_verify(ConfigArguments const& arguments, std::string const& room)
{
    auto opened = open(arguments);
    if (!opened)
        return complain(opened.error());
    auto const tally = verify(opened->archive, room);
    if (!tally)
        return complain(tally.error());
    fmt::print("{} packs are whole: every line, every link, every seal\n", tally->whole);
    if (tally->parts > 0)
        fmt::print("{} parts of unfinished rooms are whole, and lie end to end\n", tally->parts);
    if (tally->damaged > 0)
        fmt::print("{} ARE DAMAGED\n", tally->damaged);
    return tally->damaged == 0 ? 0 : 1;
}

int archive_restore(ConfigArguments const& arguments, std::string const& room)
{
    return do_in_archive(arguments, [&](Opened& opened) { return restore(opened, room); });
}

int archive_replay(ConfigArguments const& arguments, std::string const& room, std::uint64_t until)
{
    auto opened = open(arguments);
    if (!opened)
        return complain(opened.error());
    auto events = history_of(opened->archive, room);
    if (!events)
        return complain(events.error());
    return replay_history(std::move(events->first), std::move(events->second),
        games_to_replay(arguments, opened->settings), until);
}

int archive_hold(
    ConfigArguments const& arguments, std::string const& room, std::string const& reason)
{
    return do_in_archive(
        arguments, [&](Opened& opened) { return hold(opened, room, reason); });
}

int archive_release(ConfigArguments const& arguments, std::string const& room)
{
    return do_in_archive(arguments, [&](Opened& opened) { return release(opened, room); });
}

Error look_in_archive(ConfigArguments const& arguments, std::string const& room, Error error)
{
    auto opened = open(arguments);
    if (!opened)
        return error;
    auto const found = opened->archive.find(room);
    if (!found || found->empty())
        return error;
    auto const& id = found->back().room;
    return {ErrorCode::not_found, "room " + id + " is in the archive",
        "gatehouse archive replay " + id + " shows what came of it; gatehouse archive restore " + id
            + " brings it back"};
}

} // namespace gatehouse::cli
