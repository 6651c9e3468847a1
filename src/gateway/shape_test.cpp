// SPDX-License-Identifier: Apache-2.0
#include "gateway/world_test.hpp"

#include <gtest/gtest.h>

// What routes change of what passes.
namespace gatehouse::gateway {
namespace {

std::string get(std::string_view path, std::string_view fields = "")
{
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

GatewayOptions shaped(ShapeOptions shape)
{
    auto options = one_service();
    options.routes[0].shape = std::move(shape);
    return options;
}

// The upstream answers with these fields; what the client gets.
std::string answered(World& world, std::string_view request, std::string_view fields = "")
{
    auto const client = world.connect();
    world.say(client, request);
    world.say(world.upstream(),
        "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: 2\r\n\r\nhi");
    return world.hear(client);
}

TEST(Rewrite, is_what_the_service_and_the_files_see)
{
    auto files = std::make_shared<FileSet>();
    files->add("/page.html", "<p>");
    auto options = shaped({.rewrite = "/v2/**"});
    options.files = {{.name = "web", .files = files}};
    options.routes.push_back(
        {.path = "/web/**", .target = Target::files, .to = "web", .shape = {.rewrite = "/**"}});
    World world(options);
    world.say(world.connect(), get("/api/a%20b?c=d"));
    EXPECT_TRUE(world.hear(world.upstream()).starts_with("GET /v2/a%20b?c=d HTTP/1.1\r\n"));
    EXPECT_TRUE(world.ask(world.connect(), get("/web/page.html")).ends_with("<p>"));
}

TEST(Redirect, is_answered_before_anybody_is_asked_who_they_are)
{
    auto options = one_service();
    options.routes.push_back({.path = "/old/**",
        .target = Target::redirect,
        .auth = {"guests"},
        .shape = {.redirect = RedirectOptions{.to = "/new/**", .status = 301}}});
    World world(options);
    auto const client = world.connect();
    auto const answer = world.ask(client, get("/old/a?b=c"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 301 ")) << answer;
    EXPECT_TRUE(has(answer, "Location: /new/a?b=c\r\n") && has(answer, "Content-Length: 0\r\n"));
    EXPECT_TRUE(world.wire.is_open(client));
}

TEST(HeaderEdits, remove_then_set_then_add)
{
    HeaderEdits const edits{
        .remove = {"x-old"}, .set = {{"X-Set", "ours"}}, .add = {{"X-Add", "too"}}};
    World world(shaped({.request = edits, .response = edits}));
    constexpr std::string_view fields
        = "X-Old: 1\r\nx-set: theirs\r\nX-Set: again\r\nX-Add: one\r\nX-Other: 1\r\n";
    auto const client = world.connect();
    world.say(client, get("/api/x", fields));
    auto const up = world.upstream();
    auto const request = world.hear(up);
    world.say(up, "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: 2\r\n\r\nhi");
    for (auto const& text : {request, world.hear(client)}) {
        EXPECT_FALSE(has(text, "X-Old") || has(text, "theirs") || has(text, "again")) << text;
        EXPECT_TRUE(has(text, "X-Set: ours\r\n") && has(text, "X-Add: one\r\n")) << text;
        EXPECT_TRUE(has(text, "X-Add: too\r\n") && has(text, "X-Other: 1\r\n")) << text;
    }
    EXPECT_TRUE(has(world.ask(client, get("/nowhere")), " 404 ")) << "no route, no edits";
}

CorsOptions const some{.origins = {"https://a.example", "https://*.b.example"},
    .headers = {"X-Mine", "Authorization"},
    .expose = {"X-Own"},
    .credentials = true,
    .max_age = 600s};

std::string preflight(std::string_view origin, std::string_view headers = "x-mine, x-other")
{
    return "OPTIONS /api/x HTTP/1.1\r\nHost: h\r\nOrigin: " + std::string(origin)
        + "\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: "
        + std::string(headers) + "\r\n\r\n";
}

TEST(Cors, answers_preflights_without_asking_the_service_or_for_a_token)
{
    auto options = shaped({.cors = some});
    options.routes[0].methods = {"PUT"};
    options.routes[0].auth = {"guests"};
    World world(options);
    auto const client = world.connect();
    auto const granted = world.ask(client, preflight("https://a.example"));
    EXPECT_TRUE(granted.starts_with("HTTP/1.1 204 ")) << granted;
    for (auto const* line : {"Access-Control-Allow-Origin: https://a.example\r\n",
             "Access-Control-Allow-Credentials: true\r\n", "Access-Control-Allow-Methods: PUT\r\n",
             "Access-Control-Allow-Headers: x-mine\r\n", "Access-Control-Max-Age: 600\r\n",
             "Vary: Origin\r\n"})
        EXPECT_TRUE(has(granted, line)) << line << granted;
    auto const refused = world.ask(client, preflight("https://evil.example"));
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 204 ")) << refused;
    EXPECT_FALSE(has(refused, "Access-Control-Allow")) << refused;
    EXPECT_TRUE(world.wire.dialled.empty());
    EXPECT_EQ(world.counted("api", "2xx"), 2);
}

TEST(Cors, a_route_that_says_nothing_of_it_gets_preflights_as_they_are)
{
    World world(one_service());
    world.say(world.connect(), preflight("https://a.example"));
    EXPECT_TRUE(world.hear(world.upstream()).starts_with("OPTIONS /api/x "));
}

TEST(Cors, stands_on_answers_in_place_of_what_the_service_said)
{
    World world(shaped({.cors = some}));
    auto const theirs = "Access-Control-Allow-Origin: *\r\nVary: Accept\r\n";
    auto const good = answered(world, get("/api/x", "Origin: https://c.b.example\r\n"), theirs);
    EXPECT_TRUE(has(good, "Access-Control-Allow-Origin: https://c.b.example\r\n")) << good;
    EXPECT_TRUE(has(good, "Access-Control-Expose-Headers: X-Own\r\n")) << good;
    EXPECT_TRUE(has(good, "Vary: Accept\r\n") && has(good, "Vary: Origin\r\n")) << good;
    EXPECT_FALSE(has(good, "Origin: *"));
    for (auto const* origin : {"", "Origin: https://b.example\r\n", "Origin: null\r\n",
             "Origin: http://c.b.example\r\n", "Origin: https://evil.example/x.b.example\r\n",
             "Origin: https://a.example.evil.example\r\n"}) {
        auto const other = answered(world, get("/api/x", origin), theirs);
        EXPECT_FALSE(has(other, "Access-Control")) << origin << other;
        EXPECT_TRUE(has(other, "Vary: Origin\r\n"));
    }
}

TEST(Cors, one_answer_for_all_where_all_may_read_it)
{
    World world(shaped({.cors = CorsOptions{.origins = {"*"}, .headers = {"*"}}}));
    auto const answer = answered(world, get("/api/x", "Origin: https://x.example\r\n"));
    EXPECT_TRUE(has(answer, "Access-Control-Allow-Origin: *\r\n")) << answer;
    EXPECT_FALSE(has(answer, "Vary"));
    auto const granted = world.ask(world.connect(), preflight("https://x.example", "a, b c, d"));
    EXPECT_TRUE(has(granted, "Access-Control-Allow-Headers: a, d\r\n")) << granted;
}

TEST(Cors, lets_pages_read_errors_too)
{
    auto options = shaped({.cors = some});
    options.routes[0].auth = {"guests"};
    World world(options);
    auto const answer = world.ask(world.connect(), get("/api/x", "Origin: https://a.example\r\n"));
    EXPECT_TRUE(has(answer, " 401 ") && has(answer, "Allow-Origin: https://a.example\r\n"))
        << answer;
}

TEST(SecurityHeaders, are_said_where_the_service_does_not)
{
    World world(shaped({.security = SecurityOptions{.csp = "default-src 'self'"}}));
    auto const answer = answered(world, get("/api/x"), "x-frame-options: SAMEORIGIN\r\n");
    for (auto const* line : {"X-Content-Type-Options: nosniff\r\n",
             "x-frame-options: SAMEORIGIN\r\n", "Content-Security-Policy: default-src 'self'\r\n",
             "Referrer-Policy: strict-origin-when-cross-origin\r\n"})
        EXPECT_TRUE(has(answer, line)) << line << answer;
    EXPECT_FALSE(has(answer, "DENY"));
}

TEST(ErrorBody, has_the_name_that_is_asked_for)
{
    World world(one_service());
    auto const client = world.connect();
    auto const type_for = [&](std::string_view accept) {
        auto const answer = world.ask(client, get("/nowhere", accept));
        auto const at = answer.find("Content-Type: ") + 14;
        return answer.substr(at, answer.find('\r', at) - at);
    };
    EXPECT_EQ(type_for(""), "application/problem+json");
    EXPECT_EQ(type_for("Accept: */*\r\n"), "application/problem+json");
    EXPECT_EQ(type_for("Accept: text/html, application/json;q=0.9\r\n"), "application/json");
    EXPECT_EQ(type_for("Accept: text/html\r\n"), "application/problem+json");
    EXPECT_EQ(type_for("Accept: application/json;q=0.5, application/problem+json\r\n"),
        "application/problem+json");
}

TEST(Compile, refuses_templates_that_the_path_cannot_fill)
{
    auto const error_of = [](ShapeOptions shape) {
        auto const config = gatehouse::gateway::compile(shaped(std::move(shape)));
        return config ? "" : config.error().message;
    };
    EXPECT_EQ(error_of({.rewrite = "/v2/:id"}),
        "The rewrite \"/v2/:id\" of the route api has :id, which the match does not name.");
    EXPECT_NE(error_of({.redirect = RedirectOptions{.to = "new"}}), "");
}

} // namespace
} // namespace gatehouse::gateway
