// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_log.hpp"

#include "disk.hpp"
#include "store.hpp"
#include "vfs.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::simulation {

namespace {

// There is a file of this name, which those want to see who only read; nothing else is asked of it.
constexpr char const* store_file = "/proc/version";

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

    [[nodiscard]] Result<std::unique_ptr<storage::Log>> open(OnLost) override;
    void die(std::unique_ptr<storage::Log> log, std::vector<events::StreamAppend> in_work,
        Death death) override;
    void back_up() override { backup_ = disk_.image(); }
    void set_back() override;
    [[nodiscard]] bool holds(std::string_view bytes) const override;
    [[nodiscard]] Result<std::unique_ptr<storage::Log>> history() override;

private:
    [[nodiscard]] storage::sqlite::Options options() const;
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

Result<std::unique_ptr<storage::Log>> SqliteStore::open(OnLost)
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

// Keys are as they are now, whatever moment the events are of.
void SqliteStore::set_back()
{
    auto const now = disk_.image();
    auto image = backup_;
    for (auto const* const end : {".keys", ".keys-wal"}) {
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

}  // namespace

std::unique_ptr<Store> make_sqlite_store(StoreSurroundings around)
{
    return std::make_unique<SqliteStore>(around);
}

}  // namespace gatehouse::simulation
