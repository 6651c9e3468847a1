// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/new_file.hpp"

#include "runtime/descriptor.hpp"
#include "storage/conformance_test.hpp"
#include "storage/sqlite/open.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace gatehouse::storage::sqlite {
namespace {

namespace fs = std::filesystem;
using storage::testing::Folder;

std::set<std::string> names_in(fs::path const& folder)
{
    std::set<std::string> names;
    for (auto const& each : fs::directory_iterator(folder))
        names.insert(each.path().filename());
    return names;
}

std::set<std::string> all_of(Database& database, char const* sql)
{
    std::set<std::string> all;
    auto statement = database.prepare(sql).value();
    for (auto row = statement.run(); row.next();)
        all.emplace(row.bytes(0));
    return all;
}

class NewFile : public ::testing::Test {
protected:
    void SetUp() override
    {
        runtime::Descriptor const nameless(
            ::open(folder_.path.c_str(), O_WRONLY | O_TMPFILE, 0600));
        if (!nameless)
            GTEST_SKIP() << "this file system has no files without a name";
    }

    Folder folder_;
    fs::path file_ = folder_.path / "store.db";
};

TEST_F(NewFile, is_what_sqlite_would_make)
{
    for (auto const* const layout : {&log_layout(), &key_layout()}) {
        fs::remove(file_);
        make_at_once(file_, *layout, 0640);
        ASSERT_EQ(names_in(folder_.path), std::set<std::string>{"store.db"});
        struct stat status { };
        ASSERT_EQ(::stat(file_.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, mode_t{0640});
        auto made = Database::open(file_, SQLITE_OPEN_READWRITE).value();
        auto usual = Database::open(":memory:", SQLITE_OPEN_READWRITE).value();
        ASSERT_TRUE(layout->lay(usual));
        for (auto const* const sql : {"SELECT sql FROM sqlite_schema", "PRAGMA user_version",
                 "PRAGMA application_id", "PRAGMA page_size", "PRAGMA auto_vacuum",
                 "PRAGMA encoding"})
            EXPECT_EQ(all_of(made, sql), all_of(usual, sql)) << sql;
        EXPECT_EQ(all_of(made, "PRAGMA journal_mode"), std::set<std::string>{"wal"});
        EXPECT_EQ(all_of(made, "PRAGMA integrity_check"), std::set<std::string>{"ok"});
    }
}

TEST_F(NewFile, takes_no_place_that_is_taken)
{
    for (auto const* const ending : {"", "-wal", "-journal"}) {
        Folder other;
        auto const there = "store.db" + std::string(ending);
        std::ofstream(other.path / there) << "something";
        make_at_once(other.path / "store.db", log_layout(), 0644);
        EXPECT_EQ(names_in(other.path), std::set<std::string>{there});
        EXPECT_EQ(fs::file_size(other.path / there), 9u);
    }
}

// SQLite would need a journal, and a sync for each of its steps.
TEST_F(NewFile, is_how_a_store_and_its_keys_begin)
{
    runtime::Descriptor const watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    ASSERT_GE(::inotify_add_watch(watch.get(), folder_.path.c_str(), IN_CREATE), 0);
    Options const options{.file = file_, .ballast_bytes = 0};
    begin_store(options);
    EXPECT_EQ(names_in(folder_.path), (std::set<std::string>{"store.db", "store.db.keys"}));
    ASSERT_TRUE(open_database(options));
    ASSERT_TRUE(open_keys(options));
    std::set<std::string> created;
    alignas(inotify_event) char bytes[4096];
    for (auto left = ::read(watch.get(), bytes, sizeof bytes); left > 0;
         left = ::read(watch.get(), bytes, sizeof bytes))
        for (auto const* at = bytes; at < bytes + left;) {
            auto const* const event = reinterpret_cast<inotify_event const*>(at);
            created.emplace(event->name);
            at += sizeof *event + event->len;
        }
    EXPECT_EQ(created,
        (std::set<std::string>{"store.db", "store.db-wal", "store.db.keys", "store.db.keys-wal"}));
}

} // namespace
} // namespace gatehouse::storage::sqlite
