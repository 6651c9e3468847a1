// SPDX-License-Identifier: Apache-2.0
#include "routing/why.hpp"

#include <gtest/gtest.h>

namespace gatehouse::routing {
namespace {

TEST(Why, names_what_does_not_fit)
{
    RoutePattern const pattern{.host = "*.a.example",
        .path = "/x/:id/**",
        .methods = {"GET"},
        .headers = {{"x-beta", "1"}}};
    http::Headers beta;
    beta.add("X-Beta", "1");
    auto const misfit = [&](std::string_view host, std::string_view method, std::string_view path,
                            http::Headers const* headers) {
        return misfit_of(pattern, {host, method, path, "", headers});
    };
    EXPECT_EQ(misfit("B.a.example:80", "GET", "/x/1", &beta), Misfit::none);
    EXPECT_EQ(misfit("a.example", "GET", "/x/1", &beta), Misfit::host);
    EXPECT_EQ(misfit("b.a.example", "GET", "/x", &beta), Misfit::path);
    EXPECT_EQ(misfit("b.a.example", "GET", "/x/1/2", nullptr), Misfit::fields);
    EXPECT_EQ(misfit("b.a.example", "PUT", "/x/1/2", &beta), Misfit::method);
}

TEST(Why, says_what_is_more_specific)
{
    RoutePattern const all{.path = "/**"};
    EXPECT_EQ(why_before({.host = "h", .path = "/**"}, all), "names the host more exactly");
    EXPECT_EQ(why_before({.path = "/a/:id"}, {.path = "/a/**"}), "has :id where this one has **");
    EXPECT_EQ(why_before({.path = "/a/me"}, {.path = "/a/:id"}), "has me where this one has :id");
    EXPECT_EQ(why_before({.path = "/a"}, {.path = "/a/**"}), "has a path that ends there");
    EXPECT_EQ(why_before({.path = "/**", .methods = {"GET"}}, all), "names the method");
    EXPECT_EQ(why_before({.path = "/**", .query = {{"v", {}}}}, all), "wants more fields");
    EXPECT_EQ(
        why_before({.path = "/**", .query = {{"v", "1"}}}, {.path = "/**", .query = {{"v", {}}}}),
        "names the values of more fields");
}

} // namespace
} // namespace gatehouse::routing
