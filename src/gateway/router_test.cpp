// SPDX-License-Identifier: Apache-2.0
#include "gateway/router.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace gatehouse::gateway {
namespace {

using Segments = std::vector<std::string>;

Segments split(std::string_view path)
{
    Segments segments;
    std::string segment;
    for (char const c : path.substr(1)) {
        if (c == '/')
            segments.push_back(std::exchange(segment, {}));
        else
            segment += c;
    }
    if (!segment.empty())
        segments.push_back(segment);
    return segments;
}

// The definition, route by route: what of a pattern is literal (2), ":id" (1) or "**" (0).
struct Model {
    std::vector<RoutePattern> patterns;

    static bool matches(Segments const& pattern, Segments const& path)
    {
        for (std::size_t i = 0; i < pattern.size(); i++) {
            if (pattern[i] == "**")
                return true;
            if (i >= path.size() || (pattern[i][0] != ':' && pattern[i] != path[i]))
                return false;
        }
        return pattern.size() == path.size();
    }

    static std::vector<int> rank(RoutePattern const& pattern)
    {
        std::vector<int> rank{pattern.host.empty() ? 0 : 1};
        for (auto const& segment : split(pattern.path))
            rank.push_back(segment == "**" ? 0 : segment[0] == ':' ? 1 : 2);
        // Where one ends and the other's ** takes nothing, the one that ends is more specific.
        rank.push_back(1);
        rank.push_back(pattern.methods.empty() ? 0 : 1);
        return rank;
    }

    std::optional<std::size_t> find(
        std::string const& host, std::string const& method, std::string const& path) const
    {
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i < patterns.size(); i++) {
            auto const& each = patterns[i];
            bool const takes = (each.host.empty() || each.host == host)
                && matches(split(each.path), split(path))
                && (each.methods.empty() || std::ranges::count(each.methods, method) > 0);
            if (takes && (!best || rank(patterns[*best]) < rank(each)))
                best = i;
        }
        return best;
    }
};

Routes compile(std::vector<RoutePattern> const& patterns)
{
    auto routes = Routes::compile(patterns);
    EXPECT_TRUE(routes) << routes.error().message;
    return routes.value();
}

TEST(Routes, the_most_specific_match_wins_whatever_the_order)
{
    std::vector<RoutePattern> patterns{{.path = "/**"}, {.path = "/api/**"}, {.path = "/api/:id"},
        {.path = "/api/me"}, {.host = "a.example", .path = "/**"},
        {.path = "/api/me", .methods = {"DELETE"}}};
    std::ranges::sort(patterns, {}, &RoutePattern::path);
    do {
        auto const routes = compile(patterns);
        auto const winner = [&](auto host, auto method, auto path) {
            auto const& pattern = patterns[routes.find(host, method, path).route.value()];
            return pattern.host + pattern.path + (pattern.methods.empty() ? "" : "!");
        };
        EXPECT_EQ(winner("x", "GET", "/"), "/**");
        EXPECT_EQ(winner("x", "GET", "/api"), "/api/**");
        EXPECT_EQ(winner("x", "GET", "/api/7"), "/api/:id");
        EXPECT_EQ(winner("x", "GET", "/api/7/"), "/api/:id");
        EXPECT_EQ(winner("x", "GET", "/api/7/8"), "/api/**");
        EXPECT_EQ(winner("x", "GET", "/api/me"), "/api/me");
        EXPECT_EQ(winner("x", "DELETE", "/api/me"), "/api/me!");
        EXPECT_EQ(winner("A.example:8080", "GET", "/api/me"), "a.example/**");
    } while (std::ranges::next_permutation(patterns, {}, [](auto const& pattern) {
        return pattern.host + pattern.path + (pattern.methods.empty() ? "" : "!");
    }).found);
}

TEST(Routes, names_the_allowed_methods_where_only_the_method_differs)
{
    auto const routes = compile({{.path = "/a/:id", .methods = {"GET", "HEAD"}},
        {.path = "/a/b", .methods = {"POST", "GET"}}, {.path = "/c"}});
    EXPECT_EQ(routes.find("", "PUT", "/a/b").allowed, "POST, GET, HEAD");
    EXPECT_EQ(routes.find("", "PUT", "/a/x").allowed, "GET, HEAD");
    EXPECT_EQ(routes.find("", "HEAD", "/a/b").route, 0);
    EXPECT_EQ(routes.find("", "GET", "/d").allowed, "");
}

TEST(Routes, equally_specific_routes_are_an_error_that_names_both)
{
    auto const error_of = [](std::vector<RoutePattern> const& patterns) {
        auto const routes = Routes::compile(patterns);
        return routes ? "" : routes.error().message;
    };
    EXPECT_EQ(error_of({{.path = "/a/:x"}, {.path = "/b"}, {.path = "/a/*"}}),
        "The route /a/* matches the same as /a/:x.");
    EXPECT_EQ(error_of({{.host = "H", .path = "/**"}, {.host = "h", .path = "/**"}}),
        "The route h/** matches the same as H/**.");
    EXPECT_NE(error_of({{.path = "/a", .methods = {"GET", "PUT"}},
                  {.path = "/a/", .methods = {"PUT"}}}),
        "");
    EXPECT_EQ(error_of({{.path = "/a", .methods = {"GET"}}, {.path = "/a", .methods = {"PUT"}},
                  {.path = "/a"}}),
        "");
}

TEST(Routes, malformed_patterns_are_an_error)
{
    for (auto const* path : {"", "a", "/**/a", "/a//b", "/:/b"})
        EXPECT_FALSE(Routes::compile(std::vector<RoutePattern>{{.path = path}})) << path;
}

TEST(Routes, agree_with_the_definition_on_random_routes)
{
    std::mt19937 chance(7);
    auto const pick = [&](auto const& all) { return all[chance() % all.size()]; };
    Segments const words{"a", "b", ":x"};
    Segments const hosts{"", "", "h"};
    std::vector<Segments> const methods{{}, {}, {"GET"}, {"PUT", "POST"}};
    for (int round = 0; round < 300; round++) {
        Model model;
        for (int i = 0; i < 12; i++) {
            RoutePattern pattern{.host = pick(hosts), .methods = pick(methods)};
            for (auto n = chance() % 4; n > 0; n--)
                pattern.path += "/" + pick(words);
            if (pattern.path.empty() || chance() % 3 == 0)
                pattern.path += "/**";
            model.patterns.push_back(pattern);
            if (!Routes::compile(model.patterns)) // It ties.
                model.patterns.pop_back();
        }
        auto const routes = compile(model.patterns);
        for (int i = 0; i < 40; i++) {
            std::string path;
            for (auto n = chance() % 5; n > 0; n--)
                path += "/" + pick(Segments{"a", "b", "c"});
            path = path.empty() ? "/" : path;
            auto const host = pick(Segments{"h", "g"});
            auto const method = pick(Segments{"GET", "PUT", "DELETE"});
            ASSERT_EQ(routes.find(host, method, path).route, model.find(host, method, path))
                << method << ' ' << host << path;
        }
    }
}

}  // namespace
}  // namespace gatehouse::gateway
