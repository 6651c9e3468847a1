// SPDX-License-Identifier: Apache-2.0
//
// What may become of the file that keys lie in: damage, copies, and traces of what was deleted.

#include "storage/conformance_test.hpp"
#include "storage/sqlite/open.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace gatehouse::storage::sqlite {
namespace {

namespace fs = std::filesystem;
using testing::append_of;
using testing::Folder;
using testing::member_of;
using testing::with_keys;

class KeyFileTest : public ::testing::Test {
protected:
    fs::path store() const { return folder_.path / "store.db"; }
    fs::path keys() const { return keys_of(store()); }
    std::unique_ptr<SqliteLog> open() const
    {
        return SqliteLog::open({.file = store(), .ballast_bytes = 0}).value();
    }

    static std::string bytes_of(fs::path const& file)
    {
        std::ifstream in(file, std::ios::binary);
        return std::string(std::istreambuf_iterator(in), {});
    }
    static void write(fs::path const& file, std::string_view bytes)
    {
        std::ofstream(file, std::ios::binary).write(
            bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }

    // Of a random length.
    std::string word(std::size_t least, std::size_t most)
    {
        std::string text(std::uniform_int_distribution(least, most)(chance_), '\0');
        for (auto& each : text)
            each = static_cast<char>('a' + chance_() % 26);
        return text;
    }

    Folder folder_;
    std::mt19937 chance_{11};
};

TEST_F(KeyFileTest, damage_costs_names_and_no_room)
{
    constexpr std::size_t page_size = 4096;
    constexpr int rooms = 150;
    auto const name = [](int room) { return "r" + std::to_string(room) + ".1"; };
    {
        auto const log = open();
        for (int room = 0; room < rooms; room++)
            ASSERT_TRUE(log->append({with_keys(append_of(name(room), 0),
                                        {member_of(word(50, 250), 1)})})
                            .at(0));
    }
    auto const sound = bytes_of(keys());
    int losses = 0;
    for (auto page = page_size; page < sound.size(); page += page_size) {
        auto damaged = sound;
        damaged.replace(page, page_size, page_size, '\x5a');
        write(keys(), damaged);
        auto const log = open();
        int named = 0;
        for (int room = 0; room < rooms; room++) {
            auto const history = log->hydrate(name(room), 10);
            ASSERT_TRUE(history) << history.error().detail;
            EXPECT_EQ(history->events.size(), 1u);
            EXPECT_NE(history->keys.empty(), history->keys_lost.empty());
            named += history->keys.empty() ? 0 : 1;
        }
        losses += named < rooms;
        auto const other = "s" + std::to_string(page) + ".1";
        ASSERT_TRUE(log->append({append_of(other, 0)}).at(0)) << "and what needs none goes on";
    }
    EXPECT_GT(losses, 2);
}

// Rows of many sizes move between pages as others come and go.
TEST_F(KeyFileTest, no_copy_of_what_was_deleted_is_left)
{
    std::vector<std::string> people;
    for (int i = 0; i < 60; i++)
        people.push_back(word(8, 256));
    std::map<std::string, std::vector<std::string>> kept;
    auto const log = open();
    for (int i = 0; i < 1500; i++) {
        auto member = member_of(people[chance_() % people.size()], 1 + chance_() % 8);
        for (auto& byte : member.key)
            byte = static_cast<char>(chance_());
        auto const name = word(5, 120) + ".1";
        ASSERT_TRUE(log->append({with_keys(append_of(name, 0), {member})}).at(0));
        kept[member.subject].push_back(name);
        kept[member.subject].push_back(member.key);
        if (i % 150 == 149) {
            ASSERT_TRUE(log->drop_keys(name));
        }
    }
    for (int i = 0; i < 20; i++) {
        while (log->forget(people[static_cast<std::size_t>(i)]).value() > 0) { }
        auto const left = bytes_of(keys()) + bytes_of(keys().native() + "-wal");
        for (int gone = 0; gone <= i; gone++) {
            auto const& subject = people[static_cast<std::size_t>(gone)];
            ASSERT_FALSE(left.contains(subject.substr(0, 8))) << gone << " after " << i;
            for (auto const& each : kept[subject])
                ASSERT_FALSE(left.contains(each.substr(0, 8))) << gone << " after " << i;
        }
        ASSERT_TRUE(left.contains(people.back()));
    }
}

TEST_F(KeyFileTest, nobody_else_may_read_it)
{
    auto const mode_of = [](fs::path const& file) {
        struct stat status { };
        return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777u : 0u;
    };
    auto const before = ::umask(022);
    {
        auto const log = open();
        ASSERT_TRUE(log->append({with_keys(append_of("a.1", 0), {member_of("u:anna", 1)})}).at(0));
        EXPECT_EQ(mode_of(keys()), 0600u);
        EXPECT_EQ(mode_of(keys().native() + "-wal"), 0600u);
    }
    ASSERT_EQ(::chmod(keys().c_str(), 0644), 0); // As an older server made it.
    open();
    ::umask(before);
    EXPECT_EQ(mode_of(keys()), 0600u);
}

TEST_F(KeyFileTest, a_restore_that_was_killed_leaves_no_keys)
{
    auto const left = keys_of(draft_of(store()));
    write(left, "keys");
    write(left.native() + "-wal", "keys");
    open();
    EXPECT_FALSE(fs::exists(left));
    EXPECT_FALSE(fs::exists(left.native() + "-wal"));
}

} // namespace
} // namespace gatehouse::storage::sqlite
