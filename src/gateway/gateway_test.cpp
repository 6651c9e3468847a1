// SPDX-License-Identifier: Apache-2.0
#include "gateway/world_test.hpp"
#include "websocket/frame.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

std::string get(std::string_view path, std::string_view fields = "")
{
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

TEST(Identify, believes_forwarded_headers_of_trusted_proxies_only)
{
    auto options = one_service();
    options.trusted_proxies = {"192.0.2.0/24", "10.0.0.0/8"};
    World world(options);
    auto const fields = "X-Forwarded-For: 6.6.6.6, 198.51.100.9, 10.1.1.1\r\nX-Request-Id: r-1\r\n";
    world.say(world.connect("192.0.2.7"), get("/v1/a", fields));
    world.say(world.connect("203.0.113.5"), get("/v1/a", fields));
    auto const& questions = world.local.questions;
    ASSERT_EQ(questions.size(), 2);
    EXPECT_EQ(questions[0].peer, "198.51.100.9");
    EXPECT_EQ(questions[0].request_id, "r-1");
    EXPECT_EQ(questions[1].peer, "203.0.113.5");
    EXPECT_EQ(questions[1].request_id.size(), 32);

    auto const proxied = world.connect("192.0.2.7");
    world.say(proxied, get("/api/a", fields));
    auto const request = world.hear(world.upstream());
    EXPECT_TRUE(has(request, "X-Forwarded-For: 6.6.6.6, 198.51.100.9, 10.1.1.1\r\n"
                             "X-Forwarded-For: 192.0.2.7\r\n"))
        << request;
}

TEST(Identify, continues_a_trace_under_a_span_of_its_own)
{
    World world(one_service());
    world.say(world.connect(),
        get("/api/a",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
            "tracestate: a=1\r\n"));
    auto const request = world.hear(world.upstream());
    EXPECT_TRUE(has(request, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
    EXPECT_FALSE(has(request, "b7ad6b7169203331"));
    EXPECT_TRUE(has(request, "tracestate: a=1"));

    world.say(world.connect(), get("/api/a", "traceparent: nonsense\r\ntracestate: a=1\r\n"));
    EXPECT_FALSE(has(world.hear(world.upstream()), "tracestate"));
}

TEST(Route, says_404_405_and_400)
{
    auto options = one_service();
    options.routes.push_back({.path = "/only", .methods = {"GET", "PUT"}, .to = "users"});
    World world(options);
    auto const client = world.connect();
    EXPECT_TRUE(has(world.ask(client, get("/nowhere")), "\"REQ_001\""));
    auto const refused = world.ask(client, "POST /only HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(has(refused, " 405 ") && has(refused, "Allow: GET, PUT\r\n")) << refused;
    EXPECT_TRUE(has(world.ask(client, get("/../x")), " 400 "));
    EXPECT_TRUE(has(world.ask(client, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), " 204 "));
    EXPECT_EQ(world.counted("none", "4xx"), 3);
    EXPECT_TRUE(world.wire.is_open(client));
}

TEST(Route, operators_routes_are_found_on_their_listener_only)
{
    auto options = one_service();
    options.routes.push_back({.path = "/admin/**", .target = Target::admin});
    World world(options);
    EXPECT_TRUE(has(world.ask(world.connect(), get("/admin/x")), " 404 "));
    auto const operators = world.wire.open();
    world.gateway.opened(operators, {.listener = Listener::admin, .ip = "127.0.0.1"});
    world.say(operators, get("/admin/x"));
    EXPECT_EQ(world.local.questions.size(), 1);
}

TEST(Route, health_and_metrics_are_built_in_unless_shadowed)
{
    auto options = one_service();
    options.routes.push_back({.id = "mine", .path = "/metrics", .to = "users"});
    World world(options);
    world.local.prompt = http::Response{.body = "{\"ok\":true}"};
    auto const client = world.connect();
    for (auto const* path : {"/health", "/health/live", "/health/ready"})
        EXPECT_TRUE(world.ask(client, get(path)).ends_with("{\"ok\":true}")) << path;
    world.say(client, get("/metrics"));
    EXPECT_EQ(world.wire.dialled.size(), 1);
}

TEST(Authenticate, wants_a_good_token_where_the_route_lists_ways)
{
    auto options = one_service();
    options.routes[0].auth = {"guests"};
    World world(options);
    auto const client = world.connect();
    auto const refused = world.ask(client, get("/api/x"));
    EXPECT_TRUE(has(refused, " 401 ") && has(refused, "AUTH_001")
        && has(refused, "WWW-Authenticate: Bearer realm=\"gatehouse\"\r\n"))
        << refused;
    auto const forged = world.ask(client, get("/api/x", "Authorization: Bearer bad\r\n"));
    EXPECT_TRUE(has(forged, " 401 ") && has(forged, "error=\"invalid_token\"")) << forged;
    EXPECT_FALSE(has(forged, "it is forged")) << "that is for the log";
    EXPECT_TRUE(has(world.sink.lines.back(), "it is forged")) << world.sink.lines.back();
    EXPECT_TRUE(has(
        world.ask(client, get("/api/x", "Authorization: Bearer late\r\n")), "token_expired"));
    world.say(client, get("/api/x", "authorization: bearer ann-token\r\n"));
    EXPECT_EQ(world.wire.dialled.size(), 1);
}

TEST(Authenticate, takes_an_api_key_in_either_place)
{
    auto options = one_service();
    options.routes[0].auth = {"partners"};
    World world(options);
    world.say(world.connect(), get("/api/x", "X-Api-Key: ann-token\r\n"));
    EXPECT_EQ(world.wire.dialled.size(), 1);
    auto const two = get("/api/x", "Authorization: Bearer ann-token\r\nX-Api-Key: bad\r\n");
    world.say(world.connect(), two);
    EXPECT_EQ(world.wire.dialled.size(), 2) << "the token is what is looked at";
}

TEST(Authenticate, is_shown_the_certificate_of_the_connection)
{
    auto options = one_service();
    options.routes[0].auth = {"internal"};
    World world(options);
    auto const client = world.wire.open();
    auto const certificate = std::make_shared<identity::Certificate const>(
        identity::Certificate{.subject = "CN=designs"});
    world.gateway.opened(
        client, {.ip = "192.0.2.7", .is_secure = true, .certificate = certificate});
    world.say(client, get("/api/x"));
    ASSERT_EQ(world.wire.dialled.size(), 1);
    auto const request = world.hear(world.upstream());
    EXPECT_TRUE(has(request, "X-Forwarded-Proto: https\r\n")) << request;
}

// One of them for us, the other for whoever is behind us.
TEST(Authenticate, refuses_two_tokens_at_once)
{
    auto options = one_service();
    options.routes[0].auth = {"guests"};
    World world(options);
    auto const answer = world.ask(world.connect(),
        get("/api/x",
            "Authorization: Bearer ann-token\r\nAuthorization: Bearer of-bob\r\n"));
    EXPECT_TRUE(has(answer, " 400 ")) << answer;
    EXPECT_TRUE(world.wire.dialled.empty());
}

TEST(Authenticate, waits_for_keys_that_are_on_their_way)
{
    auto options = one_service();
    options.routes[0].auth = {"players"};
    World world(options);
    auto const request = get("/api/x", "Authorization: Bearer new-key\r\n");
    auto const client = world.connect();
    EXPECT_EQ(world.ask(client, request), "");
    world.authenticator.wake();
    EXPECT_EQ(world.hear(client), "") << "they have not come yet";
    world.authenticator.has_new_key = true;
    world.authenticator.wake();
    EXPECT_EQ(world.wire.dialled.size(), 1);
    world.say(world.upstream(), plain_answer);
    EXPECT_TRUE(has(world.hear(client), " 200 "));
}

TEST(Authenticate, refuses_who_waited_in_vain_and_forgets_who_left)
{
    auto options = one_service();
    options.routes[0].auth = {"players"};
    World world(options);
    auto const request = get("/api/x", "Authorization: Bearer new-key\r\n");
    auto const client = world.connect();
    auto const gone = world.connect();
    world.say(client, request);
    world.say(gone, request);
    world.gateway.closed(gone, CloseReason::failed);
    world.authenticator.is_issuer_away = true;
    world.authenticator.wake();
    EXPECT_TRUE(has(world.hear(client), " 401 "));
    EXPECT_EQ(world.counted("api", "4xx"), 2) << "499 for who left";
    EXPECT_TRUE(world.authenticator.waiting.empty());
}

TEST(Authorise, lets_in_whose_roles_the_route_requires)
{
    auto options = one_service();
    options.roles = {{"designer", {"designs.*"}}, {"admin", {"*"}}};
    options.routes[0].auth = {"players"};
    std::string const ann = "Authorization: Bearer ann-token\r\n";
    for (auto const& [require, is_let_in] : std::initializer_list<std::pair<char const*, bool>>{
             {"role in (designer, admin)", true}, {"permission designs.write", true},
             {"role admin", false}, {"not role designer", false},
             {"permission users.write or role nobody", false}}) {
        options.routes[0].require = require;
        World world(options);
        auto const answer = world.ask(world.connect(), get("/api/x", ann));
        EXPECT_EQ(world.wire.dialled.size(), is_let_in ? 1 : 0) << require;
        EXPECT_EQ(has(answer, " 403 ") && has(answer, "AUTH_002")
                && has(answer, "error=\"insufficient_scope\""),
            !is_let_in)
            << require << answer;
        EXPECT_TRUE(has(world.ask(world.connect(), get("/api/x")), " 401 ")) << require;
    }
}

TEST(Authenticate, lets_rooms_ask_for_themselves)
{
    World world(one_service());
    world.say(world.connect(), get("/v1/a"));
    world.say(world.connect(), get("/v1/a", "Authorization: Bearer ann-token\r\n"));
    ASSERT_EQ(world.local.questions.size(), 2);
    EXPECT_EQ(world.local.questions[0].principal, "");
    EXPECT_EQ(world.local.questions[1].principal, "ann");
    EXPECT_TRUE(has(
        world.ask(world.connect(), get("/v1/a", "Authorization: Bearer bad\r\n")), " 401 "));
}

TEST(Limit, refuses_with_429_and_tells_when_to_come_again)
{
    auto options = one_service();
    options.limits = {{.name = "few", .rate = 6, .per = 60s, .burst = 2}};
    options.routes[1].limits = {"few"};
    World world(options);
    world.local.prompt = http::Response{};
    auto const client = world.connect();
    auto const granted = world.ask(client, get("/v1/a"));
    EXPECT_TRUE(has(granted, "RateLimit-Policy: \"few\";q=2;w=20\r\n")) << granted;
    EXPECT_TRUE(has(granted, "RateLimit: \"few\";r=1;t=10\r\n")) << granted;
    EXPECT_TRUE(has(world.ask(client, get("/v1/a")), " 200 "));
    auto const refused = world.ask(client, get("/v1/a"));
    EXPECT_TRUE(has(refused, " 429 ") && has(refused, "Retry-After: 10\r\n")
        && has(refused, "RATE_001"))
        << refused;
    EXPECT_TRUE(has(world.ask(world.connect("192.0.2.8"), get("/v1/a")), " 200 "));
    world.advance(10s);
    EXPECT_TRUE(has(world.ask(client, get("/v1/a")), " 200 "));
}

TEST(Limit, is_asked_of_the_shard_that_owns_the_account)
{
    auto options = one_service();
    options.limits = {{.name = "few", .rate = 6, .per = 60s, .burst = 2}};
    options.routes[1].limits = {"few"};
    World world(options);
    world.other_shard.owns_all = true;
    auto const client = world.connect();
    auto const post = "POST /v1/a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";

    world.say(client, post);
    EXPECT_TRUE(world.hear(client).empty());
    EXPECT_EQ(world.other_shard.asked, std::vector<std::string>{"few 192.0.2.7"});
    EXPECT_TRUE(world.local.questions.empty());
    world.other_shard.answer(
        {.allowed = true, .retry_after = {}, .remaining = 1, .reset_after = 10s});
    ASSERT_EQ(world.local.questions.size(), 1);
    EXPECT_EQ(world.local.questions[0].body, "{}");
    world.local.questions[0].done({});
    EXPECT_TRUE(has(world.hear(client), "RateLimit: \"few\";r=1;t=10\r\n"));

    world.say(client, post);
    world.other_shard.answer(
        {.allowed = false, .retry_after = 5s, .remaining = 0, .reset_after = 20s});
    auto const refused = world.hear(client);
    EXPECT_TRUE(has(refused, " 429 ") && has(refused, "Retry-After: 5\r\n")) << refused;

    auto const half = world.connect();
    world.say(half, post);
    world.gateway.ended(half);
    world.other_shard.answer(
        {.allowed = true, .retry_after = {}, .remaining = 1, .reset_after = 10s});
    ASSERT_EQ(world.local.questions.size(), 2);
    world.local.questions[1].done({});
    EXPECT_TRUE(has(world.hear(half), " 200 ")) << "it waits, though it says no more";
    EXPECT_FALSE(world.wire.is_open(half));

    world.say(client, post);
    world.gateway.closed(client, CloseReason::failed);
    world.other_shard.answer(
        {.allowed = true, .retry_after = {}, .remaining = 1, .reset_after = 10s});
    EXPECT_EQ(world.local.questions.size(), 2); // Nobody waits for this answer any more.
}

TEST(Limit, judges_for_other_shards_by_name)
{
    auto options = one_service();
    options.limits = {{.name = "few", .rate = 6, .per = 60s, .burst = 2}};
    World world(options);
    EXPECT_TRUE(world.gateway.judge("few", "ann").allowed);
    EXPECT_TRUE(world.gateway.judge("few", "ann").allowed);
    EXPECT_EQ(world.gateway.judge("few", "ann").retry_after, 10s);
    EXPECT_TRUE(world.gateway.judge("gone", "ann").allowed);
}

TEST(Local, gets_whole_bodies_and_its_answer_is_sent)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, "POST /v1/rooms HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n{\"");
    EXPECT_TRUE(world.local.questions.empty());
    world.say(client, "a}");
    ASSERT_EQ(world.local.questions.size(), 1);
    EXPECT_EQ(world.local.questions[0].body, "{\"a}");
    world.local.questions[0].done(
        {.status = 201, .body = "{}", .headers = {{"Location", "/v1/rooms/x"}}});
    auto const answer = world.hear(client);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 201 Created\r\n")) << answer;
    EXPECT_TRUE(has(answer, "Location: /v1/rooms/x\r\n") && has(answer, "application/json"));
    EXPECT_TRUE(answer.ends_with("Content-Length: 2\r\n\r\n{}"));
}

constexpr std::string_view upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                     "Sec-WebSocket-Version: 13\r\n";

TEST(Local, takes_the_connection_on_a_websocket_handshake_to_rooms)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, get("/v1/connect", upgrade) + "early");
    EXPECT_EQ(world.local.upgraded, client);
    EXPECT_EQ(world.local.leftover, "early");
    EXPECT_EQ(world.hear(client), "");
    world.say(client, "frames"); // Not the gateway's any more.
    world.gateway.ended(client);
    world.advance(100s);
    EXPECT_TRUE(world.wire.is_open(client));
    EXPECT_EQ(world.gateway.open_connections(), 0);
    world.say(world.connect(), get("/v1/connect")); // No handshake.
    EXPECT_EQ(world.local.questions.size(), 1);
}

TEST(Local, takes_the_connection_of_who_asks_for_an_event_stream_of_rooms)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, get("/v1/stream"));
    EXPECT_EQ(world.local.upgraded, client);
    EXPECT_EQ(world.hear(client), "") << "the answer is the callee's";
    EXPECT_EQ(world.gateway.open_connections(), 0);
    for (auto const& other : {get("/v1/streams"), get("/v1/stream", "Content-Length: 1\r\n") + "x",
             std::string("HEAD /v1/stream HTTP/1.1\r\nHost: h\r\n\r\n")}) {
        auto const asked = world.local.questions.size();
        world.say(world.connect(), other);
        EXPECT_EQ(world.local.questions.size(), asked + 1) << other;
        EXPECT_EQ(world.local.upgraded, client);
    }
}

constexpr std::string_view switching
    = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct TunnelTest : testing::Test {
    TunnelTest()
    {
        world.say(client, get("/api/ws", upgrade));
        up = world.upstream();
        request = world.hear(up);
        world.say(client, "early");
        world.say(up, fmt::format("{}hello", switching));
    }
    World world{one_service()};
    ConnectionId client = world.connect();
    ConnectionId up{};
    std::string request;
};

TEST_F(TunnelTest, passes_bytes_both_ways_after_101)
{
    EXPECT_TRUE(has(request, "Connection: Upgrade\r\nUpgrade: websocket\r\n")) << request;
    EXPECT_TRUE(has(request, "Sec-WebSocket-Key: dGhl"));
    auto const answer = world.hear(client);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << answer;
    EXPECT_TRUE(has(answer, "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhello"));
    EXPECT_EQ(world.hear(up), "early");
    world.say(client, "a");
    world.say(up, "b");
    EXPECT_EQ(world.hear(up) + world.hear(client), "ab");
    EXPECT_FALSE(world.wire.links[client].is_paused);
    EXPECT_EQ(world.gateway.open_connections(), 1);
    EXPECT_EQ(world.counted("api", "1xx"), 1);
}

TEST_F(TunnelTest, ends_each_direction_alone)
{
    world.gateway.ended(client);
    EXPECT_TRUE(world.wire.links[up].is_finished);
    static_cast<void>(world.hear(client));
    world.say(up, "rest");
    EXPECT_EQ(world.hear(client), "rest");
    world.gateway.ended(up);
    EXPECT_TRUE(world.wire.links[client].is_closed && world.wire.links[up].is_closed);
    EXPECT_EQ((world.gateway.received(up, {}), world.gateway.open_connections()), 0);
}

TEST_F(TunnelTest, holds_a_sender_back_while_the_receiver_is_slow)
{
    static_cast<void>(world.hear(client));
    while (!world.wire.links[up].is_paused)
        world.say(up, std::string(50'000, 'x'));
    EXPECT_LE(world.wire.backlog(client), Gateway::backlog_high + 50'000);
    EXPECT_FALSE(world.wire.links[client].is_paused);
    static_cast<void>(world.hear(client));
    EXPECT_FALSE(world.wire.links[up].is_paused);
}

TEST_F(TunnelTest, closes_with_its_other_end_and_after_an_hour_of_silence)
{
    world.advance(50min);
    world.say(client, "still here");
    world.advance(50min);
    EXPECT_TRUE(world.wire.is_open(up));
    world.advance(11min);
    EXPECT_TRUE(world.wire.links[up].is_closed && world.wire.links[client].is_closed);
}

TEST_F(TunnelTest, an_upstream_that_is_lost_closes_the_client)
{
    world.gateway.closed(up, CloseReason::failed);
    EXPECT_TRUE(world.wire.links[client].is_closed);
}

constexpr websocket::MaskKey no_mask{};

websocket::MaskKey mask_of(std::string_view key)
{
    websocket::MaskKey mask;
    std::ranges::copy(key, mask.begin());
    return mask;
}

std::string encode_restart(std::optional<websocket::MaskKey> mask)
{
    std::string frame;
    websocket::append_frame(frame, websocket::Opcode::close,
        websocket::close_payload(websocket::CloseCode::restart, "restart"), mask);
    return frame;
}

std::string masked_text(std::string_view text)
{
    std::string frame;
    websocket::append_frame(frame, websocket::Opcode::text, text, mask_of("mask"));
    return frame;
}

// A WebSocket in a tunnel, of which nothing was read yet.
struct DrainTest : testing::Test {
    DrainTest()
    {
        world.say(client, get("/api/ws", upgrade));
        up = world.upstream();
        static_cast<void>(world.hear(up));
        world.say(up, switching);
    }
    World world{one_service()};
    ConnectionId client = world.connect();
    ConnectionId up{};
};

TEST_F(DrainTest, closes_both_sides_of_a_websocket_with_1012)
{
    world.say(up, websocket::encode_text("hi"));
    world.say(client, masked_text("ho"));
    world.gateway.drain();
    world.advance(1s);
    EXPECT_TRUE(
        world.hear(client).ends_with(websocket::encode_text("hi") + encode_restart(std::nullopt)));
    auto const heard = world.hear(up);
    auto const key = heard.substr(heard.size() - encode_restart(no_mask).size() + 2, 4);
    EXPECT_TRUE(heard.ends_with(encode_restart(mask_of(key)))) << heard;
    EXPECT_NE(key, std::string(4, '\0'));
    EXPECT_TRUE(world.wire.links[client].is_closed && world.wire.links[up].is_closed);
    EXPECT_EQ((world.gateway.received(up, {}), world.gateway.open_connections()), 0);
}

TEST_F(DrainTest, cuts_no_frame_in_two_and_passes_none_after_it)
{
    auto const frame = masked_text("half and half");
    world.say(client, std::string_view(frame).substr(0, 9));
    world.gateway.drain();
    world.advance(1s);
    EXPECT_TRUE(world.hear(client).ends_with(encode_restart(std::nullopt)));
    world.say(up, websocket::encode_text("too late"));
    EXPECT_EQ(world.hear(client), "");
    EXPECT_TRUE(world.wire.is_open(client) && world.wire.is_open(up));
    EXPECT_EQ(world.hear(up), frame.substr(0, 9));
    world.say(client, frame.substr(9) + masked_text("late too"));
    auto const rest = world.hear(up);
    EXPECT_TRUE(rest.starts_with(frame.substr(9)));
    EXPECT_EQ(rest.size(), frame.size() - 9 + encode_restart(no_mask).size());
    EXPECT_TRUE(world.wire.links[client].is_closed && world.wire.links[up].is_closed);
}

TEST_F(DrainTest, says_nothing_after_a_close_frame)
{
    auto const bye = websocket::encode_close(websocket::CloseCode::normal, "bye");
    world.say(up, bye);
    world.gateway.drain();
    world.advance(1s);
    EXPECT_TRUE(world.hear(client).ends_with(bye));
    EXPECT_EQ(world.hear(up).size(), encode_restart(no_mask).size());
    EXPECT_TRUE(world.wire.links[client].is_closed);
}

TEST_F(DrainTest, closes_a_websocket_that_opens_meanwhile)
{
    auto const late = world.connect();
    world.say(late, get("/api/ws", upgrade));
    world.gateway.drain();
    world.say(world.upstream(), "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                "Upgrade: WebSocket\r\n\r\n");
    world.advance(1s);
    EXPECT_TRUE(world.hear(late).ends_with(encode_restart(std::nullopt)));
    EXPECT_TRUE(world.wire.links[late].is_closed);
}

// h2c inside a tunnel would lead past all routes.
TEST(Upgrade, passes_on_no_protocol_but_websocket)
{
    World world(one_service());
    for (std::string const fields : {"Upgrade: h2c\r\n", "Upgrade: websocket, h2c\r\n",
             "Upgrade: websocket\r\nUpgrade: h2c\r\n"}) {
        auto const client = world.connect();
        world.say(client, get("/api/x", "Connection: Upgrade\r\n" + fields));
        auto const up = world.upstream();
        auto const request = world.hear(up);
        EXPECT_TRUE(request.starts_with("GET /api/x ") && !has(request, "pgrade")) << request;
        world.say(up, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n");
        EXPECT_TRUE(has(world.hear(client), " 502 "));
    }
}

TEST_F(TunnelTest, is_not_opened_to_a_protocol_that_nobody_asked_for)
{
    auto const other = world.connect();
    world.say(other, get("/api/ws", upgrade));
    world.say(world.upstream(), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n");
    EXPECT_TRUE(has(world.hear(other), " 502 "));
}

TEST(Upgrade, a_refusal_by_the_upstream_is_an_ordinary_answer)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, get("/api/ws", upgrade));
    world.say(world.upstream(), "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(world.hear(client).starts_with("HTTP/1.1 426 "));
    EXPECT_TRUE(world.wire.is_open(client));
}

TEST(Files, are_served_with_etags_and_nothing_else_is)
{
    auto files = std::make_shared<FileSet>();
    files->add("/index.html", "<p>");
    files->add("/js/app.js", "let x;");
    auto options = one_service();
    options.files = {{.name = "web", .files = files}};
    options.routes.push_back({.path = "/**", .target = Target::files, .to = "web"});
    World world(options);
    auto const client = world.connect();
    auto const page = world.ask(client, get("/"));
    EXPECT_TRUE(page.ends_with("Content-Length: 3\r\n\r\n<p>") && has(page, "text/html")) << page;
    EXPECT_TRUE(has(page, "Cache-Control: no-cache\r\n"));
    auto const etag = files->find("/")->etag;
    auto const again = world.ask(client, get("/", "If-None-Match: " + etag + "\r\n"));
    EXPECT_TRUE(has(again, " 304 ") && has(again, etag) && again.ends_with("\r\n\r\n")) << again;
    EXPECT_FALSE(has(again, "Content-Length"));
    auto const head = world.ask(client, "HEAD /js/app.js HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(head.ends_with("Content-Length: 6\r\n\r\n")) << head;
    auto const posted = world.ask(client, "POST / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(has(posted, " 405 ") && has(posted, "Allow: GET, HEAD\r\n"));
    EXPECT_TRUE(has(world.ask(client, get("/js/../../etc/passwd")), " 400 "));
    EXPECT_TRUE(has(world.ask(client, get("/js/%2e%2e/secret")), " 404 "));
}

TEST(Errors, upstreams_own_pass_untouched_unless_the_route_normalises)
{
    for (bool const normalizes : {false, true}) {
        auto options = one_service();
        options.routes[0].normalize_errors = normalizes;
        World world(options);
        auto const client = world.connect();
        world.say(client, get("/api/x"));
        world.say(world.upstream(), "HTTP/1.1 503 Nope\r\nContent-Length: 3\r\n\r\nown");
        auto const answer = world.hear(client);
        EXPECT_EQ(answer.ends_with("own"), !normalizes) << answer;
        EXPECT_EQ(has(answer, "SVC_001"), normalizes) << answer;
        EXPECT_TRUE(world.wire.is_open(client));
    }
}

TEST(Record, writes_one_access_line_without_secrets)
{
    World world(one_service());
    auto const client = world.connect();
    world.say(client, get("/api/x?token=secret"));
    auto const up = world.upstream();
    world.advance(100ms);
    world.say(up, plain_answer);
    ASSERT_EQ(world.sink.lines.size(), 1);
    auto const& line = world.sink.lines[0];
    for (auto const* part : {"\"method\":\"GET\"", "\"path\":\"/api/x\"", "\"status\":200",
             "\"route\":\"api\"", "\"duration_us\":100000", "\"bytes_out\":2",
             "\"upstream\":\"10.0.0.1:80\"", "\"peer\":\"192.0.2.7\""})
        EXPECT_TRUE(has(line, part)) << line;
    EXPECT_FALSE(has(line, "secret"));
}

TEST(Compile, refuses_what_could_not_work)
{
    auto const error_of = [](auto change) {
        auto options = one_service();
        change(options);
        auto const config = gatehouse::gateway::compile(options);
        return config ? "" : config.error().message;
    };
    EXPECT_EQ(error_of([](auto& o) { o.routes[0].to = "user"; }),
        "The route api names the service \"user\", which nobody defines.");
    EXPECT_NE(error_of([](auto& o) { o.routes[0].limits = {"x"}; }), "");
    EXPECT_NE(error_of([](auto& o) { o.services[0].endpoints.clear(); }), "");
    EXPECT_NE(error_of([](auto& o) { o.limits = {{.name = "x", .rate = 0}}; }), "");
    EXPECT_NE(error_of([](auto& o) { o.routes.push_back(o.routes[0]); }), "");
    EXPECT_NE(error_of([](auto& o) { o.trusted_proxies = {"lan"}; }), "");
    EXPECT_EQ(error_of([](auto&) { }), "");
}

std::shared_ptr<Config const> compiled(GatewayOptions options)
{
    return gatehouse::gateway::compile(std::move(options)).value();
}

TEST(Reload, keeps_the_state_of_what_is_equal_and_touches_no_connection)
{
    auto options = one_service();
    options.limits = {{.name = "few", .rate = 1, .per = 60s}};
    options.routes[1].limits = {"few"};
    World world(options);
    world.local.prompt = http::Response{};
    auto const client = world.connect();
    world.say(client, plain_get);
    auto const up = world.upstream();
    world.say(up, plain_answer);
    static_cast<void>(world.hear(client));
    EXPECT_TRUE(has(world.ask(client, get("/v1/a")), " 200 "));

    options.routes.push_back({.path = "/new/**", .to = "users"});
    world.gateway.reload(compiled(options));
    EXPECT_TRUE(has(world.ask(client, get("/v1/a")), " 429 "));
    world.say(client, get("/new/x"));
    EXPECT_EQ(world.wire.dialled.size(), 1); // The kept connection still serves.
    world.say(up, plain_answer);
    EXPECT_TRUE(has(world.hear(client), "hi"));

    options.services[0].endpoints = {"10.0.0.2:80"};
    world.gateway.reload(compiled(options));
    EXPECT_FALSE(world.wire.is_open(up));
    EXPECT_TRUE(world.wire.is_open(client));
}

TEST(Reload, requests_under_way_finish_as_they_began)
{
    auto options = one_service();
    World world(options);
    auto const client = world.connect();
    world.say(client, plain_get);
    auto const up = world.upstream();
    options.routes.erase(options.routes.begin());
    options.services.clear();
    world.gateway.reload(compiled(options));
    world.say(up, plain_answer);
    EXPECT_TRUE(world.hear(client).ends_with("hi"));
    EXPECT_FALSE(world.wire.is_open(up)); // Nothing keeps it any more.
    EXPECT_TRUE(has(world.ask(client, std::string(plain_get)), " 404 "));
}

}  // namespace
}  // namespace gatehouse::gateway
