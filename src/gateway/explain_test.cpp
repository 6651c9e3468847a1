// SPDX-License-Identifier: Apache-2.0
#include "gateway/explain.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<Config const> some_config()
{
    auto files = std::make_shared<FileSet>();
    files->add("/index.html", "<p>");
    GatewayOptions options{
        .routes = {{.id = "api",
                       .path = "/api/**",
                       .to = "users",
                       .auth = {"players", "guests"},
                       .limits = {"few"},
                       .timeout = 3s,
                       .shape = {.rewrite = "/v2/**",
                           .response = {.remove = {"Server"}},
                           .cors = CorsOptions{.origins = {"https://a.example"}}}},
            {.id = "post", .path = "/api/x", .methods = {"POST"}, .to = "users"},
            {.id = "beta", .path = "/api/x", .headers = {{"x-beta", "1"}}, .to = "users"},
            {.id = "old",
                .path = "/old/**",
                .target = Target::redirect,
                .shape = {.redirect = RedirectOptions{.to = "/api/**"}}},
            {.id = "web",
                .host = "*.example.com",
                .path = "/**",
                .target = Target::files,
                .to = "page"},
            {.id = "admin", .path = "/admin/**", .target = Target::admin}},
        .services = {{.name = "users",
            .endpoints = {"10.0.0.4:80"},
            .balance = Balance::round_robin,
            .health = {.path = "/health"}}},
        .limits = {{.name = "few", .rate = 9, .per = 60s, .burst = 2}},
        .files = {{.name = "page", .files = files}}};
    return gatehouse::gateway::compile(std::move(options)).value();
}

std::string explained(Question const& question)
{
    auto const config = some_config();
    auto const explanation = explain(*config, question);
    std::string out
        = explanation.route ? config->options.routes[*explanation.route].id + "\n" : "none\n";
    for (auto const& step : explanation.steps)
        out += fmt::format("{}: {}\n", step.stage, step.what);
    for (auto const& other : explanation.others)
        out += fmt::format("not {}: {}\n", config->options.routes[other.route].id, other.why);
    return out + fmt::format("elsewhere {}\n", explanation.elsewhere);
}

TEST(Explain, tells_what_each_stage_would_do)
{
    EXPECT_EQ(explained({.path = "/api/x", .query = "a=b"}), R"(api
preflight: CORS preflights are answered here, for https://a.example
authenticate: a token of players or guests; else 401
limit: few: 9 in 60 s, 2 at once, for each address; else 429
balance: round robin of 10.0.0.4:80, checked by GET /health
call: GET /v2/x?a=b of the service users, which may be silent for 3 s
shape: the answer goes back: without Server
record: counted as api, logged
not post: takes POST alone
not beta: wants fields that the request has not
elsewhere 7
)");
}

TEST(Explain, tells_why_another_route_is_the_more_specific_one)
{
    Question question{.method = "POST", .path = "/api/x"};
    question.headers.add("X-Beta", "1");
    EXPECT_EQ(explained(question), R"(post
balance: round robin of 10.0.0.4:80, checked by GET /health
call: POST /api/x of the service users, which may be silent for 30 s
record: counted as post, logged
not api: is less specific: POST /api/x has x where this one has **
not beta: is less specific: POST /api/x names the method
elsewhere 7
)");
}

TEST(Explain, knows_redirects_files_and_preflights)
{
    EXPECT_TRUE(explained({.path = "/old/a", .query = "b"})
                    .starts_with("old\npreflight: 308 to /api/a?b\nrecord: "));
    auto const page = explained({.host = "a.Example.com", .path = "/"});
    EXPECT_TRUE(page.starts_with("web\ncall: the file / of page, 3 bytes\n")) << page;
    auto const lost = explained({.host = "a.example.com", .path = "/x"});
    EXPECT_TRUE(lost.starts_with("web\ncall: 404: there is no file /x in page\n")) << lost;
    Question question{.method = "OPTIONS", .path = "/api/x"};
    question.headers.add("Origin", "https://b.example");
    question.headers.add("Access-Control-Request-Method", "PUT");
    auto const preflight = explained(question);
    EXPECT_TRUE(preflight.starts_with("api\npreflight: CORS preflights are answered here, for "
                                      "https://a.example; https://b.example is none\nrecord: "))
        << preflight;
}

TEST(Explain, says_400_404_405_and_who_may_not_look)
{
    EXPECT_EQ(explained({.path = "/a/../../b"}),
        "none\nroute: 400: the path is malformed\nelsewhere 0\n");
    EXPECT_EQ(
        explained({.path = "/nowhere"}), "none\nroute: 404: no route takes it\nelsewhere 10\n");
    EXPECT_TRUE(explained({.method = "PUT", .path = "/health"})
                    .starts_with("none\nroute: 405: its route takes GET, HEAD\n"));
    EXPECT_TRUE(explained({.path = "/admin/x"})
                    .contains("not admin: is found on the admin listener alone\n"));
    EXPECT_TRUE(
        explained({.path = "/admin/x", .listener = Listener::admin}).starts_with("admin\n"));
}

} // namespace
} // namespace gatehouse::gateway
