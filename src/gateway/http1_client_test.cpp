// SPDX-License-Identifier: Apache-2.0
#include "gateway/world_test.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

TEST(Http1Client, answers_malformed_requests_with_the_one_error_body_and_closes)
{
    struct Case {
        std::string request;
        std::string_view status;
    };
    for (auto const& [request, status] : {
             Case{"nonsense\r\n\r\n", "400"},
             Case{"GET / HTTP/1.1\r\n\r\n", "400"}, // No Host.
             Case{"GET / HTTP/1.1\nHost: h\n\n", "400"},
             Case{"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
             Case{"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n",
                 "431"},
             Case{"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
             Case{"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
             Case{"POST /v1/rooms HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n",
                 "400"},
             Case{"POST /v1/rooms HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                 "400"},
             Case{"POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                 "400"},
         }) {
        World world(one_service());
        auto const client = world.connect();
        auto const answer = world.ask(client, request);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(status))) << request << answer;
        EXPECT_TRUE(has(answer, "Content-Type: application/problem+json")) << answer;
        EXPECT_TRUE(has(answer, "\"request_id\":\"") && has(answer, "Connection: close\r\n"));
        EXPECT_TRUE(world.wire.links[client].is_closed);
        EXPECT_EQ(world.sink.lines.size(), 1);
        world.say(client, plain_get); // Is not heard any more.
        EXPECT_EQ(world.hear(client), "");
    }
}

TEST(Http1Client, answers_pipelined_requests_in_order_one_at_a_time)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client,
        "GET /api/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /api/2 HTTP/1.1\r\nHost: h\r\n\r\n"
        "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\nGET /api/3 HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(world.wire.links[client].is_paused); // The bound: what one read brought.
    auto const up = world.upstream();
    for (auto const* path : {"/api/1", "/api/2", "/api/3"}) {
        auto const request = world.hear(up);
        EXPECT_TRUE(request.starts_with(std::string("GET ") + path)) << request;
        world.say(up, plain_answer);
    }
    EXPECT_FALSE(world.wire.links[client].is_paused);
    auto const answers = world.hear(client);
    auto const lost = answers.find("HTTP/1.1 404");
    EXPECT_LT(answers.find("hi"), lost);
    EXPECT_TRUE(answers.ends_with("hi"));
    EXPECT_EQ(world.counted("api", "2xx"), 3);
}

TEST(Http1Client, a_client_that_reads_nothing_is_not_served_without_end)
{
    auto options = one_service();
    auto files = std::make_shared<FileSet>();
    files->add("/big", std::string(100'000, 'x'));
    options.files = {{.name = "web", .files = files}};
    options.routes.push_back({.path = "/**", .target = Target::files, .to = "web"});
    World world(options);
    auto const client = world.connect();
    std::string many;
    for (int i = 0; i < 50; i++)
        many += "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";
    world.say(client, many);
    EXPECT_LE(world.wire.backlog(client), Gateway::backlog_high + 110'000);
    std::size_t heard = 0;
    for (int i = 0; i < 50; i++)
        heard += world.hear(client).size();
    EXPECT_GT(heard, 5'000'000);
    EXPECT_EQ(world.counted("/**", "2xx"), 50);
}

TEST(Http1Client, a_head_must_be_whole_within_ten_seconds_however_it_drips)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, "GET /api/x HTT");
    for (int i = 0; i < 9; i++) {
        world.advance(1s);
        world.say(client, i == 0 ? "P/1.1\r\nX: " : "a");
    }
    EXPECT_EQ(world.hear(client), "");
    world.advance(1100ms);
    EXPECT_TRUE(world.hear(client).starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(world.wire.links[client].is_closed);
}

TEST(Http1Client, a_body_must_make_progress)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, "POST /v1/rooms HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        world.advance(20s);
        world.say(client, "a");
    }
    EXPECT_EQ(world.hear(client), "");
    world.advance(31s);
    EXPECT_TRUE(world.hear(client).starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(world.wire.links[client].is_closed);
}

TEST(Http1Client, idle_connections_close_silently_after_a_minute)
{
    World world(one_service());
    auto const fresh = world.connect();
    auto const used = world.connect();
    world.advance(30s);
    EXPECT_TRUE(has(world.ask(used, "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"), "404"));
    world.advance(31s);
    EXPECT_TRUE(world.wire.links[fresh].is_closed);
    EXPECT_TRUE(world.wire.is_open(used));
    world.advance(30s);
    EXPECT_TRUE(world.wire.links[used].is_closed);
    EXPECT_EQ(world.hear(used), "");
    EXPECT_EQ(world.gateway.open_connections(), 0);
}

TEST(Http1Client, connection_close_and_http_1_0_end_after_the_answer)
{
    for (auto const* request : {"GET /nowhere HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
             "GET /nowhere HTTP/1.0\r\n\r\n"}) {
        World world(one_service());
        auto const client = world.connect();
        EXPECT_TRUE(has(world.ask(client, request), "Connection: close\r\n"));
        EXPECT_TRUE(world.wire.links[client].is_closed);
    }
}

TEST(Http1Client, a_head_request_gets_no_body)
{
    World world(one_service());
    auto const client = world.connect();
    auto const answer = world.ask(client, "HEAD /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(has(answer, "Content-Length: ") && answer.ends_with("\r\n\r\n")) << answer;
}

TEST(Http1Client, draining_closes_idle_connections_and_others_after_their_answer)
{
    World world(one_service());
    auto const idle = world.connect();
    auto const busy = world.connect();
    world.say(busy, plain_get);
    world.gateway.drain();
    EXPECT_TRUE(world.wire.links[idle].is_closed);
    EXPECT_TRUE(world.wire.is_open(busy));
    world.say(world.upstream(), plain_answer);
    EXPECT_TRUE(has(world.hear(busy), "Connection: close\r\n"));
    EXPECT_TRUE(world.wire.links[busy].is_closed);
    EXPECT_EQ(world.gateway.open_connections(), 0);
}

TEST(Http1Client, refuses_bodies_over_the_routes_bound)
{
    for (bool const is_chunked : {false, true}) {
        World world(one_service());
        auto const client = world.connect();
        std::string request = "POST /v1/rooms HTTP/1.1\r\nHost: h\r\n";
        if (is_chunked)
            request += "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + std::string(65'537, 'x');
        else
            request += "Content-Length: 65537\r\n\r\n";
        auto const answer = world.ask(client, request);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ") && has(answer, "REQ_003")) << answer;
        EXPECT_TRUE(world.wire.links[client].is_closed);
        EXPECT_TRUE(world.local.questions.empty());
    }
}

TEST(Http1Client, a_late_answer_for_a_connection_that_is_gone_does_nothing)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, "GET /v1/rooms HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_EQ(world.local.questions.size(), 1);
    world.gateway.closed(client, CloseReason::failed);
    world.local.questions[0].done({.body = "{}"});
    world.gateway.closed(client, CloseReason::failed);
    world.local.questions.clear();
    EXPECT_EQ(world.hear(client), "");
}

TEST(Http1Client, half_closing_after_a_local_request_still_gets_the_answer)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, "GET /v1/rooms HTTP/1.1\r\nHost: h\r\n\r\n");
    world.gateway.ended(client);
    world.local.questions.at(0).done({.body = "{}"});
    EXPECT_TRUE(world.hear(client).ends_with("\r\n\r\n{}"));
    EXPECT_TRUE(world.wire.links[client].is_closed);
}

TEST(Http1Client, hands_a_connection_over_that_can_be_heard_though_it_waited_for_its_limit)
{
    for (std::string_view const ask :
        {"GET /v1/connect HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            "GET /v1/stream HTTP/1.1\r\nHost: h\r\n\r\n"}) {
        auto options = one_service();
        options.limits = {{.name = "few", .rate = 6, .per = 60s, .burst = 2}};
        options.routes[1].limits = {"few"};
        World world(options);
        world.other_shard.owns_all = true;
        auto const client = world.connect();
        world.say(client, ask);
        EXPECT_TRUE(world.wire.links[client].is_paused);
        world.other_shard.answer(
            {.allowed = true, .retry_after = {}, .remaining = 1, .reset_after = 10s});
        EXPECT_EQ(world.local.upgraded, client);
        EXPECT_FALSE(world.wire.links[client].is_paused) << ask;
    }
}

}  // namespace
}  // namespace gatehouse::gateway
