// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"
#include "commands.hpp"

#include "base/text.hpp"
#include "runtime/clock.hpp"
#include "runtime/descriptor.hpp"
#include "server/archiver.hpp"
#include "server/mapping.hpp"
#include "server/shipper.hpp"
#include "storage/archive/archive.hpp"
#include "storage/backup/restore.hpp"
#include "storage/sqlite/repair.hpp"
#include "storage/sqlite/replacement.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace gatehouse::cli {
namespace {

namespace archive = storage::archive;
namespace fs = std::filesystem;
namespace sqlite = storage::sqlite;
using events::Version;
using sqlite::Mended;
using sqlite::RepairPlan;
using sqlite::RepairSource;
using sqlite::SqliteLog;

// Rooms that moved to the archive and came back since, and what was compacted of others.
class ArchiveSource final : public RepairSource {
public:
    explicit ArchiveSource(std::unique_ptr<archive::Objects> objects)
        : objects_(std::move(objects))
    { }

    std::string name() const override { return "the archive"; }
    sqlite::Origin origin() const override { return sqlite::Origin::this_store; }
    Result<void> streams(std::vector<std::string>&) override { return {}; }
    // Of several packs of a room the first that can be read at all.
    Result<bool> read(
        std::string const& stream, sqlite::Kept& kept, OnEvent const& visit) override
    {
        Result<bool> found = false;
        if (is_away_)
            return found;
        auto const packs = archive_.find(stream);
        is_away_ = !packs && packs.error().code == ErrorCode::unavailable;
        GH_CHECK(packs);
        for (auto const& each : *packs) {
            kept = {.category = each.game, .state = {.finished = true, .deadline = {}}};
            bool has_some = false;
            auto const pack = archive_.read(each, [&](events::Event event) {
                has_some = true;
                kept.at = event.at;
                return visit(std::move(event));
            });
            if (pack)
                return true;
            found = std::unexpected(pack.error());
            if (has_some)
                break;
        }
        return packs->empty() ? read_parts(stream, kept, visit) : found;
    }

private:
    // What was compacted of a room that is not finished, as far as its parts lie end to end.
    Result<bool> read_parts(
        std::string const& stream, sqlite::Kept& kept, OnEvent const& visit)
    {
        events::Version reach = 0;
        for (auto const& name : GH_TRY(archive_.parts(stream))) {
            if (name.first != reach + 1)
                continue;
            auto part = GH_TRY(archive_.read(name));
            kept = {.category = std::move(part.game), .at = part.events.back().at,
                .snapshot = std::move(part.snapshot)};
            for (auto& event : part.events)
                GH_CHECK(visit(std::move(event)));
            reach = name.last;
        }
        return reach > 0;
    }

    std::unique_ptr<archive::Objects> objects_;
    archive::Archive archive_{*objects_};
    bool is_away_ = false; // Once is enough to wait for it.
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

// As it was shipped last, without its keys: those of the store stay.
Result<std::unique_ptr<SqliteLog>> restore_backup(
    config::Settings const& settings, Workplace const& place)
{
    auto const objects = GH_TRY(server::open_backup(settings));
    auto const file = place.file("backup.db");
    GH_CHECK(storage::backup::restore(*objects,
        {.file = file, .now = runtime::Clock().read().wall}, [](auto const&) { }));
    std::error_code ignored;
    fs::remove(sqlite::keys_of(file), ignored);
    return open_to_read(file);
}

struct Sources {
    std::vector<std::unique_ptr<SqliteLog>> stores{};
    std::vector<std::unique_ptr<RepairSource>> all{};
};

// In the order in which they are asked. One that cannot be read is said, and left out.
Result<Sources> open_sources(
    config::Settings const& settings, std::string const& from, Workplace const& place)
{
    Sources sources;
    auto const leave_out = [](std::string_view what, Error const& why) {
        fmt::print(stderr, "gatehouse: {} cannot be asked: {} {}\n", what, why.message, why.detail);
    };
    if (settings.archive.to.kind != config::ObjectStore::Kind::none) {
        if (auto objects = server::open_objects(settings.archive))
            sources.all.push_back(std::make_unique<ArchiveSource>(*std::move(objects)));
        else
            leave_out("the archive", objects.error());
    }
    if (settings.backup.to.kind != config::ObjectStore::Kind::none) {
        if (auto store = restore_backup(settings, place)) {
            sources.stores.push_back(*std::move(store));
            sources.all.push_back(sqlite::source_of(
                "the backup", sqlite::Origin::this_store, *sources.stores.back()));
        } else {
            leave_out("the backup", store.error());
        }
    }
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

Result<int> apply(
    sqlite::Repair& repair, config::Settings const& settings, Workplace const& place)
{
    auto const now = runtime::Clock().read().wall;
    auto const draft = place.file("repaired.db");
    GH_CHECK(repair.write(draft, now));
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
    auto opened = sqlite::Repair::open(store, place->file("spool.db"));
    if (!opened)
        return fail(opened.error().code, opened.error().message,
            opened.error().detail + " (where nothing can be read of it: gatehouse backup restore)");
    auto const sources = GH_TRY(open_sources(settings, given.from, *place));
    std::vector<RepairSource*> asked;
    for (auto const& each : sources.all)
        asked.push_back(each.get());
    GH_CHECK(opened->ask(asked));
    auto const& plan = opened->plan();
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
    return apply(*opened, settings, *place);
}

} // namespace

int events_repair(ConfigArguments const& arguments, RepairArguments const& given)
{
    auto const done = repair(arguments, given);
    return done ? *done : complain(done.error());
}

} // namespace gatehouse::cli
