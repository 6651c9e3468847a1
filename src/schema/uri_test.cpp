// SPDX-License-Identifier: Apache-2.0
#include "schema/uri.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::schema {
namespace {

// RFC 3986 §5.4, whole but for what only old parsers do.
TEST(Uri, resolves_the_examples_of_the_rfc)
{
    std::vector<std::pair<std::string, std::string>> const examples{{"g:h", "g:h"},
        {"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"}, {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"}, {"//g", "http://g"}, {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"}, {"#s", "http://a/b/c/d;p?q#s"}, {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"}, {";x", "http://a/b/c/;x"}, {"g;x", "http://a/b/c/g;x"},
        {"", "http://a/b/c/d;p?q"}, {".", "http://a/b/c/"}, {"./", "http://a/b/c/"},
        {"..", "http://a/b/"}, {"../", "http://a/b/"}, {"../g", "http://a/b/g"},
        {"../..", "http://a/"}, {"../../g", "http://a/g"}, {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"}, {"/../g", "http://a/g"}, {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"}, {"./../g", "http://a/b/g"}, {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"}, {"g/../h", "http://a/b/c/h"},
        {"g?y/../x", "http://a/b/c/g?y/../x"}, {"g#s/../x", "http://a/b/c/g#s/../x"}};
    for (auto const& [reference, expected] : examples)
        EXPECT_EQ(resolve_uri("http://a/b/c/d;p?q", reference), expected) << reference;
}

TEST(Uri, resolves_against_names_and_plain_files)
{
    EXPECT_EQ(resolve_uri("urn:uuid:1", "#/a"), "urn:uuid:1#/a");
    EXPECT_EQ(resolve_uri("", "#/a"), "#/a");
    EXPECT_EQ(resolve_uri("", "other.json"), "other.json");
    EXPECT_EQ(resolve_uri("schemas/a.json", "b.json#/c"), "schemas/b.json#/c");
}

TEST(Uri, cuts_and_decodes_the_fragment)
{
    auto const located = cut_fragment("http://a/b#/%25%22~1x");
    EXPECT_EQ(located.document, "http://a/b");
    EXPECT_EQ(located.fragment, "/%\"~1x");
    EXPECT_EQ(cut_fragment("x").fragment, "");
    EXPECT_EQ(cut_fragment("x#50%").fragment, "50%");
}

} // namespace
} // namespace gatehouse::schema
