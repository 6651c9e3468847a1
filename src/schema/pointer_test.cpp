// SPDX-License-Identifier: Apache-2.0
#include "schema/pointer.hpp"

#include <gtest/gtest.h>

namespace gatehouse::schema {
namespace {

TEST(Pointer, is_taken_apart_and_put_together)
{
    std::string_view pointer = "/a~1b/~0/";
    EXPECT_EQ(take_segment(pointer), "a/b");
    EXPECT_EQ(take_segment(pointer), "~");
    EXPECT_EQ(take_segment(pointer), "");
    EXPECT_EQ(take_segment(pointer), std::nullopt);
    std::string made;
    append_segment(made, "a/b~");
    EXPECT_EQ(made, "/a~1b~0");
}

// RFC 6901 §5.
TEST(Pointer, leads_to_what_the_examples_of_the_rfc_say)
{
    json::Parser parser;
    auto const root = *parser.parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8})");
    EXPECT_EQ(node_at(root, "")->size(), 5U);
    EXPECT_EQ(node_at(root, "/foo/1")->text(), "baz");
    EXPECT_EQ(node_at(root, "/")->integer(), 0);
    EXPECT_EQ(node_at(root, "/a~1b")->integer(), 1);
    EXPECT_EQ(node_at(root, "/c%d")->integer(), 2);
    EXPECT_EQ(node_at(root, "/m~0n")->integer(), 8);
    for (auto const* const nowhere : {"foo", "/foo/2", "/foo/01", "/foo/-", "/foo/0/x", "/bar"})
        EXPECT_FALSE(node_at(root, nowhere)) << nowhere;
}

} // namespace
} // namespace gatehouse::schema
