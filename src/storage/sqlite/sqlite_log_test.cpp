// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_log.hpp"

#include "runtime/descriptor.hpp"
#include "storage/clock.hpp"
#include "storage/conformance_test.hpp"
#include "storage/sqlite/restoration.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <map>
#include <random>
#include <thread>
#include <utility>

namespace {

std::atomic<int> failing_syncs = 0; // So many of the next ones fail.

} // namespace

// Stands before the C library's for the whole test program, SQLite included.
extern "C" int fdatasync(int descriptor)
{
    if (failing_syncs > 0) {
        failing_syncs--;
        errno = EIO;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

namespace gatehouse::storage::sqlite {
namespace {

namespace fs = std::filesystem;
using events::StreamHead;
using testing::append_of;
using testing::Folder;
using testing::member_of;
using testing::snapshot_of;
using testing::with_keys;

Options options_of(fs::path const& folder)
{
    return {.file = folder / "store.db", .checkpoint_events_min = 50, .ballast_bytes = 0};
}

std::unique_ptr<SqliteLog> open(fs::path const& folder)
{
    return SqliteLog::open(options_of(folder)).value();
}

std::string why_not(Options const& options)
{
    auto const opened = SqliteLog::open(options);
    return opened ? "opened" : opened.error().detail;
}

std::vector<StreamHead> all_heads(Log& log)
{
    std::vector<StreamHead> all;
    for (Slot slot = 0; slot < slots_total; slot++)
        std::ranges::move(log.heads(slot).value(), std::back_inserter(all));
    return all;
}

// 30 rooms with 1 to 10 events each, over several checkpoints of the heads.
void fill(Log& log)
{
    for (events::Version version = 0; version < 10; version++) {
        std::vector<events::StreamAppend> batch;
        for (std::size_t room = 3 * version; room < 30; room++)
            batch.push_back(append_of("r" + std::to_string(room) + ".1", version));
        for (auto const& answer : log.append(std::move(batch)))
            ASSERT_TRUE(answer);
    }
}

void run_sql(fs::path const& folder, char const* sql)
{
    auto database = Database::open(folder / "store.db", SQLITE_OPEN_READWRITE).value();
    ASSERT_TRUE(database.run(sql));
}

// A small file system of its own; needs to be root.
class SmallDisk {
public:
    SmallDisk() { mounted_ = ::mount("none", folder_.path.c_str(), "tmpfs", 0, "size=1m") == 0; }
    SmallDisk(SmallDisk const&) = delete;
    SmallDisk& operator=(SmallDisk const&) = delete;
    ~SmallDisk()
    {
        if (mounted_)
            ::umount2(folder_.path.c_str(), MNT_DETACH);
    }

    explicit operator bool() const { return mounted_; }
    fs::path const& path() const { return folder_.path; }
    void fill_up() const
    {
        std::ofstream rest(path() / "rest");
        std::string const page(4096, 'x');
        while (rest << page << std::flush) { }
    }
    void make_room() const { fs::remove(path() / "rest"); }
    bool make_read_only() const
    {
        return ::mount("none", path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m") == 0;
    }

private:
    Folder folder_;
    bool mounted_ = false;
};

TEST(SqliteLog, what_was_answered_survives_a_kill_at_any_moment)
{
    Folder folder;
    auto const log = open(folder.path);
    for (events::Version version = 0; version < 30; version++) {
        ASSERT_TRUE(log->append({append_of("a.1", version, 1), append_of("b.1", version)}).at(0));
        // The files as they are now, with the log still open.
        Folder copy;
        fs::copy(folder.path, copy.path);
        auto const found = open(copy.path);
        ASSERT_EQ(found->read("a.1", 0, 100)->size(), version + 1);
        ASSERT_EQ(all_heads(*found), all_heads(*log));
    }
}

TEST(SqliteLog, heads_from_the_checkpoint_equal_heads_from_all_events)
{
    Folder folder, other_folder;
    fill(*open(folder.path));
    auto never = options_of(other_folder.path);
    never.checkpoint_events_min = 1'000'000;
    fill(*SqliteLog::open(never).value());
    run_sql(folder.path, "SELECT 1 / (event BETWEEN 50 AND 164) FROM checkpoint");
    run_sql(other_folder.path, "SELECT 1 / (event = 0) FROM checkpoint");
    auto const heads = all_heads(*open(folder.path));
    ASSERT_EQ(heads.size(), 30u);
    EXPECT_EQ(all_heads(*SqliteLog::open(never).value()), heads);
}

// A damaged row shows when it is read.
TEST(SqliteLog, a_start_reads_no_finished_stream)
{
    Folder folder;
    {
        auto const log = open(folder.path);
        auto finished = append_of("a.1", 0);
        finished.state.finished = true;
        ASSERT_TRUE(log->append({finished}).at(0));
        fill(*log);
    }
    run_sql(folder.path, "UPDATE stream SET version = 7 WHERE name = 'a.1'");
    auto const log = open(folder.path);
    EXPECT_EQ(log->find("a.1").error().code, ErrorCode::internal);
    EXPECT_EQ(log->append({append_of("a.1", 1)}).at(0).error().code, ErrorCode::internal);
    EXPECT_TRUE(log->append({append_of("b.1", 0)}).at(0));
}

// The next commit of an append syncs it.
TEST(SqliteLog, a_snapshot_waits_for_no_sync_and_harms_no_append)
{
    Folder folder;
    auto const log = open(folder.path);
    ASSERT_TRUE(log->append({append_of("a.1", 0, 5)}).at(0));
    failing_syncs = 1;
    EXPECT_TRUE(log->keep(snapshot_of("a.1", 3)));
    EXPECT_TRUE(log->keep(snapshot_of("a.1", 4)));
    EXPECT_EQ(failing_syncs.exchange(0), 1);
    EXPECT_EQ(log->hydrate("a.1", 10)->snapshot, snapshot_of("a.1", 4).snapshot);
    EXPECT_TRUE(log->append({append_of("a.1", 5)}).at(0));
    // After very much of it a snapshot is synced by itself, and says so where that fails.
    failing_syncs = 1;
    EXPECT_FALSE(log->keep(snapshot_of("a.1", 5, std::string(2 << 20, 's'))));
    failing_syncs = 0;
    while (!log->read("a.1", 0, 10)) { }
    EXPECT_TRUE(log->append({append_of("a.1", 6)}).at(0));
    EXPECT_GE(log->hydrate("a.1", 10)->snapshot->version, 4u);
}

TEST(SqliteLog, upkeep_that_fails_leaves_the_whole_or_nothing)
{
    for (int failing = 1; failing <= 3; failing++) {
        SCOPED_TRACE(failing);
        Folder folder;
        auto log = open(folder.path);
        fill(*log);
        auto finished = append_of("r1.1", 1, 200);
        finished.state.finished = true;
        ASSERT_TRUE(log->append({finished}).at(0));
        failing_syncs = failing;
        EXPECT_EQ(log->erase("r1.1", 201).error().code, ErrorCode::internal);
        failing_syncs = 0;
        log.reset();
        log = open(folder.path);
        auto const count = log->log(0, 1000)->events.size();
        EXPECT_EQ(count, log->find("r1.1")->empty() ? 164u : 365u);
        EXPECT_TRUE(log->append({append_of("b.1", 0)}).at(0));
    }
}

TEST(SqliteLog, a_failed_sync_is_unknown_and_what_is_there_is_read_again)
{
    for (int failing = 1; failing <= 6; failing++) {
        SCOPED_TRACE(failing);
        Folder folder;
        auto log = open(folder.path);
        ASSERT_TRUE(log->append({append_of("a.1", 0)}).at(0));
        failing_syncs = failing;
        EXPECT_EQ(log->append({append_of("a.1", 1)}).at(0).error().code, ErrorCode::internal);
        failing_syncs = 0;

        // Either it is open again or it says so: it never takes an append on a guess.
        auto events = log->read("a.1", 0, 10);
        if (!events) {
            EXPECT_EQ(events.error().code, ErrorCode::unavailable);
            log.reset();
            log = open(folder.path);
            events = log->read("a.1", 0, 10);
        }
        ASSERT_TRUE(events);
        auto const version = events->size();
        ASSERT_TRUE(version == 1 || version == 2);
        EXPECT_TRUE(log->append({append_of("a.1", version)}).at(0));
        EXPECT_EQ(log->log(0, 10)->events.size(), version + 1);
    }
}

TEST(SqliteLog, stays_closed_until_what_it_reads_can_be_synced)
{
    Folder folder;
    auto const log = open(folder.path);
    ASSERT_TRUE(log->append({append_of("a.1", 0)}).at(0));
    failing_syncs = 1'000'000;
    EXPECT_EQ(log->append({append_of("a.1", 1)}).at(0).error().code, ErrorCode::internal);
    EXPECT_EQ(log->read("a.1", 0, 10).error().code, ErrorCode::unavailable);
    EXPECT_EQ(log->append({append_of("a.1", 1)}).at(0).error().code, ErrorCode::unavailable);
    failing_syncs = 0;
    while (!log->read("a.1", 0, 10)) { } // It tries again by itself, after its pause.
    auto const version = log->read("a.1", 0, 10)->size();
    EXPECT_TRUE(log->append({append_of("a.1", version)}).at(0));
}

// Reads the database while it is being opened, and then keeps it from being opened.
int read_and_fail(sqlite3* database, char const**, sqlite3_api_routines const*)
{
    sqlite3_exec(database, "SELECT * FROM sqlite_schema", nullptr, nullptr, nullptr);
    return SQLITE_ERROR;
}

// What the kernel shows of a WAL after a failed sync is not known to be on the disk. Moved into the
// database by whoever gives up, it would never be written again.
TEST(SqliteLog, opening_that_fails_leaves_the_wal)
{
    Folder folder, copy;
    auto const log = open(folder.path);
    ASSERT_TRUE(log->append({append_of("a.1", 0)}).at(0));
    fs::copy(folder.path, copy.path); // As a kill leaves them.
    auto const wal = copy.path / "store.db-wal";
    auto const size = fs::file_size(wal);
    ASSERT_GT(size, 0u);
    auto const hook = reinterpret_cast<void (*)()>(read_and_fail);
    ASSERT_EQ(sqlite3_auto_extension(hook), SQLITE_OK);
    EXPECT_FALSE(Database::open(copy.path / "store.db", SQLITE_OPEN_READWRITE));
    EXPECT_EQ(sqlite3_cancel_auto_extension(hook), 1);
    ASSERT_TRUE(fs::exists(wal));
    EXPECT_EQ(fs::file_size(wal), size);
}

TEST(SqliteLog, a_full_disk_writes_nothing_and_goes_on_when_there_is_room)
{
    SmallDisk const disk;
    if (!disk)
        GTEST_SKIP() << "cannot mount a tmpfs";
    auto options = options_of(disk.path());
    options.ballast_bytes = 300'000;
    auto log = SqliteLog::open(options).value();
    auto const big = std::string(100'000, 'd');
    ASSERT_TRUE(log->append({append_of("a.1", 0, 1, big)}).at(0));
    disk.fill_up();

    for (int i = 0; i < 3; i++) {
        auto const refused = log->append({append_of("a.1", 1, 3, big), append_of("b.1", 0)});
        EXPECT_EQ(refused.at(0).error().code, ErrorCode::unavailable);
        EXPECT_EQ(refused.at(1).error().code, ErrorCode::unavailable);
        EXPECT_EQ(log->read("a.1", 0, 10)->size(), 1u);
        EXPECT_TRUE(log->heads(slot_of("b.1"))->empty());
    }

    disk.make_room();
    EXPECT_TRUE(log->append({append_of("a.1", 1), append_of("b.1", 0)}).at(1));
}

TEST(SqliteLog, the_ballast_lets_a_full_disk_open)
{
    SmallDisk const disk;
    if (!disk)
        GTEST_SKIP() << "cannot mount a tmpfs";
    // What a kill leaves: all in the WAL, nothing in the database.
    Folder elsewhere;
    auto const log = open(elsewhere.path);
    ASSERT_TRUE(log->append({append_of("a.1", 0, 1, std::string(200'000, 'd'))}).at(0));
    for (auto const* const file : {"store.db", "store.db-wal"})
        fs::copy(elsewhere.path / file, disk.path() / file);
    std::ofstream(disk.path() / "store.db.ballast") << std::string(300'000, 'b');
    disk.fill_up();

    auto const full = SqliteLog::open(options_of(disk.path()));
    ASSERT_TRUE(full) << full.error().detail;
    EXPECT_EQ((*full)->read("a.1", 0, 10)->size(), 1u);
    EXPECT_FALSE(fs::exists(disk.path() / "store.db.ballast"));
}

TEST(SqliteLog, without_ballast_a_full_disk_is_named)
{
    SmallDisk const disk;
    if (!disk)
        GTEST_SKIP() << "cannot mount a tmpfs";
    disk.fill_up();
    EXPECT_NE(why_not(options_of(disk.path())).find("the disk is full"), std::string::npos)
        << why_not(options_of(disk.path()));
}

TEST(SqliteLog, a_read_only_disk_is_named)
{
    SmallDisk const disk;
    if (!disk || !disk.make_read_only())
        GTEST_SKIP() << "cannot mount a tmpfs";
    EXPECT_NE(why_not(options_of(disk.path())).find("not writable"), std::string::npos)
        << why_not(options_of(disk.path()));
}

TEST(SqliteLog, makes_its_folder)
{
    Folder folder;
    EXPECT_TRUE(SqliteLog::open(options_of(folder.path / "a" / "b")));
}

// As the kernel lists it: "1: -> FLOCK ADVISORY WRITE 4711 fe:00:1234 0 EOF".
bool is_waited_for(fs::path const& file)
{
    struct stat status { };
    ::stat(file.c_str(), &status);
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);)
        if (line.contains("->") && line.contains(fmt::format(":{} ", status.st_ino)))
            return true;
    return false;
}

TEST(SqliteLog, says_who_has_it_open)
{
    Folder folder;
    auto const log = open(folder.path);
    // Somebody waits for a lock meanwhile: the kernel lists them too, in a line of another form.
    auto const file = folder.path / "waited_for";
    runtime::Descriptor const held(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    runtime::Descriptor const wanted(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
    std::jthread const waiting([&] { ::flock(wanted.get(), LOCK_EX); });
    while (!is_waited_for(file))
        std::this_thread::yield();
    EXPECT_NE(why_not(options_of(folder.path))
                  .find("another gatehouse (pid " + std::to_string(::getpid()) + ") has it open"),
        std::string::npos)
        << why_not(options_of(folder.path));
    ::flock(held.get(), LOCK_UN);
}

TEST(SqliteLog, names_what_is_no_store)
{
    Folder folder;
    auto const options = options_of(folder.path);
    std::ofstream(options.file) << "These are my notes, and they are long enough to be a header. "
                                   "Please do not overwrite them, dear gatehouse.";
    EXPECT_NE(why_not(options).find("no gatehouse store"), std::string::npos) << why_not(options);
    fs::remove(options.file);
    fs::create_directory(options.file);
    EXPECT_NE(why_not(options).find("this is a folder"), std::string::npos) << why_not(options);
    fs::remove(options.file);
    {
        auto other
            = Database::open(options.file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).value();
        ASSERT_TRUE(other.run("CREATE TABLE recipe (name TEXT)"));
    }
    EXPECT_NE(why_not(options).find("another program"), std::string::npos) << why_not(options);
    fs::remove(options.file);
    open(folder.path);
    run_sql(folder.path, "PRAGMA user_version = 99");
    EXPECT_NE(why_not(options).find("newer gatehouse"), std::string::npos) << why_not(options);
}

// As the second layout was: 30 rooms with up to 10 events, and a checkpoint on the way.
void build_layout_2(fs::path const& folder, char const* and_then = "")
{
    std::string sql = R"(
        BEGIN;
        CREATE TABLE stream (
            id INTEGER PRIMARY KEY, slot INTEGER NOT NULL, name TEXT NOT NULL,
            category TEXT NOT NULL, version INTEGER NOT NULL, finished INTEGER NOT NULL,
            deadline INTEGER, last_event INTEGER NOT NULL);
        CREATE TABLE slot (id INTEGER PRIMARY KEY, position INTEGER NOT NULL);
        CREATE TABLE checkpoint (event INTEGER NOT NULL);
        INSERT INTO checkpoint VALUES (60);
        CREATE TABLE event (
            id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, previous INTEGER NOT NULL,
            version INTEGER NOT NULL, position INTEGER NOT NULL, type TEXT NOT NULL,
            schema INTEGER NOT NULL, at INTEGER NOT NULL, actor INTEGER NOT NULL,
            action INTEGER NOT NULL, finished INTEGER NOT NULL, deadline INTEGER,
            data BLOB NOT NULL);
        PRAGMA application_id = 0x47485345;
        PRAGMA user_version = 2;)";
    MemoryLog model;
    fill(model);
    std::map<std::string, std::pair<int, int>> streams; // Id and last event.
    int id = 0;
    auto const log = model.log(0, 1000).value();
    for (auto const& [slot, position, stream, category, state, event] : log.events) {
        auto& [number, last] = streams[stream];
        if (number == 0) {
            number = static_cast<int>(streams.size());
            sql += fmt::format("INSERT INTO stream VALUES ({},{},'{}','{}',0,0,NULL,0);", number,
                slot, stream, category);
        }
        id++;
        sql += fmt::format("INSERT INTO event VALUES ({},{},{},{},{},'{}',{},{},{},{},0,{},'{}');",
            id, number, std::exchange(last, id), event.version, position, event.type, event.schema,
            event.at.ms, event.cause.actor, event.cause.action, state.deadline->ms, event.data);
    }
    sql += and_then;
    auto database = Database::open(
        folder / "store.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).value();
    ASSERT_TRUE(database.run((sql + ";COMMIT").c_str()));
}

TEST(SqliteLog, upgrades_a_store_of_an_older_layout)
{
    for (auto const* const older : {"",
             "ALTER TABLE event ADD COLUMN slot INTEGER NOT NULL DEFAULT 7;"
             "PRAGMA user_version = 1"}) {
        Folder folder;
        build_layout_2(folder.path, older);
        MemoryLog model;
        fill(model);
        auto reading = options_of(folder.path);
        reading.access = Access::read_only;
        EXPECT_NE(why_not(reading).find("gatehouse store migrate"), std::string::npos);

        auto log = open(folder.path);
        for (int i = 0; i < 2; i++) {
            EXPECT_EQ(log->streams("", 100).value(), model.streams("", 100).value());
            auto before = events::chain_start("r1.1");
            auto expected = model.read("r1.1", 0, 1000).value();
            for (auto& event : expected)
                before = event.link = events::chain_link(before, event);
            EXPECT_EQ(log->read("r1.1", 0, 1000).value(), expected);
            auto const logged = log->log(0, 1000)->events;
            auto const unlinked = model.log(0, 1000)->events;
            ASSERT_EQ(logged.size(), unlinked.size());
            for (std::size_t at = 0; at < logged.size(); at++) {
                EXPECT_EQ(logged[at].position, unlinked[at].position);
                EXPECT_EQ(logged[at].state, unlinked[at].state);
            }
            log.reset();
            log = open(folder.path);
        }
        auto const version = log->find("r1.1")->at(0).version;
        EXPECT_TRUE(log->append({append_of("r1.1", version), append_of("new.1", 0)}).at(1));
        log.reset();
        run_sql(folder.path, "PRAGMA user_version = 0");
        EXPECT_NE(why_not(options_of(folder.path)).find("another program"), std::string::npos);
    }
}

TEST(SqliteLog, upgrades_nothing_that_is_damaged)
{
    Folder folder;
    build_layout_2(folder.path, "DELETE FROM event WHERE id = 3");
    for (int i = 0; i < 2; i++)
        EXPECT_NE(why_not(options_of(folder.path)).find("event 4 does not follow"),
            std::string::npos)
            << why_not(options_of(folder.path));
    run_sql(folder.path, "SELECT 1 / (user_version = 2) FROM pragma_user_version");
    run_sql(folder.path, "SELECT action FROM event"); // Of layout 2.
}

TEST(SqliteLog, a_hole_in_the_log_is_damage_not_history)
{
    for (auto const* const damage :
        {"DELETE FROM event WHERE id = 160", "UPDATE event SET stream = 1 WHERE id = 160",
            "UPDATE event SET head = (SELECT head FROM event WHERE id = 159) WHERE id = 160",
            "UPDATE event SET data = x'00' WHERE id = 160",
            "UPDATE event SET id = 1000 WHERE id = 165",
            "UPDATE event SET head = NULL, data = NULL WHERE id = 160",
            "DELETE FROM stream WHERE id = 29", "UPDATE stream SET version = 1 WHERE id = 5",
            "UPDATE stream SET category = 'x' WHERE id = 5", "UPDATE checkpoint SET event = 3",
            "UPDATE checkpoint SET positions = zeroblob(2048)", "DELETE FROM checkpoint",
            "INSERT INTO hole VALUES (160, 160); DELETE FROM event WHERE id = 160"}) {
        Folder folder;
        fill(*open(folder.path));
        run_sql(folder.path, damage);
        EXPECT_FALSE(SqliteLog::open(options_of(folder.path))) << damage;
    }
    // Below the checkpoint it shows when it is read.
    Folder folder;
    fill(*open(folder.path));
    run_sql(folder.path, "DELETE FROM event WHERE id = 3");
    auto const log = open(folder.path);
    EXPECT_FALSE(log->log(0, 10));
    EXPECT_FALSE(log->read("r2.1", 0, 10));
    EXPECT_TRUE(log->read("r1.1", 0, 10));
}

TEST(SqliteLog, offline_tools_read_and_change_nothing)
{
    Folder folder;
    EXPECT_EQ(SqliteLog::open({.file = folder.path / "store.db", .access = Access::read_only})
                  .error()
                  .code,
        ErrorCode::not_found);

    auto const log = open(folder.path);
    fill(*log);
    ASSERT_TRUE(log->append({with_keys(append_of("k.1", 0), {member_of("u:anna", 1)})}).at(0));
    Folder killed;
    fs::copy(folder.path, killed.path);
    auto const bytes_of = [&](char const* file) {
        std::ifstream in(killed.path / file, std::ios::binary);
        return std::string(std::istreambuf_iterator(in), {});
    };
    auto const all_bytes = [&] {
        return std::array{bytes_of("store.db"), bytes_of("store.db-wal"),
            bytes_of("store.db.keys"), bytes_of("store.db.keys-wal")};
    };
    auto const before = all_bytes();
    {
        auto options = options_of(killed.path);
        options.access = Access::read_only;
        auto const offline = SqliteLog::open(options).value();
        EXPECT_EQ(all_heads(*offline), all_heads(*log));
        EXPECT_EQ(
            offline->append({append_of("a.1", 0)}).at(0).error().code, ErrorCode::unavailable);
        EXPECT_EQ(offline->log(0, 1000)->events.size(), log->log(0, 1000)->events.size());
        EXPECT_EQ(offline->hydrate("k.1", 0)->keys, std::vector{member_of("u:anna", 1)});
        EXPECT_EQ(offline->forget("u:anna").error().code, ErrorCode::unavailable);
    }
    EXPECT_TRUE(before == all_bytes());
    EXPECT_EQ(all_heads(*open(killed.path)), all_heads(*log));
}

// ---- Keys

std::string everything_in(fs::path const& folder, std::string_view ending = {})
{
    std::string all;
    for (auto const& file : fs::directory_iterator(folder))
        if (file.path().native().ends_with(ending)) {
            std::ifstream in(file.path(), std::ios::binary);
            all.append(std::istreambuf_iterator(in), {});
        }
    return all;
}

TEST(SqliteLog, what_copies_the_events_copies_no_keys)
{
    Folder folder;
    auto const log = open(folder.path);
    ASSERT_TRUE(log->append({with_keys(append_of("a.1", 0), {member_of("u:anna", 1)})}).at(0));
    Folder copy;
    while (log->copy(copy.path / "copy.db", 100)->pages_left > 0) { }
    auto const copied = everything_in(copy.path) + everything_in(folder.path, ".db")
        + everything_in(folder.path, ".db-wal");
    EXPECT_TRUE(copied.contains("liap-tui"));
    for (auto const& secret : {std::string("u:anna"), member_of("u:anna", 1).key}) {
        EXPECT_FALSE(copied.contains(secret));
        EXPECT_TRUE(everything_in(folder.path).contains(secret)) << "beside it";
    }
}

TEST(SqliteLog, what_was_forgotten_lies_in_no_file)
{
    Folder folder;
    auto const log = open(folder.path);
    std::mt19937 chance(5);
    auto const actor = [&](std::uint32_t least, std::uint32_t most) {
        return std::uniform_int_distribution(least, most)(chance);
    };
    std::vector<std::string> keys;
    for (int room = 0; room < 500; room++) {
        auto const name = "r" + std::to_string(chance() % 150) + ".1";
        auto const found = log->find(name).value();
        auto anna = member_of("u:anna", actor(1, 3));
        for (auto& byte : anna.key)
            byte = static_cast<char>(chance());
        keys.push_back(anna.key);
        auto const version = found.empty() ? 0 : found[0].version;
        ASSERT_TRUE(log->append({with_keys(append_of(name, version),
                                    {member_of("u:ben", actor(4, 8)), anna})})
                        .at(0));
    }
    EXPECT_TRUE(everything_in(folder.path).contains("u:anna"));
    while (log->forget("u:anna").value() > 0) { }
    auto const left = everything_in(folder.path);
    EXPECT_FALSE(left.contains("u:anna"));
    EXPECT_TRUE(left.contains("u:ben"));
    for (auto const& key : keys)
        ASSERT_FALSE(left.contains(key.substr(0, 8)));
}

TEST(SqliteLog, a_name_is_never_kept_without_its_key)
{
    Folder folder;
    auto const log = open(folder.path);
    failing_syncs = 1; // That of the keys: they come first.
    auto const answers
        = log->append({with_keys(append_of("a.1", 0), {member_of("u:anna", 1)}),
            append_of("b.1", 0), append_of("a.1", 1), append_of("b.1", 7)});
    EXPECT_EQ(answers.at(0).error().code, ErrorCode::unavailable);
    EXPECT_TRUE(answers.at(1)) << "those who need no keys go on";
    EXPECT_EQ(answers.at(2).error().code, ErrorCode::stale_base);
    EXPECT_EQ(answers.at(3).error().code, ErrorCode::stale_base);
    EXPECT_TRUE(log->read("a.1", 0, 10)->empty());
    EXPECT_EQ(log->read("b.1", 0, 10)->size(), 1u);
    ASSERT_TRUE(log->append({with_keys(append_of("a.1", 0), {member_of("u:anna", 1)})}).at(0));
    EXPECT_EQ(log->hydrate("a.1", 10)->keys, std::vector{member_of("u:anna", 1)});
}

TEST(SqliteLog, a_key_file_that_fails_is_not_opened_for_each_question)
{
    Folder folder;
    auto const log = open(folder.path);
    ASSERT_TRUE(log->append({append_of("a.1", 0)}).at(0));
    auto const join = [&] {
        return log->append({with_keys(append_of("a.1", 1), {member_of("u:anna", 1)})}).at(0);
    };
    constexpr int syncs = 1'000'000;
    failing_syncs = syncs;
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(join().error().code, ErrorCode::unavailable);
    EXPECT_LT(syncs - failing_syncs.exchange(0), 20);
    auto const give_up_at = now() + std::chrono::minutes(1);
    auto joined = join();
    for (; !joined && now() < give_up_at; joined = join())
        pause_until(now() + std::chrono::milliseconds(10));
    EXPECT_TRUE(joined);
}

TEST(SqliteLog, a_key_without_its_event_gives_way_to_the_next_one)
{
    Folder folder;
    {
        auto const log = open(folder.path);
        ASSERT_TRUE(log->append({append_of("a.1", 0)}).at(0));
        Folder before;
        fs::copy(folder.path, before.path);
        ASSERT_TRUE(log->append({with_keys(append_of("a.1", 1), {member_of("u:anna", 1)})}).at(0));
        // As if the power had gone between the two commits.
        fs::copy(folder.path / "store.db.keys", before.path / "store.db.keys",
            fs::copy_options::overwrite_existing);
        fs::copy(folder.path / "store.db.keys-wal", before.path / "store.db.keys-wal",
            fs::copy_options::overwrite_existing);
        auto const found = open(before.path);
        EXPECT_EQ(found->read("a.1", 0, 10)->size(), 1u);
        EXPECT_EQ(found->hydrate("a.1", 10)->keys.size(), 1u);
        auto const ben = member_of("u:ben", 1, 'b');
        ASSERT_TRUE(found->append({with_keys(append_of("a.1", 1), {ben})}).at(0));
        EXPECT_EQ(found->hydrate("a.1", 10)->keys, std::vector{ben});
        EXPECT_TRUE(found->memberships("u:anna", "", 10)->empty());
    }
}

void run_sql_on_keys(fs::path const& folder, char const* sql)
{
    auto database = Database::open(folder / "store.db.keys", SQLITE_OPEN_READWRITE).value();
    ASSERT_TRUE(database.run(sql));
}

TEST(SqliteLog, a_damaged_key_is_no_key)
{
    for (auto const* const damage :
        {"actor = 2", "stream = 'b.1'", "subject = 'u:ben'", "key = zeroblob(32)", "sum = 7"}) {
        Folder folder;
        ASSERT_TRUE(open(folder.path)
                        ->append({with_keys(append_of("a.1", 0), {member_of("u:anna", 1)}),
                            append_of("b.1", 0)})
                        .at(0));
        run_sql_on_keys(folder.path, fmt::format("UPDATE membership SET {}", damage).c_str());
        auto const log = open(folder.path);
        EXPECT_EQ(log->hydrate("a.1", 10)->events.size(), 1u);
        EXPECT_TRUE(log->hydrate("a.1", 10)->keys.empty()) << damage;
        EXPECT_TRUE(log->hydrate("b.1", 10)->keys.empty()) << damage;
        EXPECT_TRUE(log->memberships("u:ben", "", 10)->empty()) << damage;
    }
}

TEST(SqliteLog, a_page_of_keys_ends_behind_those_that_are_damaged)
{
    Folder folder;
    {
        auto const log = open(folder.path);
        for (int room = 0; room < 9; room++)
            ASSERT_TRUE(log->append({with_keys(append_of("r" + std::to_string(room) + ".1", 0),
                                        {member_of("u:anna", 1)})})
                            .at(0));
    }
    run_sql_on_keys(folder.path, "UPDATE membership SET sum = 7 WHERE number BETWEEN 2 AND 6");
    auto const log = open(folder.path);
    EXPECT_EQ(log->memberships("u:anna", "", 3)->back().stream, "r7.1");
    EXPECT_EQ(log->keys(0, 3)->back().number, 8u);
    EXPECT_EQ(log->keys(1, 3)->size(), 3u);
    EXPECT_EQ(log->keys(0, 10)->size(), 4u);
}

TEST(SqliteLog, names_what_is_wrong_with_the_keys)
{
    Folder folder;
    ASSERT_TRUE(
        open(folder.path)->append({with_keys(append_of("a.1", 0), {member_of("u:a", 1)})}).at(0));
    run_sql_on_keys(folder.path, "PRAGMA user_version = 2");
    auto const newer = why_not(options_of(folder.path));
    EXPECT_NE(newer.find("store.db.keys"), std::string::npos) << newer;
    EXPECT_NE(newer.find("upgrade first"), std::string::npos) << newer;
    run_sql_on_keys(folder.path, "PRAGMA application_id = 0x47485345; PRAGMA user_version = 1");
    EXPECT_EQ(why_not(options_of(folder.path)), "opened");

    // Without the file rooms go on, and names are lost.
    fs::remove(folder.path / "store.db.keys");
    auto reading = options_of(folder.path);
    reading.access = Access::read_only;
    auto const offline = SqliteLog::open(reading).value();
    EXPECT_EQ(offline->hydrate("a.1", 10)->events.size(), 1u);
    EXPECT_TRUE(offline->hydrate("a.1", 10)->keys.empty());
    EXPECT_TRUE(offline->keys(0, 10)->empty());
    EXPECT_FALSE(fs::exists(folder.path / "store.db.keys"));
}

TEST(SqliteLog, each_restoration_is_later_than_the_one_before_whatever_the_clock_says)
{
    Folder folder;
    auto const file = folder.path / "store.db";
    open(folder.path);
    for (std::int64_t const at : {5000, 3000, 9000}) {
        {
            auto database = open_database({.file = file, .ballast_bytes = 0}).value();
            ASSERT_TRUE(note_restoration(database, {at}));
        }
        EXPECT_EQ(last_restoration(file).value(), WallTime{at == 3000 ? 5100 : at});
    }
}

TEST(SqliteLog, counts_what_it_forgot_and_never_back)
{
    Folder folder;
    auto log = open(folder.path);
    auto const id = log->key_ring()->id;
    EXPECT_EQ(id.size(), 16u);
    ASSERT_TRUE(log->append({with_keys(append_of("a.1", 0),
                                {member_of("u:a", 1), member_of("u:b", 2)})})
                    .at(0));
    ASSERT_TRUE(log->drop_keys("b.1"));
    EXPECT_EQ(log->forget("u:c").value(), 0u);
    EXPECT_EQ(log->key_ring(), (KeyRing{id, 0, 2}));
    ASSERT_EQ(log->forget("u:a").value(), 1u);
    log.reset();
    log = open(folder.path);
    EXPECT_EQ(log->key_ring(), (KeyRing{id, 1, 2}));
    Folder other;
    EXPECT_NE(open(other.path)->key_ring()->id, id);
}

} // namespace
} // namespace gatehouse::storage::sqlite
