// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"
#include "commands.hpp"
#include "records.hpp"

#include "base/text.hpp"
#include "config/values.hpp"
#include "events/audit.hpp"
#include "rooms/state.hpp"
#include "runtime/clock.hpp"
#include "runtime/descriptor.hpp"
#include "server/shipper.hpp"
#include "storage/backup/key_catalogue.hpp"
#include "storage/backup/restore.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/file.h>
#include <unistd.h>

namespace gatehouse::cli {
namespace {

namespace backup = storage::backup;
namespace fs = std::filesystem;
using events::Event;
using events::StreamHead;
using storage::sqlite::SqliteLog;

WallTime now()
{
    return runtime::Clock().read().wall;
}

std::string text_of(WallTime at)
{
    return rfc3339(at.ms);
}

// What --from names, or backup.to. A folder needs no configuration: it may be lost as well.
Result<std::unique_ptr<storage::archive::Objects>> open_target(
    ConfigArguments const& arguments, std::string const& from)
{
    config::Settings settings;
    if (!from.starts_with("file:")) {
        auto loaded = load(arguments);
        if (!loaded)
            return fail(ErrorCode::bad_request, loaded.error());
        settings = std::move(loaded->settings);
    }
    if (!from.empty())
        if (auto const wrong = config::read_value(from, settings.backup.to))
            return fail(ErrorCode::bad_request, "--from: " + *wrong);
    return server::open_backup(settings);
}

Result<std::optional<WallTime>> moment_of(std::string const& text)
{
    if (text.empty())
        return std::nullopt;
    auto const ms = from_rfc3339(text);
    if (!ms)
        return fail(ErrorCode::bad_request,
            text + " is no moment: write it as 2026-11-21T14:03:07Z");
    return WallTime{*ms};
}

// On standard error: one line that moves on where somebody looks, and else, in the mail of cron or
// in a unit's journal, one every ten seconds.
class Progress {
public:
    void operator()(backup::RestoreProgress const& at)
    {
        using namespace std::chrono_literals;
        auto const now = std::chrono::steady_clock::now();
        if (now - told_ < (is_seen_ ? 200ms : 10'000ms))
            return;
        told_ = now;
        auto const line = fmt::format("base {} of {} MiB, segments {} of {}, events {}",
            at.base_bytes >> 20, at.base_bytes_total >> 20, at.segments, at.segments_total,
            at.events);
        if (is_seen_)
            fmt::print(stderr, "\r{} ", line);
        else
            fmt::print(stderr, "{}\n", line);
        is_in_line_ = is_seen_;
    }
    ~Progress()
    {
        if (is_in_line_)
            fmt::print(stderr, "\n");
    }

private:
    bool is_seen_ = ::isatty(STDERR_FILENO) != 0;
    bool is_in_line_ = false;
    // Where nobody looks, what is over in ten seconds is not told of.
    std::chrono::steady_clock::time_point told_ = is_seen_
        ? std::chrono::steady_clock::time_point() : std::chrono::steady_clock::now();
};

// ---- The drill

struct Verdict {
    std::uint64_t rooms = 0;
    std::uint64_t events = 0;
    std::uint64_t replayed = 0;
    std::uint64_t left = 0; // Rooms that left the live store since: archived, or erased.
    std::vector<std::string> differences{};
};

// Is what was restored what the live store has, room by room? The store goes on meanwhile: it may
// have more, and only what finished may be gone.
class Drill {
public:
    Drill(SqliteLog& restored, Records& live, WallTime last_at, rooms::Catalogue games)
        : restored_(restored)
        , live_(live)
        , last_at_(last_at)
        , games_(std::move(games))
    { }

    Result<Verdict> run()
    {
        for (auto& head : GH_TRY(live_.heads()))
            live_heads_.emplace(head.stream, head);
        for (auto& head : GH_TRY(live_.audit_heads()))
            live_heads_.emplace(head.stream, head);
        std::string after;
        while (true) {
            auto const heads = GH_TRY(restored_.streams(after, 500));
            if (heads.empty())
                break;
            for (auto const& head : heads)
                GH_CHECK(compare(head));
            after = heads.back().stream;
        }
        for (auto const& [stream, head] : live_heads_)
            check_is_younger(stream);
        return std::move(verdict_);
    }

private:
    // Of finished rooms, one in so many is looked into; of those that go on, all.
    static constexpr std::uint64_t finished_sampled = 16;

    void differ(std::string_view stream, std::string const& how)
    {
        verdict_.differences.push_back(fmt::format("room {}: {}", stream, how));
    }

    Result<void> compare(StreamHead const& head)
    {
        verdict_.rooms++;
        auto const live = live_heads_.extract(head.stream);
        if (head.state.finished && verdict_.rooms % finished_sampled != 0)
            return {};
        auto const had = live_.events(head.stream);
        bool const is_gone = live.empty() || (had && had->empty())
            || (!had && had.error().code == ErrorCode::not_found);
        if (is_gone) {
            // What was unfinished then may have finished, and been archived, since.
            verdict_.left++;
            return replay(head);
        }
        if (!had)
            return std::unexpected(had.error());
        if (live.mapped().version < head.version)
            differ(head.stream, fmt::format("restored at version {}, and live only at {}",
                head.version, live.mapped().version));
        std::map<events::Version, Event const*> by_version;
        for (auto const& event : *had)
            by_version.emplace(event.version, &event);
        events::Version after = head.floor;
        while (after < head.version) {
            auto const page = GH_TRY(restored_.read(head.stream, after, 1000));
            if (page.empty())
                break;
            for (auto const& event : page)
                compare(head, event, by_version);
            after = page.back().version;
        }
        if (after != head.version)
            differ(head.stream, "events are missing");
        for (auto const& event : *had)
            if (event.version > head.version && is_overdue(event))
                differ(head.stream, fmt::format("event {} was never shipped", event.version));
        return replay(head);
    }

    void compare(StreamHead const& head, Event const& event,
        std::map<events::Version, Event const*> const& live)
    {
        verdict_.events++;
        auto const found = live.find(event.version);
        if (found == live.end()) {
            if (!live.empty() && event.version > live.begin()->first)
                differ(head.stream, fmt::format("the live room has no event {}", event.version));
            return; // Compacted since.
        }
        auto const& other = *found->second;
        bool const same = other.type == event.type && other.schema == event.schema
            && other.at == event.at && other.cause == event.cause && other.data == event.data
            && (other.link == events::Link{} || other.link == event.link);
        if (!same)
            differ(head.stream, fmt::format("event {} is not the live one", event.version));
    }

    // Events that were there a minute before the backup's last one must be in it.
    bool is_overdue(Event const& event) const
    {
        return event.at + Milliseconds(60'000) < last_at_;
    }

    void check_is_younger(std::string const& stream)
    {
        auto const events = live_.events(stream);
        if (events && !events->empty() && is_overdue(events->front()))
            differ(stream, "it was never shipped");
    }

    Result<void> replay(StreamHead const& head)
    {
        if (!events::is_room(head))
            return {};
        verdict_.replayed++;
        auto const replayed = replay_all(head);
        if (!replayed)
            differ(head.stream, "cannot be replayed: " + replayed.error().message + " "
                    + replayed.error().detail);
        return {};
    }

    Result<void> replay_all(StreamHead const& head)
    {
        rooms::RoomState state(head.stream);
        auto after = events::Version{0};
        if (head.floor > 0) {
            auto const history = GH_TRY(restored_.hydrate(head.stream, 1));
            if (!history.snapshot)
                return fail(ErrorCode::internal, "its snapshot is missing");
            state = GH_TRY(rooms::RoomState::restore(*history.snapshot, games_));
            after = state.version();
        }
        while (after < head.version) {
            auto const page = GH_TRY(restored_.read(head.stream, after, 1000));
            for (auto const& event : page)
                GH_CHECK(state.evolve(event, games_));
            if (page.empty())
                return fail(ErrorCode::internal, "events are missing");
            after = page.back().version;
        }
        return {};
    }

    SqliteLog& restored_;
    Records& live_;
    WallTime last_at_;
    rooms::Catalogue games_;
    std::map<std::string, StreamHead, std::less<>> live_heads_;
    Verdict verdict_;
};

// A folder that goes with the drill, or else with the next one: it holds keys. It is locked while
// it is used.
struct Scratch {
    static constexpr std::string_view prefix = "gatehouse-drill-";

    Scratch()
    {
        std::error_code ignored;
        auto const folder = fs::temp_directory_path(ignored);
        for (auto const& entry : fs::directory_iterator(folder, ignored))
            if (entry.path().filename().native().starts_with(prefix) && is_left(entry.path()))
                fs::remove_all(entry.path(), ignored);
        auto name = (folder / fmt::format("{}XXXXXX", prefix)).string();
        path = ::mkdtemp(name.data()) ? name : std::string();
        lock = lock_of(path);
    }
    Scratch(Scratch const&) = delete;
    Scratch& operator=(Scratch const&) = delete;
    ~Scratch()
    {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }

    // Empty where somebody else has it.
    static runtime::Descriptor lock_of(fs::path const& folder)
    {
        runtime::Descriptor opened(
            ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!opened || ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0)
            return {};
        return opened;
    }

    // A younger one may not be locked yet.
    static bool is_left(fs::path const& folder)
    {
        constexpr auto young = std::chrono::minutes(1);
        std::error_code error;
        auto const touched = fs::last_write_time(folder, error);
        return !error && fs::file_time_type::clock::now() - touched > young && lock_of(folder);
    }

    fs::path path;
    runtime::Descriptor lock;
};

double seconds_since(std::chrono::steady_clock::time_point began)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

void tell_keys(backup::Restored const& restored)
{
    fmt::print("keys        {}: names are as they are now, whatever moment it is\n", restored.keys);
    for (auto const& lost : restored.lost_keys)
        fmt::print("LOST        {}\n", lost);
}

Result<int> drill(ConfigArguments const& arguments)
{
    auto loaded = load(arguments);
    if (!loaded)
        return fail(ErrorCode::bad_request, loaded.error());
    auto const objects = GH_TRY(server::open_backup(loaded->settings));
    Scratch const scratch;
    if (scratch.path.empty())
        return fail(ErrorCode::unavailable, "no temporary folder can be made");
    auto const file = scratch.path / "restored.db";
    auto const began = std::chrono::steady_clock::now();
    auto const restored
        = GH_TRY(backup::restore(*objects, {.file = file, .now = now()}, Progress()));
    fmt::print("restored    {:.1f} s: chain {}, base {}, {} segments, {} events; up to {}\n",
        seconds_since(began), restored.base.chain, restored.base.number, restored.segments,
        restored.events, text_of(restored.last_at));
    tell_keys(restored);
    auto const compared = std::chrono::steady_clock::now();
    auto const log = GH_TRY(
        SqliteLog::open({.file = file, .access = storage::sqlite::Access::read_only}));
    auto const live = GH_TRY(open_records(loaded->settings));
    auto games = games_to_replay(arguments, loaded->settings);
    auto const verdict
        = GH_TRY(Drill(*log, *live, restored.last_at, std::move(games)).run());
    fmt::print("compared    {:.1f} s: {} rooms, {} events; {} rooms replayed, {} left the live "
               "store since\n",
        seconds_since(compared), verdict.rooms, verdict.events, verdict.replayed, verdict.left);
    for (auto const& difference : verdict.differences)
        fmt::print("DIFFERS     {}\n", difference);
    bool const is_same = verdict.differences.empty() && restored.lost_keys.empty();
    fmt::print("{}\n", is_same ? "verdict     the backup restores to what the store holds"
                               : "verdict     THE BACKUP IS NOT WHAT THE STORE HOLDS");
    return is_same ? 0 : 1;
}

Result<int> restore(ConfigArguments const& arguments, BackupArguments const& given)
{
    auto const objects = GH_TRY(open_target(arguments, given.from));
    auto const until = GH_TRY(moment_of(given.at));
    auto const began = std::chrono::steady_clock::now();
    auto const restored = GH_TRY(backup::restore(*objects,
        {.file = given.to, .now = now(), .until = until, .chain = given.chain}, Progress()));
    // In what was restored: of the store before, nothing may be left.
    auto const log = GH_TRY(SqliteLog::open({.file = given.to}));
    auto const with = fmt::format("chain {}, up to {}", restored.base.chain,
        text_of(restored.last_at));
    GH_CHECK(audited(*log, {.what = "backup restore", .about = given.to, .with = with},
        [] { return std::string(); }));
    fmt::print("{}: chain {}, base {} and {} segments with {} events, in {:.1f} s\n"
               "the last event is of {}\n"
               "start its server with --set store=sqlite:{}\n",
        given.to, restored.base.chain, restored.base.number, restored.segments, restored.events,
        seconds_since(began), text_of(restored.last_at), given.to);
    tell_keys(restored);
    return 0;
}

Result<int> ls(ConfigArguments const& arguments, std::string const& from)
{
    auto const objects = GH_TRY(open_target(arguments, from));
    backup::Catalogue catalogue(*objects);
    auto const chains = GH_TRY(catalogue.chains());
    fmt::print("{:<26} {:>12} {:<25} {:>10}  {}\n", "CHAIN", "AFTER", "BASE", "MIB", "SEGMENTS");
    for (auto const& chain : chains) {
        auto const bases = GH_TRY(catalogue.bases(chain));
        for (auto const& base : bases)
            fmt::print("{:<26} {:>12} {:<25} {:>10}  {}\n", chain, base.number, text_of(base.at),
                (base.bytes + (1 << 20) - 1) >> 20,
                GH_TRY(catalogue.segments(chain, base.number)).size());
        if (bases.empty())
            fmt::print("{:<26} {:>12}\n", chain, "no base");
    }
    backup::KeyCatalogue keys(*objects);
    fmt::print("{:<33} {:>10} {:<25} {:>9}  {}\n", "KEYS", "GENERATION", "COMPLETE", "FORGOTTEN",
        "PARTS");
    for (auto const& ring : GH_TRY(keys.rings()))
        if (auto const newest = GH_TRY(keys.newest(ring)))
            fmt::print("{:<33} {:>10} {:<25} {:>9}  {}\n", ring, newest->number,
                text_of(newest->at), newest->forgotten, GH_TRY(keys.parts(*newest)).size());
        else
            fmt::print("{:<33} {:>10}\n", ring, "none");
    return 0;
}

Result<int> verify(ConfigArguments const& arguments, std::string const& from)
{
    auto const objects = GH_TRY(open_target(arguments, from));
    auto const verified = GH_TRY(backup::verify(*objects, Progress()));
    for (auto const& [chain, what] : verified.findings)
        fmt::print("{}: {}\n", chain, what);
    fmt::print("{} chains, {} bases, {} segments with {} events, {} keys: {}\n", verified.chains,
        verified.bases, verified.segments, verified.events, verified.keys,
        verified.findings.empty() ? "all are whole" : "DAMAGED");
    return verified.findings.empty() ? 0 : 1;
}

int exit_code_of(Result<int> const& done)
{
    return done ? *done : complain(done.error());
}

} // namespace

int backup_ls(ConfigArguments const& arguments, BackupArguments const& given)
{
    return exit_code_of(ls(arguments, given.from));
}

int backup_verify(ConfigArguments const& arguments, BackupArguments const& given)
{
    return exit_code_of(verify(arguments, given.from));
}

int backup_restore(ConfigArguments const& arguments, BackupArguments const& given)
{
    return exit_code_of(restore(arguments, given));
}

int backup_drill(ConfigArguments const& arguments)
{
    return exit_code_of(drill(arguments));
}

} // namespace gatehouse::cli
