// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/folder.hpp"

#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

namespace gatehouse::storage::archive {
namespace {

struct FolderTest : ::testing::Test {
    testing::Folder temporary;
    std::unique_ptr<Folder> folder = Folder::open(temporary.path / "some" / "archive").value();

    std::vector<std::string> names(std::string_view prefix, std::string_view after, std::size_t max)
    {
        std::vector<std::string> all;
        auto const listed = folder->list(prefix, after, max);
        for (auto const& object : listed.value())
            all.push_back(object.name);
        return all;
    }
};

TEST_F(FolderTest, gives_back_what_was_put_and_replaces_it)
{
    ASSERT_TRUE(folder->put("a/b/c", std::string("x\0y", 3)));
    EXPECT_EQ(folder->get("a/b/c"), std::string("x\0y", 3));
    ASSERT_TRUE(folder->put("a/b/c", ""));
    EXPECT_EQ(folder->get("a/b/c"), "");
    auto const again = Folder::open(temporary.path / "some" / "archive" / "").value();
    EXPECT_EQ(again->get("a/b/c"), "");
}

TEST_F(FolderTest, says_not_found_and_removes_what_is_not_there)
{
    EXPECT_EQ(folder->get("a/b").error().code, ErrorCode::not_found);
    EXPECT_TRUE(folder->remove("a/b"));
    ASSERT_TRUE(folder->put("a/b", "x"));
    EXPECT_EQ(folder->get("a/b/c").error().code, ErrorCode::not_found);
    ASSERT_TRUE(folder->remove("a/b"));
    EXPECT_EQ(folder->get("a/b").error().code, ErrorCode::not_found);
}

TEST_F(FolderTest, adds_to_the_end_of_an_object)
{
    ASSERT_TRUE(folder->append("a/b", "one\n"));
    ASSERT_TRUE(folder->append("a/b", "two\n"));
    EXPECT_EQ(folder->get("a/b"), "one\ntwo\n");
    EXPECT_FALSE(folder->append("../b", "x"));
}

// A share that was mounted anew is another one for the system.
TEST_F(FolderTest, is_away_where_another_one_is_until_that_says_that_it_is_the_same)
{
    auto const root = temporary.path / "some" / "archive";
    ASSERT_TRUE(folder->put("a", "x"));
    std::filesystem::rename(root, temporary.path / "unmounted");
    EXPECT_EQ(folder->get("a").error().code, ErrorCode::unavailable);
    std::filesystem::create_directory(root);
    EXPECT_EQ(folder->get("a").error().code, ErrorCode::unavailable);
    EXPECT_EQ(folder->put("a", "y").error().code, ErrorCode::unavailable);
    std::ofstream(root / marker) << "{}";
    EXPECT_EQ(folder->get("a").error().code, ErrorCode::not_found);
    EXPECT_TRUE(folder->put("a", "y"));
    std::filesystem::remove_all(root);
    std::filesystem::rename(temporary.path / "unmounted", root);
    EXPECT_EQ(folder->get("a").error().code, ErrorCode::unavailable) << "now it is another one";
}

TEST_F(FolderTest, refuses_names_that_could_lead_out_of_it)
{
    for (std::string const name : {"", "/", "/etc/passwd", "..", "../a", "a/../b", "a//b", "a/",
             "a/./b", ".a", "a/.b", "a b", "a\nb", "a\\b", "ä", "a%2fb"}) {
        EXPECT_EQ(folder->put(name, "x").error().code, ErrorCode::bad_request) << name;
        EXPECT_EQ(folder->get(name).error().code, ErrorCode::bad_request) << name;
        EXPECT_EQ(folder->remove(name).error().code, ErrorCode::bad_request) << name;
    }
    EXPECT_FALSE(check_name(std::string(201, 'a')));
    EXPECT_FALSE(check_name(std::string("a\0", 2)));
    EXPECT_TRUE(check_name("packs/liap-tui/2026/11/21/k7qxm.9f0c2ab1.jsonl.zst"));
}

TEST_F(FolderTest, lists_in_the_order_of_names_as_bytes_like_a_map_would)
{
    std::mt19937 random(7);
    std::vector<std::string> const parts{"a", "a-b", "a.b", "a0", "b", "ab", "B"};
    std::map<std::string, std::uint64_t> model;
    for (int i = 0; i < 60; i++) {
        auto name = parts[random() % parts.size()];
        for (auto depth = random() % 3; depth > 0; depth--)
            name += "/" + parts[random() % parts.size()];
        std::string const bytes(random() % 9, 'x');
        if (folder->put(name, bytes))
            model[name] = bytes.size();
    }
    for (std::string const prefix : {"", "a", "a/", "a-b/", "a/a", "b", "nothing/"})
        for (std::string const after : {"", "a", "a-b", "a/", "a/a0", "a/b/a", "b", "zz"})
            for (std::size_t const max : {0, 1, 3, 1000}) {
                std::vector<ObjectInfo> expected;
                for (auto const& [name, size] : model)
                    if (name.starts_with(prefix) && name > after && expected.size() < max)
                        expected.push_back({name, size});
                EXPECT_EQ(folder->list(prefix, after, max), expected) << prefix << " " << after;
            }
}

TEST_F(FolderTest, never_lists_what_a_crash_left)
{
    ASSERT_TRUE(folder->put("a/b", "x"));
    std::ofstream(temporary.path / "some" / "archive" / "a" / ".c.17.draft") << "half";
    EXPECT_EQ(names("", "", 10), std::vector<std::string>{"a/b"});
}

// Whoever asked for what is listed would be refused; and "~" was to come behind all names.
TEST_F(FolderTest, never_lists_what_somebody_else_put_there)
{
    ASSERT_TRUE(folder->put("holds/a", "x"));
    auto const root = temporary.path / "some" / "archive";
    for (auto const* const name : {"holds/a note.txt", "holds/\xc3\xa4", "holds/~", "a note.txt"})
        std::ofstream(root / name) << "x";
    std::filesystem::create_directory(root / "my notes");
    std::ofstream(root / "my notes" / "b") << "x";
    EXPECT_EQ(names("", "", 10), std::vector<std::string>{"holds/a"});
}

TEST_F(FolderTest, removes_what_a_crash_left_with_the_last_object_beside_it)
{
    auto const path = temporary.path / "some" / "archive";
    auto const draft = path / "a/b/.x.1.draft";
    ASSERT_TRUE(folder->put("a/b/x", "1"));
    ASSERT_TRUE(folder->put("a/b/y", "2"));
    std::ofstream(draft) << "half";
    ASSERT_TRUE(folder->remove("a/b/x"));
    EXPECT_TRUE(std::filesystem::exists(draft));
    ASSERT_TRUE(folder->remove("a/b/y"));
    EXPECT_FALSE(std::filesystem::exists(path / "a/b"));
    EXPECT_TRUE(folder->list("", "", 10)->empty());
    ASSERT_TRUE(folder->put("a/b/x", "3"));
    EXPECT_EQ(folder->get("a/b/x").value(), "3");
}

TEST_F(FolderTest, says_which_file_it_could_not_write_and_leaves_the_old_one)
{
    ASSERT_TRUE(folder->put("a", "x"));
    auto const put = folder->put("a/b", "y"); // A file stands where a folder would.
    ASSERT_FALSE(put);
    EXPECT_TRUE(put.error().detail.contains("archive/a")) << put.error().detail;
    EXPECT_EQ(folder->get("a"), "x");
    EXPECT_EQ(folder->put("b", std::string(object_size_max + 1, ' ')).error().code,
        ErrorCode::too_large);
    EXPECT_EQ(names("", "", 10), std::vector<std::string>{"a"});
}

} // namespace
} // namespace gatehouse::storage::archive
