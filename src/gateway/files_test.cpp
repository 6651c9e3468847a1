// SPDX-License-Identifier: Apache-2.0
#include "gateway/files.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

TEST(FileSet, finds_exactly_what_was_added_and_index_html_for_folders)
{
    FileSet files;
    files.add("/index.html", "<p>");
    files.add("/js/app.js", "1");
    files.add("/js/index.html", "<b>");
    EXPECT_EQ(*files.find("/")->bytes, "<p>");
    EXPECT_EQ(*files.find("/js/")->bytes, "<b>");
    EXPECT_EQ(files.find("/js/app.js")->content_type, "text/javascript; charset=utf-8");
    for (auto const* path : {"", "/js", "/js/app.js/", "/../index.html", "/js/%61pp.js", "js/"})
        EXPECT_EQ(files.find(path), nullptr) << path;
}

TEST(FileSet, the_etag_follows_the_content)
{
    FileSet files;
    files.add("/a", "x");
    files.add("/b", "x");
    files.add("/c", "y");
    EXPECT_EQ(files.find("/a")->etag, files.find("/b")->etag);
    EXPECT_NE(files.find("/a")->etag, files.find("/c")->etag);
}

TEST(FileSet, if_none_match_is_compared_weakly)
{
    EXPECT_TRUE(names_etag("\"a1\"", "\"a1\""));
    EXPECT_TRUE(names_etag("\"b2\", W/\"a1\"", "\"a1\""));
    EXPECT_TRUE(names_etag("*", "\"a1\""));
    EXPECT_FALSE(names_etag("\"a11\"", "\"a1\""));
    EXPECT_FALSE(names_etag("", "\"a1\""));
}

}  // namespace
}  // namespace gatehouse::gateway
