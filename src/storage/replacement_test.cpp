// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/replacement.hpp"

#include "storage/sqlite/sqlite_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
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
    constexpr int stopped = 17, whole = 6; // So many steps make it.
    write(store_.native() + ".damaged-3", "of another day");
    auto const before = files();
    auto without_draft = before;
    without_draft.erase("draft");
    for (int steps = 1; steps < whole; steps++) {
        write(draft_, "repaired");
        auto const stop = [&, step = 0]() mutable {
            if (++step == steps)
                std::_Exit(stopped);
        };
        EXPECT_EXIT(static_cast<void>(replace_store(store_, draft_, now_, stop)),
            ::testing::ExitedWithCode(stopped), "");
        EXPECT_NE(files(), without_draft) << steps;
        if (steps > 1) {
            auto const opened = SqliteLog::open({.file = store_, .ballast_bytes = 0});
            ASSERT_FALSE(opened);
            EXPECT_TRUE(opened.error().detail.contains("events repair --apply")) << steps;
        }
        auto const taken_back = take_back_replacement(store_);
        ASSERT_TRUE(taken_back) << taken_back.error().detail;
        EXPECT_EQ(files(), steps > 1 ? without_draft : before) << steps;
    }
    write(draft_, "repaired");
    int taken = 0;
    ASSERT_TRUE(replace_store(store_, draft_, now_, [&taken] { taken++; }));
    EXPECT_EQ(taken, whole);
}

} // namespace
} // namespace gatehouse::storage::sqlite
