// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_log.hpp"

#include "disk.hpp"
#include "storage/sqlite/check.hpp"
#include "storage/sqlite/repair.hpp"
#include "store.hpp"
#include "vfs.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::simulation {

namespace {

// There is a file of this name, which those want to see who only read; nothing else is asked of it.
constexpr char const* store_file = "/proc/version";
constexpr char const* repaired_file = "/proc/gatehouse-repaired";
constexpr char const* spool_file = "/proc/gatehouse-spool";
constexpr char const* backup_file = "/proc/gatehouse-backup";

// SqliteLog and SQLite as they are, on a disk that is not. A call takes no virtual time: how long a
// commit takes is the committer's to say.
class SqliteStore final : public Store {
public:
    explicit SqliteStore(StoreSurroundings around)
        : around_(around)
        , disk_(around_.luck.fork(), around_.trace, around_.agenda.now(), around_.plan.disk)
        , vfs_(disk_)
    {
        vfs_.set_pages(around_.plan.disk.checkpoint_pages, around_.plan.disk.cache_pages);
        if (around_.plan.bug == Bug::no_journal)
            vfs_.set_without_journal();
    }

    [[nodiscard]] Result<std::unique_ptr<storage::Log>> open(News) override;
    void die(std::unique_ptr<storage::Log> log, std::vector<events::StreamAppend> in_work,
        Death death) override;
    void back_up() override;
    void set_back() override;
    [[nodiscard]] bool holds(std::string_view bytes) const override;
    [[nodiscard]] Result<std::unique_ptr<storage::Log>> history() override;
    Decay rot(bool has_process) override;
    Result<Losses> mend(WallTime now) override;

private:
    [[nodiscard]] storage::sqlite::Options options() const;
    [[nodiscard]] Result<std::unique_ptr<storage::Log>> lay_backup();
    void remove_all(std::string_view begin);
    void bury(Death death);

    StoreSurroundings around_;
    Disk disk_;
    Vfs vfs_;
    Disk::Image backup_{};
};

storage::sqlite::Options SqliteStore::options() const
{
    using enum storage::sqlite::Synchronous;
    auto const bug = around_.plan.bug;
    return {.file = store_file,
        .checkpoint_events_min = around_.plan.disk.checkpoint_events,
        .ballast_bytes = 0,
        .synchronous = bug == Bug::sync_off ? off : bug == Bug::sync_normal ? normal : full};
}

Result<std::unique_ptr<storage::Log>> SqliteStore::open(News)
{
    bool const dies = around_.luck.one_in(around_.plan.disk.dies_opening_one_in);
    if (dies)
        disk_.stop_after(around_.luck.between(1, 60));
    auto opened = storage::sqlite::SqliteLog::open(options());
    if (!opened)
        around_.trace.note(around_.agenda.now(), "store", 0, "stays shut", opened.error().detail);
    if (dies) {
        opened = fail(ErrorCode::internal, "died");
        bury(around_.luck.one_in(2) ? Death::kill : Death::power);
    }
    if (!opened)
        return std::unexpected(std::move(opened.error()));
    return *std::move(opened);
}

void SqliteStore::die(std::unique_ptr<storage::Log> log, std::vector<events::StreamAppend> in_work,
    Death death)
{
    if (!in_work.empty()) {
        disk_.stop_after(around_.luck.between(1, 30));
        static_cast<void>(log->append(std::move(in_work)));
    }
    disk_.stop();
    log.reset();
    bury(death);
}

void SqliteStore::bury(Death death)
{
    disk_.stop();
    if (death == Death::power)
        disk_.cut_power();
    disk_.restart();
}

Result<std::unique_ptr<storage::Log>> SqliteStore::history()
{
    disk_.cut_power();
    return open({});
}

void SqliteStore::back_up()
{
    backup_ = disk_.image();
    std::erase_if(backup_, [](auto const& file) { return !file.first.starts_with(store_file); });
}

void SqliteStore::remove_all(std::string_view begin)
{
    for (auto const& [name, bytes] : disk_.image())
        if (name.starts_with(begin))
            disk_.remove(name);
}

// Keys are as they are now, whatever moment the events are of.
void SqliteStore::set_back()
{
    auto const now = disk_.image();
    auto image = backup_;
    for (auto const* const end : {".keys", ".keys-wal", ".keys-journal"}) {
        auto const name = store_file + std::string(end);
        if (around_.plan.bug == Bug::restores_keys)
            continue;
        image.erase(name);
        if (now.contains(name))
            image[name] = now.at(name);
    }
    disk_.restore(image);
}

bool SqliteStore::holds(std::string_view bytes) const
{
    return std::ranges::any_of(disk_.image(), [bytes](auto const& file) {
        return file.first.starts_with(store_file) && file.second.contains(bytes);
    });
}

// ---- Decay

// In the WAL only where nobody has it open: who has it knows where it ends. Much of a file means
// nothing, so that one place would seldom matter.
Store::Decay SqliteStore::rot(bool has_process)
{
    std::string const store = store_file;
    auto& luck = around_.luck;
    bool const is_in_wal = !has_process && luck.one_in(3) && disk_.rot(store + "-wal", luck);
    auto places = luck.between(1, 24);
    while (!is_in_wal && places > 0 && disk_.rot(store, luck))
        places--;
    return is_in_wal ? Decay::last_ones : places == 0 ? Decay::file : Decay::none;
}

// Beside nothing that an earlier one left: SQLite would take its WAL for this one's.
Result<std::unique_ptr<storage::Log>> SqliteStore::lay_backup()
{
    remove_all(backup_file);
    for (auto const& [name, bytes] : backup_)
        disk_.lay(backup_file + name.substr(std::string_view(store_file).size()), bytes);
    return GH_TRY(storage::sqlite::SqliteLog::open({.file = backup_file, .ballast_bytes = 0}));
}

Result<Losses> SqliteStore::mend(WallTime now)
{
    namespace sqlite = storage::sqlite;
    disk_.cut_power(); // What the kernel's cache still shows as it was is not what there is.
    std::size_t findings = 0;
    sqlite::check(options(), [&](auto const& finding) {
        findings++;
        around_.trace.note(around_.agenda.now(), "store", 0, "verify", finding.what);
    });
    Losses losses;
    if (findings == 0)
        return losses;
    std::unique_ptr<storage::Log> backup;
    std::unique_ptr<sqlite::RepairSource> source;
    std::vector<sqlite::RepairSource*> sources;
    if (!backup_.empty()) {
        if (auto laid = lay_backup()) {
            backup = *std::move(laid);
            source = sqlite::source_of("the backup", sqlite::Origin::this_store, *backup);
            sources.push_back(source.get());
        } else {
            around_.trace.note(around_.agenda.now(), "store", 0, "left out", laid.error().detail);
        }
    }
    {
        auto repair = sqlite::Repair::open(store_file, spool_file);
        losses.is_everything = !repair;
        if (!repair)
            return losses;
        GH_CHECK(repair->ask(sources));
        auto const& plan = repair->plan();
        for (auto const& each : plan.mended)
            if (!each.cut.empty() && each.stream.starts_with('?'))
                losses.nameless += each.cut.size();
            else if (!each.cut.empty())
                losses.kept[each.stream] = each.cut.front().version - 1;
        losses.nameless += plan.unknown;
        losses.may_be_more = !plan.why_endless.empty();
        GH_CHECK(repair->write(repaired_file, now));
    }
    for (auto const* const end : {"", "-wal"})
        disk_.remove(store_file + std::string(end));
    disk_.rename(repaired_file, store_file);
    remove_all(repaired_file);
    return losses;
}

}  // namespace

std::unique_ptr<Store> make_sqlite_store(StoreSurroundings around)
{
    return std::make_unique<SqliteStore>(around);
}

}  // namespace gatehouse::simulation
