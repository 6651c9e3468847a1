// SPDX-License-Identifier: Apache-2.0
#include "disk.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace gatehouse::lossy_fs {
namespace {

// A disk with one file that is kept, empty and in the root.
struct Fixture {
    Disk disk{};
    std::shared_ptr<Node> root = *disk.find("/");
    std::shared_ptr<Node> file = *disk.make("/file", {});

    Fixture() { sync(root); }

    void sync(std::shared_ptr<Node> const& node) { disk.sync(node, disk.last_change()); }
};

std::string const old_sector(Disk::sector, 'o');
std::string const new_sector(Disk::sector, 'n');

TEST(Disk, keeps_what_was_synced_and_loses_the_rest)
{
    Fixture the;
    the.disk.write(*the.file, 0, "kept");
    the.sync(the.file);
    the.disk.write(*the.file, 2, "lost");
    the.disk.resize(*the.file, 3);
    EXPECT_EQ(the.file->bytes, "kel");
    auto const tally = the.disk.cut(Loss::everything, 1);
    EXPECT_EQ(the.file->bytes, "kept");
    EXPECT_EQ(tally.sectors_lost, 2);
}

TEST(Disk, keeps_nothing_that_came_after_a_sync_began)
{
    Fixture the;
    the.disk.write(*the.file, 0, "one");
    auto const begun = the.disk.last_change();
    the.disk.write(*the.file, 3, "two");
    the.disk.sync(the.file, begun);
    EXPECT_EQ(the.file->bytes, "onetwo");
    the.disk.cut(Loss::everything, 1);
    EXPECT_EQ(the.file->bytes, "one");
}

TEST(Disk, shows_what_a_failed_sync_did_not_keep_until_the_power_fails)
{
    Fixture the;
    the.disk.write(*the.file, 0, "one");
    the.disk.fail_sync(*the.file, the.disk.last_change());
    the.disk.write(*the.file, 3, "two");
    the.sync(the.file);
    EXPECT_EQ(the.file->bytes, "onetwo");
    the.disk.cut(Loss::everything, 1);
    EXPECT_EQ(the.file->bytes, std::string(3, '\0') + "two");
}

TEST(Disk, loses_the_name_of_a_file_whose_folder_was_not_synced)
{
    Fixture the;
    auto const young = *the.disk.make("/young", {});
    the.disk.write(*young, 0, "synced");
    the.sync(young);
    the.disk.cut(Loss::everything, 1);
    EXPECT_EQ(the.disk.find("/young").error(), ENOENT);
    EXPECT_TRUE(the.disk.find("/file"));
}

TEST(Disk, brings_back_what_was_removed_or_moved_and_not_synced)
{
    Fixture the;
    EXPECT_EQ(the.disk.rename("/file", "/moved"), 0);
    EXPECT_EQ(the.disk.remove("/moved", false), 0);
    EXPECT_EQ(the.disk.find("/moved").error(), ENOENT);
    the.disk.cut(Loss::everything, 1);
    EXPECT_TRUE(the.disk.find("/file"));
    EXPECT_EQ(the.disk.rename("/file", "/moved"), 0);
    the.sync(the.root);
    the.disk.cut(Loss::everything, 1);
    EXPECT_TRUE(the.disk.find("/moved"));
    EXPECT_FALSE(the.disk.find("/file"));
}

TEST(Disk, keeps_all_names_where_that_is_asked_for)
{
    Fixture the;
    EXPECT_TRUE(the.disk.make("/young", {}));
    the.disk.sync_names(the.disk.last_change());
    the.disk.cut(Loss::everything, 1);
    EXPECT_TRUE(the.disk.find("/young"));
}

TEST(Disk, tears_and_reorders_by_chance_but_never_what_was_synced)
{
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 300; seed++) {
        Fixture the;
        the.disk.write(*the.file, 0, old_sector + old_sector + old_sector);
        the.sync(the.file);
        the.disk.write(*the.file, Disk::sector, new_sector + new_sector);
        the.disk.cut(Loss::by_chance, seed);
        std::string sectors;
        for (std::size_t at = 0; at < the.file->bytes.size(); at += Disk::sector)
            sectors += the.file->bytes.substr(at, Disk::sector) == old_sector ? 'o' : 'n';
        seen.insert(sectors);
    }
    EXPECT_EQ(seen, (std::set<std::string>{"ooo", "ono", "oon", "onn"}));
}

TEST(Disk, loses_names_from_the_end_and_a_rename_as_one)
{
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 100; seed++) {
        Fixture the;
        EXPECT_TRUE(the.disk.make("/a", {}));
        EXPECT_EQ(the.disk.rename("/a", "/b"), 0);
        EXPECT_TRUE(the.disk.make("/c", {}));
        the.disk.cut(Loss::by_chance, seed);
        std::string names;
        for (auto const& [name, node] : the.root->names)
            names += name == "file" ? "" : name;
        seen.insert(names);
    }
    EXPECT_EQ(seen, (std::set<std::string>{"", "a", "b", "bc"}));
}

} // namespace
} // namespace gatehouse::lossy_fs
