// SPDX-License-Identifier: Apache-2.0
#include "runtime/file_watch.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gatehouse::runtime {
namespace {

namespace fs = std::filesystem;

struct FileWatchTest : testing::Test {
    FileWatchTest() { write("gatehouse.yaml", "one"); }
    ~FileWatchTest() override { fs::remove_all(folder); }

    static fs::path make_folder()
    {
        auto name = (fs::temp_directory_path() / "gatehouse.XXXXXX").string();
        return mkdtemp(name.data());
    }
    void write(fs::path const& name, std::string_view text) const
    {
        std::ofstream(folder / name) << text;
    }
    // What was done before is already known to the kernel: a turn sees it without waiting.
    bool saw_a_change()
    {
        auto const before = changes;
        reactor.turn(Duration::zero());
        return changes > before;
    }

    fs::path folder = make_folder();
    Clock clock;
    Reactor reactor{clock};
    int changes = 0;
    FileWatch watch{reactor, [this] { changes++; }};
};

TEST_F(FileWatchTest, sees_a_file_written_in_place_renamed_over_removed_and_made_again)
{
    ASSERT_TRUE(watch.watch({folder / "gatehouse.yaml"}));
    EXPECT_FALSE(saw_a_change());
    write("gatehouse.yaml", "two");
    EXPECT_TRUE(saw_a_change());
    write("gatehouse.yaml.tmp", "three");
    EXPECT_FALSE(saw_a_change());
    fs::rename(folder / "gatehouse.yaml.tmp", folder / "gatehouse.yaml");
    EXPECT_TRUE(saw_a_change());
    fs::remove(folder / "gatehouse.yaml");
    EXPECT_TRUE(saw_a_change());
    write("gatehouse.yaml", "four");
    EXPECT_TRUE(saw_a_change());
    EXPECT_FALSE(saw_a_change());
}

TEST_F(FileWatchTest, is_silent_about_neighbours)
{
    ASSERT_TRUE(watch.watch({folder / "gatehouse.yaml"}));
    write("gatehouse.db", "a busy neighbour");
    EXPECT_FALSE(saw_a_change());
}

// name -> ..data/name, ..data -> ..version: an update swaps ..data and removes the old version.
TEST_F(FileWatchTest, follows_the_swapped_links_of_a_kubernetes_volume)
{
    auto const publish = [&](std::string const& version) {
        fs::create_directory(folder / version);
        write(fs::path(version) / "routes.yaml", version);
        fs::create_directory_symlink(version, folder / "..data_tmp");
        fs::rename(folder / "..data_tmp", folder / "..data");
    };
    publish("..1");
    fs::create_symlink("..data/routes.yaml", folder / "routes.yaml");
    ASSERT_TRUE(watch.watch({folder / "routes.yaml"}));
    for (auto const* version : {"..2", "..3"}) {
        publish(version);
        EXPECT_TRUE(saw_a_change()) << version;
    }
    write("..3/routes.yaml", "in place");
    EXPECT_TRUE(saw_a_change());
}

TEST_F(FileWatchTest, says_which_folder_is_missing)
{
    auto const watched = watch.watch({"/no/such/folder/gatehouse.yaml"});
    ASSERT_FALSE(watched);
    EXPECT_EQ(watched.error().message, "can't watch the folder /no/such/folder");
}

}  // namespace
}  // namespace gatehouse::runtime
