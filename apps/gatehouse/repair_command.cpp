// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"
#include "commands.hpp"

#include "base/text.hpp"
#include "events/audit.hpp"
#include "rooms/record.hpp"
#include "rooms/state.hpp"
#include "runtime/clock.hpp"
#include "runtime/descriptor.hpp"
#include "server/archiver.hpp"
#include "server/mapping.hpp"
#include "server/shipper.hpp"
#include "storage/backup/catalogue.hpp"
#include "storage/backup/restore.hpp"
#include "storage/sqlite/repair.hpp"
#include "storage/sqlite/replacement.hpp"
#include "storage/sqlite/restoration.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace gatehouse::cli {
namespace {

namespace archive = storage::archive;
namespace backup = storage::backup;
namespace fs = std::filesystem;
namespace sqlite = storage::sqlite;
using events::Version;
using sqlite::Mended;
using sqlite::RepairPlan;
using sqlite::RepairSource;
using sqlite::SqliteLog;

constexpr std::string_view audit_types = "audit."; // What their names begin with.
constexpr std::string_view key_types = "api_key.";

// What a stream's first event says of its game, or a snapshot, where this gatehouse has its rules.
class GameOf {
public:
    explicit GameOf(rooms::Catalogue games)
        : games_(std::make_shared<rooms::Catalogue const>(std::move(games)))
    { }

    std::string operator()(events::Event const* first, events::Snapshot const* snapshot) const
    {
        if (snapshot)
            return game_in(rooms::RoomState::restore(*snapshot, *games_));
        if (first->type.starts_with(audit_types))
            return std::string(events::audit_category);
        if (first->type.starts_with(key_types))
            return std::string(events::keys_category);
        auto const parts = rooms::split(first->data);
        if (!parts)
            return {};
        auto const event = rooms::decode_platform(first->type, first->schema, parts->body);
        if (!event)
            return {};
        if (auto const* const opened = std::get_if<rooms::Opened>(&*event))
            return opened->game;
        auto const* const forked = std::get_if<rooms::Forked>(&*event);
        return forked ? game_in(rooms::RoomState::restore(*forked, *games_)) : std::string();
    }

private:
    static std::string game_in(Result<rooms::RoomState> const& state)
    {
        return state ? state->opened().game : std::string();
    }

    std::shared_ptr<rooms::Catalogue const> games_;
};

// A folder beside the store, where there is room for it, for as long as a repair works; nobody else
// looks into it. What one left that was killed goes when the next one begins.
class Workplace {
public:
    static Result<std::unique_ptr<Workplace>> make(fs::path const& store)
    {
        auto path = store.native() + ".repair";
        if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
            return fail(ErrorCode::unavailable, "no folder can be made beside the store",
                path + ": " + std::generic_category().message(errno));
        runtime::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!folder || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0)
            return fail(ErrorCode::busy, "another repair of this store is under way",
                path + ": it goes with its process");
        std::unique_ptr<Workplace> place(new Workplace(std::move(path), std::move(folder)));
        std::error_code ignored;
        for (auto const& each : fs::directory_iterator(place->path_, ignored))
            fs::remove_all(each.path(), ignored);
        return place;
    }
    Workplace(Workplace const&) = delete;
    Workplace& operator=(Workplace const&) = delete;
    ~Workplace()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    [[nodiscard]] fs::path file(char const* name) const { return path_ / name; }

private:
    Workplace(fs::path path, runtime::Descriptor folder)
        : path_(std::move(path))
        , folder_(std::move(folder))
    { }

    fs::path path_;
    runtime::Descriptor folder_; // Locked.
};

Result<std::unique_ptr<SqliteLog>> open_to_read(fs::path const& file)
{
    return SqliteLog::open({.file = file, .access = sqlite::Access::read_only});
}

struct Sources {
    std::unique_ptr<archive::Objects> archive{};
    std::unique_ptr<archive::Objects> backup{};
    std::vector<std::string> chains{}; // Of the backup, whose oldest bases were not asked yet.
    std::vector<std::unique_ptr<SqliteLog>> stores{};
    std::vector<std::unique_ptr<RepairSource>> all{};
    WallTime last_restoration{}; // Of the store, as far as they know.

    [[nodiscard]] std::vector<RepairSource*> to_ask() const
    {
        std::vector<RepairSource*> asked;
        for (auto const& each : all)
            asked.push_back(each.get());
        return asked;
    }
};

void leave_out(std::string_view what, Error const& why)
{
    fmt::print(stderr, "gatehouse: {} cannot be asked: {} {}\n", what, why.message, why.detail);
}

// As a chain ends, without its keys: those of the store stay. It is of this store's history if it
// was restored when the store was.
Result<void> add_backup(Sources& sources, std::string name, backup::RestoreOptions options,
    std::optional<WallTime> restored)
{
    auto const made = GH_TRY(backup::restore(*sources.backup, options, [](auto const&) { }));
    std::error_code ignored;
    fs::remove(sqlite::keys_of(options.file), ignored);
    if (auto const last = GH_TRY(sqlite::last_restoration(options.file)))
        sources.last_restoration = std::max(sources.last_restoration, *last);
    auto const& store = sources.stores.emplace_back(GH_TRY(open_to_read(options.file)));
    auto const origin = made.restored_before == restored ? sqlite::Origin::this_store
                                                         : sqlite::Origin::another;
    sources.all.push_back(sqlite::source_of(std::move(name), origin, *store));
    return {};
}

Result<void> open_backup(Sources& sources, config::Settings const& settings,
    Workplace const& place, std::optional<WallTime> restored)
{
    sources.backup = GH_TRY(server::open_backup(settings));
    sources.chains = GH_TRY(backup::Catalogue(*sources.backup).chains());
    return add_backup(sources, "the backup",
        {.file = place.file("backup.db"), .now = runtime::Clock().read().wall}, restored);
}

// What decayed before the newest base was taken is damaged there, too: the oldest one of each
// chain, and the segments since, may have it whole. False where there is none left.
bool open_older_backup(
    Sources& sources, Workplace const& place, std::optional<WallTime> restored)
{
    while (!sources.chains.empty()) {
        auto const chain = std::move(sources.chains.back());
        sources.chains.pop_back();
        auto const name = "the backup's chain " + chain;
        auto const done = add_backup(sources, name,
            {.file = place.file((chain + ".db").c_str()), .now = runtime::Clock().read().wall,
                .chain = chain, .from = backup::From::oldest_base},
            restored);
        if (done)
            return true;
        leave_out(name, done.error());
    }
    return false;
}

// In the order in which they are asked. One that cannot be read is said, and left out.
Result<Sources> open_sources(config::Settings const& settings, std::string const& from,
    Workplace const& place, std::optional<WallTime> restored)
{
    Sources sources;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none) {
        if (auto objects = server::open_objects(settings.archive)) {
            sources.archive = *std::move(objects);
            sources.all = sqlite::sources_of(*sources.archive);
        } else {
            leave_out("the archive", objects.error());
        }
    }
    if (settings.backup.to.kind != config::ObjectStore::Kind::none)
        if (auto const done = open_backup(sources, settings, place, restored); !done)
            leave_out("the backup", done.error());
    if (!from.empty()) {
        auto const& store = sources.stores.emplace_back(GH_TRY(open_to_read(from)));
        sources.all.push_back(sqlite::source_of(from, sqlite::Origin::another, *store));
    }
    return sources;
}

// ---- The report

// "3-7, 9"
std::string ranges_of(std::vector<Version> const& versions)
{
    std::string text;
    for (std::size_t i = 0; i < versions.size();) {
        auto last = i;
        while (last + 1 < versions.size() && versions[last + 1] == versions[last] + 1)
            last++;
        text += fmt::format("{}{}{}", text.empty() ? "" : ", ", versions[i],
            last == i ? "" : "-" + std::to_string(versions[last]));
        i = last + 1;
    }
    return text;
}

std::string ranges_of(std::vector<sqlite::Lost> const& lost)
{
    std::vector<Version> versions;
    for (auto const& each : lost)
        versions.push_back(each.version);
    return ranges_of(versions);
}

void print(Mended const& mended)
{
    fmt::print("{}\n", mended.stream);
    for (auto const& [source, versions] : mended.taken)
        fmt::print("    from {}: {}\n", source, ranges_of(versions));
    if (!mended.unproven.empty())
        fmt::print("    DOUBTED: nothing that is left proves {}, they may be of another history\n",
            ranges_of(mended.unproven));
    if (mended.unproven_name)
        fmt::print("    DOUBTED: an index has its name, and nothing that is left proves it\n");
    if (mended.lost_row)
        fmt::print("    its row in the table of rooms was lost; it is made again of its events\n");
    if (!mended.compacted.empty())
        fmt::print("    GONE, but its snapshot tells of them: {}\n", ranges_of(mended.compacted));
    for (auto const& lost : mended.cut)
        fmt::print("    CUT {:>8}  {}\n", lost.version,
            lost.type.empty() ? "it cannot be read"
                              : fmt::format("{} of {}, which follows on nothing", lost.type,
                                  rfc3339(lost.at.ms)));
    if (mended.lost_snapshot)
        fmt::print("    its snapshot is gone; a new one is taken as the room goes on\n");
}

void print(RepairPlan const& plan)
{
    for (auto const& each : plan.unread)
        fmt::print(stderr, "gatehouse: not all can be asked: {}\n", each);
    for (auto const& each : plan.mended)
        print(each);
    if (plan.unknown > 0)
        fmt::print("CUT: {} events cannot be read, and nothing says of which rooms they are\n",
            plan.unknown);
    if (!plan.why_endless.empty())
        fmt::print("CUT: nobody knows how many events came last: {}\n", plan.why_endless);
    if (plan.unknown > 0 || !plan.why_endless.empty())
        for (auto const& each : plan.missing)
            fmt::print("    perhaps of {}, which the store does not know any more\n", each);
}

std::string summary_of(RepairPlan const& plan)
{
    std::size_t taken = 0, gone = 0;
    auto cut = plan.unknown;
    for (auto const& each : plan.mended) {
        for (auto const& [source, versions] : each.taken)
            taken += versions.size();
        gone += each.compacted.size();
        cut += each.cut.size();
    }
    return fmt::format("{} rooms with {} events; {} rooms mended, {} events put back, {} gone "
                       "below snapshots, {} cut{}",
        plan.streams, plan.events, plan.mended.size(), taken, gone, cut,
        plan.why_endless.empty() ? "" : ", and perhaps more at the end");
}

// ---- Doing it

// Does anything need what others may have yet?
bool is_short(RepairPlan const& plan)
{
    return plan.cuts()
        || std::ranges::any_of(
            plan.mended, [](Mended const& each) { return !each.compacted.empty(); });
}

Result<int> apply(sqlite::Repair& repair, config::Settings const& settings,
    Workplace const& place, WallTime last_restoration)
{
    auto const now = runtime::Clock().read().wall;
    auto const draft = place.file("repaired.db");
    GH_CHECK(repair.write(draft, std::max(now, last_restoration)));
    auto const summary = summary_of(repair.plan());
    {
        auto const log = GH_TRY(SqliteLog::open({.file = draft, .ballast_bytes = 0}));
        GH_CHECK(audited(*log,
            {.what = "events repair", .about = server::store_name(settings.store), .with = summary},
            [] { return std::string(); }));
    }
    auto const kept = GH_TRY(sqlite::replace_store(settings.store.path.text, draft, now));
    fmt::print("{}\nthe damaged store was kept as {}\n", summary, kept.native());
    if (repair.plan().cuts())
        fmt::print("acked actions are gone, or may be: all rooms begin a new epoch\n");
    return 0;
}

Result<int> repair(ConfigArguments const& arguments, RepairArguments const& given)
{
    auto const loaded = load(arguments);
    if (!loaded)
        return fail(ErrorCode::bad_request, loaded.error());
    auto const& settings = loaded->settings;
    if (settings.store.kind == config::Store::Kind::postgres)
        return fail(ErrorCode::unsupported, "a PostgreSQL store is repaired by its own tools",
            "pg_amcheck finds damage; a base backup and the WAL bring it back: docs/backup.md");
    if (settings.store.kind == config::Store::Kind::memory)
        return fail(ErrorCode::bad_request, "a store in memory has nothing to repair");
    fs::path const store(settings.store.path.text);
    std::error_code ignored;
    if (!fs::exists(store, ignored))
        return fail(ErrorCode::not_found, "there is no store here", store.native());
    ::umask(0077); // A copy of the store is for nobody's eyes; the repaired one gets its mode.
    auto const place = GH_TRY(Workplace::make(store));
    if (given.apply)
        GH_CHECK(sqlite::take_back_replacement(store));
    auto opened = sqlite::Repair::open(
        store, place->file("spool.db"), GameOf(games_to_replay(arguments, settings)));
    if (!opened)
        return fail(opened.error().code, opened.error().message,
            opened.error().detail + " (where nothing can be read of it: gatehouse backup restore)");
    auto const restored = opened->last_restoration();
    auto sources = GH_TRY(open_sources(settings, given.from, *place, restored));
    auto const& plan = opened->plan();
    GH_CHECK(opened->ask(sources.to_ask()));
    while (is_short(plan) && open_older_backup(sources, *place, restored))
        GH_CHECK(opened->ask(sources.to_ask()));
    print(plan);
    if (!given.apply) {
        fmt::print(
            "{}\nnothing was changed; --apply does it, into a new file, and keeps this one\n",
            summary_of(plan));
        return 0;
    }
    if (plan.cuts() && !given.cut)
        return fail(ErrorCode::bad_request,
            "events that were acked would be gone for good, or may be, as the lines above say",
            "--from another store that has them, or --apply --cut to go on without them");
    return apply(*opened, settings, *place, sources.last_restoration);
}

} // namespace

int events_repair(ConfigArguments const& arguments, RepairArguments const& given)
{
    auto const done = repair(arguments, given);
    return done ? *done : complain(done.error());
}

} // namespace gatehouse::cli
