// SPDX-License-Identifier: Apache-2.0
#include "routing/rewrite.hpp"

#include <gtest/gtest.h>

namespace gatehouse::routing {
namespace {

std::string rewritten(std::string_view match, std::string_view to, std::string_view path)
{
    auto const rewrite = Rewrite::compile(match, to);
    return rewrite ? rewrite->apply(path) : rewrite.error().message;
}

TEST(Rewrite, puts_in_what_the_match_stands_for)
{
    EXPECT_EQ(rewritten("/api/**", "/v2/**", "/api/a/b"), "/v2/a/b");
    EXPECT_EQ(rewritten("/api/**", "/v2/**", "/api"), "/v2");
    EXPECT_EQ(rewritten("/api/**", "/v2/**", "/api/a/"), "/v2/a/");
    EXPECT_EQ(rewritten("/api/**", "/**", "/api/a"), "/a");
    EXPECT_EQ(rewritten("/api/**", "/**", "/api"), "/");
    EXPECT_EQ(rewritten("/api/**", "/fixed", "/api/a"), "/fixed");
    EXPECT_EQ(rewritten("/:a/x/:b/**", "/:b/:a/**", "/1/x/2%2F3/4"), "/2%2F3/1/4");
    EXPECT_EQ(rewritten("/a/:id", "/b/:id", "/a/7/"), "/b/7");
    EXPECT_EQ(rewritten("/a", "/", "/a"), "/");
}

TEST(Rewrite, is_told_what_is_wrong_with_it)
{
    EXPECT_EQ(rewritten("/a", "b", "/a"), "is no path: write one that begins with /");
    EXPECT_EQ(rewritten("/a", "/b/**", "/a"),
        "has **, and the match has none: add it there, or leave it out");
    EXPECT_EQ(rewritten("/a/**", "/**/b", "/a"), "goes on after **: ** stands last");
    EXPECT_EQ(rewritten("/a/:id", "/b/:name", "/a/1"), "has :name, which the match does not name");
    for (std::string_view const segment : {"..", "%2e", "", "a?b", "a#b", "a*", "%zz"}) {
        auto const to = "/x/" + std::string(segment) + "/y";
        EXPECT_TRUE(rewritten("/a", to, "/a").ends_with("is no segment of a path")) << to;
    }
}

std::string location(std::string_view to, std::string_view path, std::string_view query = {})
{
    auto const redirection = Redirection::compile("/old/**", to);
    return redirection ? redirection->location(path, query) : redirection.error().message;
}

TEST(Redirection, keeps_the_query_and_leads_to_no_other_host)
{
    EXPECT_EQ(location("/new/**", "/old/a", "b=c"), "/new/a?b=c");
    EXPECT_EQ(location("https://b.example/**", "/old/a"), "https://b.example/a");
    EXPECT_EQ(location("https://b.example:8443", "/old/a"), "https://b.example:8443/");
    EXPECT_EQ(location("/**", "/old/\\evil.example"), "/%5Cevil.example");
    EXPECT_EQ(location("/**", "/old/a\"<", "x=\" \\"), "/a%22%3C?x=%22%20%5C");
    EXPECT_EQ(location("https:///x", "/old"), "names no host after its scheme");
    EXPECT_EQ(location("https://u@h/x", "/old"), "names no host after its scheme");
    EXPECT_EQ(location("//evil.example/**", "/old"), "holds \"\", which is no segment of a path");
}

} // namespace
} // namespace gatehouse::routing
