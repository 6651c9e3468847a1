// SPDX-License-Identifier: Apache-2.0
#include "routing/router.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace gatehouse::routing {
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

// The definition, route by route.
struct Model {
    std::vector<RoutePattern> patterns;

    static bool takes_host(std::string const& pattern, std::string const& host)
    {
        if (!pattern.starts_with("*."))
            return pattern.empty() || pattern == host;
        auto const below = pattern.substr(1);
        return host.size() > below.size() && host.ends_with(below);
    }

    static bool takes_path(Segments const& pattern, Segments const& path)
    {
        for (std::size_t i = 0; i < pattern.size(); i++) {
            if (pattern[i] == "**")
                return true;
            if (i >= path.size() || (pattern[i][0] != ':' && pattern[i] != path[i]))
                return false;
        }
        return pattern.size() == path.size();
    }

    // What of a pattern is literal (2), ":id" (1) or "**" (0).
    static std::vector<int> rank(RoutePattern const& pattern)
    {
        auto const length = static_cast<int>(pattern.host.size());
        bool const is_below = pattern.host.starts_with("*.");
        std::vector<int> rank{pattern.host.empty() ? 0 : is_below ? length : 1000};
        for (auto const& segment : split(pattern.path))
            rank.push_back(segment == "**" ? 0 : segment[0] == ':' ? 1 : 2);
        // Where one ends and the other's ** takes nothing, the one that ends is more specific.
        rank.push_back(1);
        rank.push_back(pattern.methods.empty() ? 0 : 1);
        rank.push_back(static_cast<int>(pattern.headers.size() + pattern.query.size()));
        int values = 0;
        for (auto const& field : pattern.headers)
            values += field.value ? 1 : 0;
        for (auto const& field : pattern.query)
            values += field.value ? 1 : 0;
        rank.push_back(values);
        return rank;
    }

    std::optional<std::size_t> find(std::string const& host, std::string const& method,
        std::string const& path, std::map<std::string, std::string> const& headers,
        std::map<std::string, std::string> const& query) const
    {
        auto const takes_fields = [](auto const& wanted, auto const& there) {
            return std::ranges::all_of(wanted, [&there](FieldPattern const& field) {
                auto const found = there.find(field.name);
                return found != there.end() && (!field.value || *field.value == found->second);
            });
        };
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i < patterns.size(); i++) {
            auto const& each = patterns[i];
            bool const takes = takes_host(each.host, host)
                && takes_path(split(each.path), split(path))
                && (each.methods.empty() || std::ranges::count(each.methods, method) > 0)
                && takes_fields(each.headers, headers) && takes_fields(each.query, query);
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
            auto const& pattern = patterns[routes.find({host, method, path}).route.value()];
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
    EXPECT_EQ(routes.find({"", "PUT", "/a/b"}).allowed, "POST, GET, HEAD");
    EXPECT_EQ(routes.find({"", "PUT", "/a/x"}).allowed, "GET, HEAD");
    EXPECT_EQ(routes.find({"", "HEAD", "/a/b"}).route, 0);
    EXPECT_EQ(routes.find({"", "GET", "/d"}).allowed, "");
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

TEST(Routes, a_host_below_another_takes_what_no_nearer_one_does)
{
    auto const routes = compile({{.host = "*.example.com", .path = "/**"},
        {.host = "*.b.example.com", .path = "/**"}, {.host = "a.b.example.com", .path = "/x"},
        {.path = "/**"}});
    EXPECT_EQ(routes.find({"a.example.com", "GET", "/x"}).route, 0);
    EXPECT_EQ(routes.find({"A.Example.com:8080", "GET", "/x"}).route, 0);
    EXPECT_EQ(routes.find({"c.b.example.com", "GET", "/x"}).route, 1);
    EXPECT_EQ(routes.find({"a.b.example.com", "GET", "/x"}).route, 2);
    EXPECT_EQ(routes.find({"a.b.example.com", "GET", "/y"}).route, 1);
    EXPECT_EQ(routes.find({"example.com", "GET", "/x"}).route, 3);
    EXPECT_EQ(routes.find({".example.com", "GET", "/x"}).route, 3);
    EXPECT_EQ(routes.find({"evilexample.com", "GET", "/x"}).route, 3);
    EXPECT_EQ(routes.find({std::string(5000, '.') + "example.com", "GET", "/x"}).route, 3);
}

TEST(Routes, fields_of_the_request_tell_routes_apart)
{
    auto const routes = compile({{.path = "/a"}, {.path = "/a", .headers = {{"x-beta", {}}}},
        {.path = "/a", .headers = {{"X-Beta", "1"}}},
        {.path = "/a", .headers = {{"x-beta", "1"}}, .query = {{"v", "2 3"}}},
        {.path = "/b", .methods = {"GET"}, .query = {{"v", "1"}}}});
    http::Headers one, other;
    one.add("X-BETA", "0");
    one.add("x-beta", "1");
    other.add("x-beta", "2");
    EXPECT_EQ(routes.find({"", "GET", "/a"}).route, 0);
    EXPECT_EQ(routes.find({"", "GET", "/a", "", &other}).route, 1);
    EXPECT_EQ(routes.find({"", "GET", "/a", "v=2", &one}).route, 2);
    EXPECT_EQ(routes.find({"", "GET", "/a", "x&v=2+3", &one}).route, 3);
    EXPECT_EQ(routes.find({"", "PUT", "/b", "v=1"}).allowed, "GET");
    EXPECT_EQ(routes.find({"", "PUT", "/b", "v=2"}).allowed, "");
}

TEST(Routes, tie_only_where_one_request_could_have_both)
{
    auto const tie = [](RoutePattern const& a, RoutePattern const& b) {
        EXPECT_EQ(is_tie(a, b), is_tie(b, a));
        EXPECT_EQ(is_tie(a, b), !Routes::compile(std::vector{a, b}));
        return is_tie(a, b);
    };
    RoutePattern const a{.path = "/:x", .headers = {{"x-a", "1"}}};
    EXPECT_TRUE(tie(a, {.path = "/:y", .headers = {{"x-b", "1"}}}));
    EXPECT_TRUE(tie(a, {.path = "/:y/", .query = {{"q", "1"}}}));
    EXPECT_FALSE(tie(a, {.path = "/:y", .headers = {{"X-A", "2"}}}));
    EXPECT_FALSE(tie(a, {.path = "/:y", .headers = {{"x-b", {}}}}));
    EXPECT_FALSE(tie(a, {.host = "*.h", .path = "/:y", .headers = {{"x-b", "1"}}}));
    EXPECT_TRUE(tie({.host = "*.H", .path = "/"}, {.host = "*.h", .path = "/"}));
    EXPECT_EQ(Routes::compile(std::vector{a, a}).error().message,
        "The route /:x with header x-a=1 matches the same as /:x with header x-a=1.");
}

TEST(Routes, agree_with_the_definition_on_random_routes)
{
    std::mt19937 chance(7);
    auto const pick = [&](auto const& all) { return all[chance() % all.size()]; };
    Segments const words{"a", "b", ":x"};
    Segments const hosts{"", "", "h", "g.h", "*.h", "*.g.h"};
    std::vector<Segments> const methods{{}, {}, {"GET"}, {"PUT", "POST"}};
    std::vector<std::vector<FieldPattern>> const fields{
        {}, {}, {}, {{"f", "1"}}, {{"f", "2"}}, {{"f", {}}}, {{"f", "1"}, {"e", {}}}};
    std::vector<std::map<std::string, std::string>> const there{
        {}, {{"f", "1"}}, {{"f", "2"}}, {{"f", "1"}, {"e", "1"}}};
    std::size_t ties = 0;
    for (int round = 0; round < 500; round++) {
        Model model;
        for (int i = 0; i < 14; i++) {
            RoutePattern pattern{.host = pick(hosts), .methods = pick(methods),
                .headers = pick(fields), .query = pick(fields)};
            for (auto n = chance() % 4; n > 0; n--)
                pattern.path += "/" + pick(words);
            if (pattern.path.empty() || chance() % 3 == 0)
                pattern.path += "/**";
            model.patterns.push_back(pattern);
            if (!Routes::compile(model.patterns)) {
                model.patterns.pop_back();
                ties++;
            }
        }
        auto const routes = compile(model.patterns);
        for (int i = 0; i < 40; i++) {
            std::string path, query;
            for (auto n = chance() % 5; n > 0; n--)
                path += "/" + pick(Segments{"a", "b", "c"});
            path = path.empty() ? "/" : path;
            auto const host = pick(Segments{"h", "g", "g.h", "f.g.h"});
            auto const method = pick(Segments{"GET", "PUT", "DELETE"});
            auto const in_head = pick(there);
            auto const in_query = pick(there);
            http::Headers headers;
            for (auto const& [name, value] : in_head)
                headers.add(name, value);
            for (auto const& [name, value] : in_query)
                query += "&" + name + "=" + value;
            ASSERT_EQ(routes.find({host, method, path, query, &headers}).route,
                model.find(host, method, path, in_head, in_query))
                << method << ' ' << host << path << '?' << query;
        }
    }
    EXPECT_GT(ties, 20) << "the tie rule was asked";
}

}  // namespace
}  // namespace gatehouse::routing
