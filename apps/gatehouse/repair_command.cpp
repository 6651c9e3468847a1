// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"
#include "commands.hpp"

#include "base/text.hpp"
#include "runtime/clock.hpp"
#include "server/archiver.hpp"
#include "server/mapping.hpp"
#include "server/shipper.hpp"
#include "storage/archive/archive.hpp"
#include "storage/backup/restore.hpp"
#include "storage/sqlite/repair.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
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

// Rooms that moved to the archive, and came back since.
class ArchiveSource final : public RepairSource {
public:
    explicit ArchiveSource(std::unique_ptr<archive::Objects> objects)
        : objects_(std::move(objects))
    { }

    std::string name() const override { return "the archive"; }
    Result<std::vector<std::string>> streams() override { return std::vector<std::string>(); }
    Result<std::optional<sqlite::Kept>> read(std::string const& stream) override
    {
        for (auto const& each : GH_TRY(archive_.find(stream))) {
            sqlite::Kept kept{.category = each.game, .state = {.finished = true, .deadline = {}}};
            auto const pack = archive_.read(each, [&kept](events::Event event) {
                kept.events.push_back(std::move(event));
                return Result<void>{};
            });
            if (pack)
                return kept;
            fmt::print(stderr, "gatehouse: {}: {}\n", each.text(), pack.error().message);
        }
        return std::nullopt;
    }

private:
    std::unique_ptr<archive::Objects> objects_;
    archive::Archive archive_{*objects_};
};

// Another store, and the folder that goes with it where it was made for this.
struct OtherStore {
    OtherStore() = default;
    OtherStore(OtherStore&& other) noexcept
        : log(std::move(other.log))
        , scratch(std::exchange(other.scratch, {}))
    { }
    ~OtherStore()
    {
        log.reset();
        std::error_code ignored;
        if (!scratch.empty())
            fs::remove_all(scratch, ignored);
    }

    std::unique_ptr<SqliteLog> log{};
    fs::path scratch{};
};

Result<std::unique_ptr<SqliteLog>> open_to_read(fs::path const& file)
{
    return SqliteLog::open({.file = file, .access = sqlite::Access::read_only});
}

// As it was shipped last. Beside the store, where there is room for it.
Result<OtherStore> restore_backup(config::Settings const& settings)
{
    auto const objects = GH_TRY(server::open_backup(settings));
    OtherStore other;
    auto name = settings.store.path.text + ".repair-XXXXXX";
    if (!::mkdtemp(name.data()))
        return fail(ErrorCode::unavailable, "no folder can be made beside the store");
    other.scratch = name;
    auto const file = other.scratch / "backup.db";
    GH_CHECK(storage::backup::restore(*objects,
        {.file = file, .now = runtime::Clock().read().wall}, [](auto const&) { }));
    other.log = GH_TRY(open_to_read(file));
    return other;
}

struct Sources {
    std::vector<OtherStore> stores{};
    std::vector<std::unique_ptr<RepairSource>> all{};
};

// In the order in which they are asked. One that cannot be read is said, and left out.
Result<Sources> open_sources(config::Settings const& settings, std::string const& from)
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
        if (auto store = restore_backup(settings)) {
            sources.stores.push_back(*std::move(store));
            sources.all.push_back(
                sqlite::source_of("the backup", *sources.stores.back().log));
        } else {
            leave_out("the backup", store.error());
        }
    }
    if (!from.empty()) {
        auto& store = sources.stores.emplace_back();
        store.log = GH_TRY(open_to_read(from));
        sources.all.push_back(sqlite::source_of(from, *store.log));
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
    for (auto const& each : plan.mended)
        print(each);
    if (plan.unknown > 0)
        fmt::print("CUT: {} events cannot be read, and nothing says of which rooms they are\n",
            plan.unknown);
    if (plan.unknown > 0)
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
                       "below snapshots, {} cut",
        plan.streams, plan.events, plan.mended.size(), taken, gone, cut);
}

// ---- Doing it

// With all that SQLite lays beside it. Keys are not in question: those of the store stay.
void remove_draft(fs::path const& draft)
{
    std::error_code ignored;
    for (auto const* const end : {"", "-wal", "-shm", ".keys", ".keys-wal", ".keys-shm"})
        fs::remove(draft.native() + end, ignored);
}

// The damaged file stays, under another name; what lies beside it is the repaired one's.
Result<std::string> swap(fs::path const& store, fs::path const& repaired, WallTime now)
{
    auto const kept = store.native() + ".damaged-" + std::to_string(now.ms);
    for (auto const* const end : {"", "-wal"}) {
        std::error_code failed;
        if (fs::exists(store.native() + end, failed))
            fs::rename(store.native() + end, kept + end, failed);
        if (failed)
            return fail(ErrorCode::unavailable, "the damaged store cannot be moved away",
                store.native() + end + ": " + failed.message());
    }
    std::error_code failed;
    fs::rename(repaired, store, failed);
    if (failed)
        return fail(ErrorCode::unavailable, "the repaired store cannot be moved into place",
            repaired.native() + ": " + failed.message());
    return kept;
}

Result<int> apply(sqlite::Repair& repair, config::Settings const& settings)
{
    auto const now = runtime::Clock().read().wall;
    fs::path const store(settings.store.path.text);
    fs::path const draft(store.native() + ".repaired");
    remove_draft(draft); // Of a repair that was cut off.
    GH_CHECK(repair.write(draft, now));
    auto const summary = summary_of(repair.plan());
    {
        auto const log = GH_TRY(SqliteLog::open({.file = draft, .ballast_bytes = 0}));
        GH_CHECK(audited(*log,
            {.what = "events repair", .about = server::store_name(settings.store), .with = summary},
            [] { return std::string(); }));
    }
    auto const kept = GH_TRY(swap(store, draft, now));
    remove_draft(draft);
    fmt::print("{}\nthe damaged store was kept as {}\n", summary, kept);
    if (repair.plan().cuts())
        fmt::print("acked actions are gone: all rooms begin a new epoch\n");
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
    auto sources = GH_TRY(open_sources(settings, given.from));
    std::vector<RepairSource*> asked;
    for (auto const& each : sources.all)
        asked.push_back(each.get());
    auto plan = sqlite::Repair::plan(settings.store.path.text, asked);
    if (!plan)
        return fail(plan.error().code, plan.error().message,
            plan.error().detail + " (where nothing can be read of it: gatehouse backup restore)");
    print(plan->plan());
    if (!given.apply) {
        fmt::print(
            "{}\nnothing was changed; --apply does it, into a new file, and keeps this one\n",
            summary_of(plan->plan()));
        return 0;
    }
    if (plan->plan().cuts() && !given.cut)
        return fail(ErrorCode::bad_request,
            "events that were acked would be gone for good, as the lines above say",
            "--from another store that has them, or --apply --cut to go on without them");
    return apply(*plan, settings);
}

} // namespace

int events_repair(ConfigArguments const& arguments, RepairArguments const& given)
{
    auto const done = repair(arguments, given);
    return done ? *done : complain(done.error());
}

} // namespace gatehouse::cli
