// SPDX-License-Identifier: Apache-2.0
#include "gateway/world_test.hpp"

#include "http/parser.hpp"

#include <gtest/gtest.h>
#include <random>

namespace gatehouse::gateway {
namespace {

TEST(Proxy, regenerates_heads_in_both_directions)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client,
        "GET /api/%78/../y?q=1 HTTP/1.1\r\nHost: h:8080\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
        "X-Kept: 2\r\nX-Forwarded-For: 6.6.6.6\r\nX-Request-Id: mine\r\nTE: trailers\r\n\r\n");
    auto const up = world.upstream();
    auto const request = world.hear(up);
    EXPECT_TRUE(request.starts_with("GET /api/y?q=1 HTTP/1.1\r\nHost: h:8080\r\n")) << request;
    for (auto const* part : {"\r\nX-Kept: 2\r\n", "\r\nX-Forwarded-For: 192.0.2.7\r\n",
             "\r\nX-Forwarded-Proto: http\r\n", "\r\nX-Forwarded-Host: h:8080\r\n",
             "\r\nVia: 1.1 gatehouse\r\n", "\r\nX-Request-Id: ", "\r\ntraceparent: 00-"})
        EXPECT_TRUE(has(request, part)) << part;
    for (auto const* part : {"X-Hop", "TE:", "6.6.6.6", "mine", "Connection"})
        EXPECT_FALSE(has(request, part)) << part;

    world.say(up,
        "HTTP/1.1 201 Made\r\nServer: s\r\nKeep-Alive: timeout=5\r\nX-A: b\r\n"
        "Content-Length: 2\r\n\r\nhi");
    auto const answer = world.hear(client);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 201 Made\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\nContent-Length: 2\r\n\r\nhi")) << answer;
    EXPECT_TRUE(has(answer, "X-A: b") && has(answer, "X-Request-Id: ") && has(answer, "Date: "));
    EXPECT_FALSE(has(answer, "Server") || has(answer, "Keep-Alive") || has(answer, "Connection"));
    EXPECT_EQ(world.counted("api", "2xx"), 1);
    EXPECT_TRUE(world.wire.is_open(client));
}

TEST(Proxy, keeps_connections_to_upstreams_and_uses_them_again)
{
    World world(one_service());
    auto const client = world.connect();
    for (int i = 0; i < 5; i++) {
        world.say(client, plain_get);
        auto const up = world.upstream();
        EXPECT_TRUE(has(world.hear(up), "GET /api/x"));
        world.say(up, plain_answer);
        EXPECT_TRUE(world.hear(client).ends_with("\r\n\r\nhi"));
    }
    EXPECT_EQ(world.wire.dialled.size(), 1);
}

TEST(Proxy, discards_idle_connections_on_bytes_end_or_age)
{
    for (int way = 0; way < 4; way++) {
        World world(one_service());
        auto const client = world.connect();
        world.say(client, plain_get);
        auto const first = world.upstream();
        world.say(first, std::string(plain_answer) + (way == 0 ? "surplus" : ""));
        if (way == 1)
            world.say(first, "HTTP/1.1 200 OK\r\n");
        if (way == 2)
            world.gateway.ended(first);
        if (way == 3)
            world.advance(51s);
        EXPECT_FALSE(world.wire.is_open(first)) << way;
        EXPECT_TRUE(world.hear(client).ends_with("hi"));
        world.say(client, plain_get);
        EXPECT_EQ(world.wire.dialled.size(), 2) << way;
    }
}

TEST(Proxy, sends_an_idempotent_request_again_when_a_kept_connection_was_stale)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, plain_get);
    auto const first = world.upstream();
    world.say(first, plain_answer);
    static_cast<void>(world.hear(client));
    static_cast<void>(world.hear(first));

    world.say(client, "PUT /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    EXPECT_TRUE(world.hear(first).ends_with("ab"));
    world.gateway.closed(first, CloseReason::failed);
    auto const second = world.upstream();
    EXPECT_NE(second, first);
    world.say(client, "cd");
    EXPECT_TRUE(world.hear(second).ends_with("\r\n\r\nabcd"));
    world.gateway.ended(second); // Once only.
    EXPECT_TRUE(has(world.hear(client), "502 Bad Gateway"));
    EXPECT_EQ(world.wire.dialled.size(), 2);
}

TEST(Proxy, does_not_repeat_a_post)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, plain_get);
    auto const first = world.upstream();
    world.say(first, plain_answer);
    static_cast<void>(world.hear(client));
    world.say(client, "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    world.gateway.ended(first);
    auto const answer = world.hear(client);
    EXPECT_TRUE(has(answer, "502 Bad Gateway") && has(answer, "SVC_002")) << answer;
    EXPECT_EQ(world.wire.dialled.size(), 1);
}

TEST(Proxy, answers_502_when_the_upstream_is_not_there_or_talks_nonsense)
{
    for (int way = 0; way < 4; way++) {
        World world(one_service());
        auto const client = world.connect();
        world.say(client, plain_get);
        auto const up = world.wire.dialled.back();
        if (way == 0)
            world.gateway.closed(up, CloseReason::refused);
        if (way == 1)
            world.advance(2100ms); // connect_timeout
        if (way > 1)
            world.gateway.connected(up);
        if (way == 2)
            world.say(up, "SSH-2.0-OpenSSH\r\n\r\n");
        if (way == 3)
            world.say(up, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
        auto const answer = world.hear(client);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ") && has(answer, "\"SVC_002\"")) << way;
        EXPECT_FALSE(world.wire.is_open(up));
        EXPECT_TRUE(world.wire.is_open(client)); // It did nothing wrong.
    }
}

TEST(Proxy, answers_504_when_no_head_comes_in_time)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, plain_get);
    auto const up = world.upstream();
    world.advance(9900ms);
    EXPECT_EQ(world.hear(client), "");
    world.advance(200ms);
    auto const answer = world.hear(client);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 504 ") && has(answer, "\"SVC_003\"")) << answer;
    EXPECT_FALSE(world.wire.is_open(up));
}

TEST(Proxy, never_passes_a_cut_body_as_whole)
{
    for (std::string const framing : {"Content-Length: 9\r\n\r\nhi",
             "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"})
        for (int way = 0; way < 3; way++) {
            World world(one_service());
            auto const client = world.connect();
            world.say(client, plain_get);
            auto const up = world.upstream();
            world.say(up, "HTTP/1.1 200 OK\r\n" + framing);
            if (way == 0)
                world.gateway.ended(up);
            if (way == 1)
                world.gateway.closed(up, CloseReason::failed);
            if (way == 2)
                world.advance(11s);
            EXPECT_TRUE(world.wire.links[client].is_reset) << framing << way;
            EXPECT_FALSE(world.hear(client).ends_with("0\r\n\r\n"));
        }
}

TEST(Proxy, cancels_the_call_when_the_client_goes_away)
{
    for (bool const at_once : {true, false}) {
        World world(one_service());
        auto const client = world.connect();
        world.say(client, plain_get);
        auto const up = world.upstream();
        if (at_once)
            world.gateway.closed(client, CloseReason::failed);
        else
            world.gateway.ended(client);
        EXPECT_TRUE(world.wire.links[up].is_reset);
        EXPECT_TRUE(has(world.sink.lines.back(), "\"status\":499"));
        EXPECT_EQ(world.gateway.open_connections(), 0);
    }
}

TEST(Proxy, frames_bodies_anew_for_whoever_receives_them)
{
    struct Case {
        std::string request, from_upstream, to_client;
        bool closes;
    };
    std::string const head = "GET /api/x HTTP/1.1\r\nHost: h\r\n\r\n";
    std::string const old = "GET /api/x HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n";
    std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"
                                "0\r\nTrailer: x\r\n\r\n";
    std::string const until_close = "HTTP/1.1 200 OK\r\n\r\nhi";
    for (auto const& [request, from_upstream, to_client, closes] : {
             Case{head, std::string(plain_answer), "Content-Length: 2\r\n\r\nhi", false},
             Case{head, chunked, "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false},
             Case{head, until_close, "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                 false},
             Case{old, std::string(plain_answer),
                 "Connection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", false},
             Case{old, chunked, "Connection: close\r\n\r\nhi", true},
             Case{old, until_close, "Connection: close\r\n\r\nhi", true},
             Case{head, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
                 "Content-Length: 7\r\n\r\n", false},
             Case{"HEAD /api/x HTTP/1.1\r\nHost: h\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "Content-Length: 7\r\n\r\n",
                 false},
         }) {
        World world(one_service());
        auto const client = world.connect();
        world.say(client, request);
        auto const up = world.upstream();
        world.say(up, from_upstream);
        if (from_upstream == until_close)
            world.gateway.ended(up);
        auto const answer = world.hear(client);
        EXPECT_TRUE(answer.ends_with(to_client)) << answer;
        EXPECT_EQ(world.wire.links[client].is_closed, closes) << answer;
    }
}

TEST(Proxy, relays_interim_answers_but_100)
{
    World world(one_service());
    auto const client = world.connect();
    EXPECT_EQ(world.ask(client,
                  "POST /api/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                  "Content-Length: 2\r\n\r\n"),
        "HTTP/1.1 100 Continue\r\n\r\n");
    auto const up = world.upstream();
    EXPECT_FALSE(has(world.hear(up), "Expect"));
    world.say(up, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    EXPECT_EQ(world.hear(client), "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    world.say(client, "ok");
    EXPECT_EQ(world.hear(up), "ok");
    world.say(up, plain_answer);
    EXPECT_TRUE(world.hear(client).ends_with("hi"));
}

TEST(Proxy, an_answer_before_the_end_of_a_long_request_ends_the_connection_cleanly)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 999999\r\n\r\nabc");
    auto const up = world.upstream();
    world.say(up, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    auto const answer = world.hear(client);
    EXPECT_TRUE(has(answer, "Connection: close\r\n") && answer.ends_with("no")) << answer;
    EXPECT_TRUE(world.wire.links[client].is_closed);
    EXPECT_FALSE(world.wire.is_open(up)); // Half a request was sent there.
}

TEST(Proxy, a_short_rest_of_a_request_is_dropped_and_the_connection_lives)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc");
    world.say(world.upstream(), plain_answer);
    EXPECT_TRUE(world.hear(client).ends_with("hi"));
    world.say(client, "de" + std::string(plain_get));
    EXPECT_EQ(world.wire.dialled.size(), 2);
    EXPECT_TRUE(has(world.hear(world.upstream()), "GET /api/x"));
}

TEST(Proxy, streams_ten_megabytes_up_with_a_bounded_backlog)
{
    World world(one_service());
    auto const client = world.connect();
    constexpr std::size_t size = 10'000'000;
    world.say(client,
        "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    auto const up = world.upstream();
    std::string const piece(16'384, 'x');
    auto received = world.hear(up);
    auto const head_size = received.size();
    std::size_t sent = 0;
    std::size_t most = 0;
    while (received.size() < head_size + size) {
        while (sent < size && !world.wire.links[client].is_paused) {
            auto const next = std::min(piece.size(), size - sent);
            world.say(client, std::string_view(piece).substr(0, next));
            sent += next;
        }
        most = std::max(most, world.wire.backlog(up));
        received += world.hear(up);
    }
    EXPECT_LE(most, Gateway::backlog_high + 2 * piece.size());
    EXPECT_GT(most, Gateway::backlog_high);
    world.say(up, plain_answer);
    EXPECT_TRUE(world.hear(client).ends_with("hi"));
}

TEST(Proxy, takes_no_more_of_one_large_read_than_the_upstream_does)
{
    World world(one_service());
    auto const client = world.connect();
    std::string bytes = "POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 100; i++)
        bytes += "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
    world.say(client, bytes + "0\r\n\r\n");
    auto const up = world.upstream();
    std::size_t heard = 0;
    while (auto const size = world.wire.backlog(up)) {
        EXPECT_LE(size, Gateway::backlog_high + 0x4010);
        heard += world.hear(up).size();
    }
    EXPECT_GT(heard, bytes.size());
    world.say(up, plain_answer);
    EXPECT_TRUE(world.hear(client).ends_with("hi"));
}

TEST(Proxy, streams_ten_megabytes_down_to_a_slow_reader_with_a_bounded_backlog)
{
    World world(one_service());
    auto const client = world.connect();
    constexpr std::size_t size = 10'000'000;
    world.say(client, plain_get);
    auto const up = world.upstream();
    world.say(up, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    auto received = world.hear(client);
    auto const head_size = received.size();
    std::string const piece(16'384, 'x');
    std::size_t sent = 0;
    while (received.size() < head_size + size) {
        while (sent < size && !world.wire.links[up].is_paused) {
            auto const next = std::min(piece.size(), size - sent);
            world.say(up, std::string_view(piece).substr(0, next));
            sent += next;
        }
        EXPECT_LE(world.wire.backlog(client), Gateway::backlog_high + 2 * piece.size());
        world.advance(20s); // The upstream is not to blame.
        received += world.hear(client);
    }
    world.say(client, plain_get);
    EXPECT_EQ(world.wire.dialled.size(), 1);
}

TEST(Proxy, resets_a_client_that_stops_reading)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, plain_get);
    auto const up = world.upstream();
    world.say(up, "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + std::string(300'000, 'x'));
    world.advance(31s);
    EXPECT_TRUE(world.wire.links[client].is_reset);
    EXPECT_FALSE(world.wire.is_open(up));
}

// Bytes may be cut anywhere: what both ends read must be the same.
TEST(Proxy, any_cut_of_the_bytes_gives_the_same_result)
{
    std::string const requests
        = "POST /api/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
          "GET /api/b HTTP/1.1\r\nHost: h\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"
          "PUT /api/c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    std::string const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
    std::mt19937 chance(5);
    for (int round = 0; round < 300; round++) {
        World world(one_service());
        auto const client = world.connect();
        std::string_view to_say = requests;
        std::string upstream_heard;
        std::string answer_left;
        std::string client_heard;
        http::RequestParser server;
        std::string bodies;
        int requests_seen = 0;
        for (int step = 0; step < 2000; step++) {
            if (!to_say.empty() && !world.wire.links[client].is_paused) {
                auto const size = std::min<std::size_t>(1 + chance() % 40, to_say.size());
                world.say(client, to_say.substr(0, size));
                to_say.remove_prefix(size);
            }
            if (!world.wire.dialled.empty()) {
                auto const up = world.upstream();
                auto const bytes = world.hear(up);
                for (std::string_view input = bytes;;) {
                    auto const read = server.next(input);
                    ASSERT_NE(read, http::Step::error);
                    if (read == http::Step::need_more)
                        break;
                    if (read == http::Step::body)
                        bodies += server.body();
                    if (read == http::Step::end) {
                        requests_seen++;
                        bodies += '|';
                        answer_left += answer;
                    }
                }
                auto const size = std::min<std::size_t>(chance() % 30, answer_left.size());
                if (size > 0)
                    world.say(up, answer_left.substr(0, size));
                answer_left.erase(0, size);
            }
            client_heard += world.hear(client);
        }
        ASSERT_EQ(requests_seen, 3) << round;
        ASSERT_EQ(bodies, "hello world||abc|");
        ASSERT_EQ(world.wire.dialled.size(), 1);
        http::ResponseParser reader;
        std::string statuses;
        std::string_view input = client_heard;
        for (int i = 0; i < 4; i++) {
            reader.begin("GET");
            for (auto read = http::Step::need_more; read != http::Step::end;) {
                read = reader.next(input);
                ASSERT_TRUE(read != http::Step::error && read != http::Step::need_more);
                if (read == http::Step::head)
                    statuses += std::to_string(reader.head().status) + " ";
            }
        }
        ASSERT_EQ(statuses, "200 200 404 200 ");
        ASSERT_TRUE(input.empty());
    }
}

}  // namespace
}  // namespace gatehouse::gateway
