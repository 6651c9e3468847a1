// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/replacement.hpp"

#include "storage/sqlite/sqlite_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace gatehouse::storage::sqlite {
namespace {

namespace fs = std::filesystem;

class ReplacementSqlite : public ::testing::Test {
protected:
    using Files = std::map<std::string, std::string>;

    void SetUp() override
    {
        write(store_, "damaged");
        write(store_.native() + "-wal", "commits");
        write(draft_, "repaired");
    }

    static void write(fs::path const& file, std::string const& text)
    {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    }
    Files files() const
    {
        Files all;
        for (auto const& each : fs::directory_iterator(folder_.path)) {
            std::ifstream in(each.path(), std::ios::binary);
            all[each.path().filename()] = std::string(std::istreambuf_iterator(in), {});
        }
        return all;
    }

    storage::testing::Folder folder_;
    fs::path store_ = folder_.path / "g.db";
    fs::path draft_ = folder_.path / "draft";
    WallTime now_{17};
};

TEST_F(ReplacementSqlite, keeps_the_damaged_store_and_its_wal)
{
    ::chmod(store_.c_str(), 0640);
    auto const kept = replace_store(store_, draft_, now_);
    ASSERT_TRUE(kept) << kept.error().detail;
    EXPECT_EQ(*kept, store_.native() + ".damaged-17");
    EXPECT_EQ(files(), (Files{{"g.db", "repaired"}, {"g.db.damaged-17", "damaged"},
                           {"g.db.damaged-17-wal", "commits"}}));
    struct stat status { };
    ASSERT_EQ(::stat(store_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(ReplacementSqlite, takes_no_draft_whose_wal_is_not_in_it)
{
    write(draft_.native() + "-wal", "commits of the draft");
    auto const before = files();
    EXPECT_FALSE(replace_store(store_, draft_, now_));
    EXPECT_EQ(files(), before);
}

TEST_F(ReplacementSqlite, leaves_all_as_it_was_where_it_fails)
{
    write(store_.native() + ".damaged-17", "of another day"); // No link takes its place.
    auto before = files();
    EXPECT_FALSE(replace_store(store_, draft_, now_));
    before.erase("draft");
    EXPECT_EQ(files(), before);
}

// After each step at which a machine may stop.
TEST_F(ReplacementSqlite, is_taken_back_wherever_it_was_cut_off)
{
    auto before = files();
    before.erase("draft");
    auto const kept = store_.native() + ".damaged-17";
    write(store_.native() + ".damaged-3", "of another day");
    before["g.db.damaged-3"] = "of another day";
    for (int steps = 1; steps <= 4; steps++) {
        write(repaired_of(store_), "repaired");
        if (steps >= 2)
            fs::create_hard_link(store_, kept);
        if (steps >= 3)
            fs::create_hard_link(store_.native() + "-wal", kept + "-wal");
        if (steps >= 4)
            fs::remove(store_.native() + "-wal");
        fs::remove(draft_);
        auto const opened = SqliteLog::open({.file = store_, .ballast_bytes = 0});
        ASSERT_FALSE(opened);
        EXPECT_TRUE(opened.error().detail.contains("events repair --apply")) << steps;
        auto const taken_back = take_back_replacement(store_);
        ASSERT_TRUE(taken_back) << taken_back.error().detail;
        EXPECT_EQ(files(), before) << steps;
    }
}

} // namespace
} // namespace gatehouse::storage::sqlite
