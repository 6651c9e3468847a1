// SPDX-License-Identifier: Apache-2.0
#include "http/target.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gatehouse::http {
namespace {

TEST(PercentDecode, refuses_broken_escapes_and_nul)
{
    EXPECT_EQ(percent_decode("a%20b%C3%a4"), "a b\xc3\xa4");
    EXPECT_EQ(percent_decode("%0A"), "\n");
    for (auto const text : {"%", "a%4", "%4g", "%g4", "%%41", "%00"})
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
}

TEST(NormalizePath, gives_each_path_one_spelling)
{
    struct Case {
        std::string_view path;
        std::optional<std::string> normal;
    };
    Case const cases[] = {
        {"/", "/"},
        {"/a/b", "/a/b"},
        {"/a/b/", "/a/b/"},
        {"//a///b//", "/a/b/"},
        {"/a/./b/.", "/a/b/"},
        {"/a/b/../c", "/a/c"},
        {"/a/b/..", "/a/"},
        {"/a/..", "/"},
        {"/%61%2D%7e", "/a-~"},
        {"/a/%2e%2E/b", "/b"},
        {"/a%2fb", "/a%2Fb"},
        {"/%c3%a4%25", "/%C3%A4%25"},
        {"/%252e%252e/a", "/%252e%252e/a"}, // Decoded once, never twice.
        {"/...", "/..."},
        {"/a..b", "/a..b"},
        {"", std::nullopt},
        {"*", std::nullopt},
        {"a/b", std::nullopt},
        {"/..", std::nullopt},
        {"/a/../../b", std::nullopt},
        {"/%2e%2e", std::nullopt},
        {"/a/..%2fb", std::nullopt},
        {"/a%2F..", std::nullopt},
        {"/a%2f%2e%2e%2fb", std::nullopt},
        {"/a%5c..%5cb", std::nullopt},
        {"/a\\..\\b", std::nullopt},
        {"/a/.%2fb", std::nullopt},
        {"/a/..;/b", std::nullopt}, // To Tomcat, the same as "/a/../b".
        {"/a/%2e%2E;x=y/b", std::nullopt},
        {"/a/.;/b", std::nullopt},
        {"/a/b;x=../c", "/a/b;x=../c"},
        {"/a%", std::nullopt},
        {"/a%zz", std::nullopt},
        {"/a%00", std::nullopt},
        {"/a%0d%0ab", std::nullopt},
        {"/a%7f", std::nullopt},
    };
    for (auto const& [path, normal] : cases)
        EXPECT_EQ(normalize_path(path), normal) << path;
}

// Once is enough, and nothing comes out that climbs, however it was spelled.
TEST(NormalizePath, is_stable_and_never_leaves_a_dot_segment)
{
    constexpr std::string_view parts[]
        = {"/", ".", "..", "%2e", "%2F", "%5c", "\\", "a", "%41", "%25", "//"};
    std::mt19937 chance(5);
    for (int round = 0; round < 20'000; round++) {
        std::string path = "/";
        for (auto size = chance() % 8; size > 0; size--)
            path += parts[chance() % std::size(parts)];
        auto const normal = normalize_path(path);
        if (!normal)
            continue;
        ASSERT_EQ(normalize_path(*normal), normal) << path;
        auto careless = *percent_decode(*normal) + "/"; // As the worst of upstreams reads it.
        std::ranges::replace(careless, '\\', '/');
        ASSERT_EQ(careless.find("/../"), careless.npos) << path;
        ASSERT_EQ(careless.find("/./"), careless.npos) << path;
    }
}

TEST(QueryValue, finds_the_first_pair_of_a_name)
{
    EXPECT_EQ(query_value("a=1&b=2&a=3", "a"), "1");
    EXPECT_EQ(query_value("a=1&b=2", "b"), "2");
    EXPECT_EQ(query_value("a=x+y%2Bz&b", "a"), "x y+z");
    EXPECT_EQ(query_value("a=x+y%2Bz&b", "b"), "");
    EXPECT_EQ(query_value("a=b=c", "a"), "b=c");
    EXPECT_EQ(query_value("%61=1", "a"), "1");
    EXPECT_EQ(query_value("a=%zz&a=2", "a"), "2");
    EXPECT_EQ(query_value("", "a"), std::nullopt);
    EXPECT_EQ(query_value("&&ab=1&", "a"), std::nullopt);
}

TEST(QueryPairs, are_all_there_in_order)
{
    using Pairs = QueryPairs;
    EXPECT_EQ(query_pairs(""), Pairs());
    EXPECT_EQ(query_pairs("&&a=1&b&a=x+y%2Bz&"), (Pairs{{"a", "1"}, {"b", ""}, {"a", "x y+z"}}));
    EXPECT_EQ(query_pairs("option.a%62=%26"), (Pairs{{"option.ab", "&"}}));
    EXPECT_EQ(query_pairs("a=1&b=%zz"), std::nullopt);
    EXPECT_EQ(query_pairs("a=1&%=2"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::http
