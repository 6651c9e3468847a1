// SPDX-License-Identifier: Apache-2.0
#include "node/world_test.hpp"

#include "base/text.hpp"
#include "websocket/frame.hpp"

#include <gtest/gtest.h>

namespace gatehouse::node {
namespace {

using rooms::testing::Json;

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

Json body_of(std::string const& answer)
{
    return Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
}

struct NodeTest : testing::Test {
    NodeTest() { world.start(); }

    std::string session()
    {
        auto const answer = world.ask(0, "POST /v1/sessions");
        EXPECT_TRUE(has(answer, " 201 ")) << answer;
        return body_of(answer)["token"];
    }
    std::string create(ShardIndex shard, std::string_view body)
    {
        return world.ask(
            shard, "POST /v1/rooms", "Authorization: Bearer " + token + "\r\n", body);
    }

    World world;
    std::string token = session();
};

// ---- Rooms over HTTP

TEST_F(NodeTest, a_guest_with_a_token_stays_the_same_guest)
{
    auto const ask = [this](std::string_view bearer) {
        return world.ask(1, "POST /v1/sessions",
            bearer.empty() ? "" : "Authorization: Bearer " + std::string(bearer) + "\r\n");
    };
    world.advance(1h);
    auto const first = body_of(ask(token));
    EXPECT_NE(first["token"], token) << "it is good for longer";
    EXPECT_EQ(body_of(ask(std::string(first["token"])))["principal"], first["principal"]);
    EXPECT_NE(body_of(ask(""))["principal"], first["principal"]);
    EXPECT_TRUE(has(ask(token + "x"), " 401 "));
}

TEST_F(NodeTest, opens_rooms_that_every_shard_finds)
{
    std::vector<std::string> made;
    for (int i = 0; i < 12; i++) {
        auto const answer = create(0, R"({"game":"tally","options":{"first":5}})");
        ASSERT_TRUE(has(answer, " 201 ")) << answer;
        std::string const room = body_of(answer)["room"];
        EXPECT_TRUE(has(answer, "Location: /v1/rooms/" + room + "\r\n")) << answer;
        std::string const code = body_of(answer)["code"];
        EXPECT_TRUE(equal_ignoring_case(room.substr(0, room.find('.')), code)) << answer;
        made.push_back(room);
        world.advance(1ms);
    }
    for (ShardIndex shard = 0; shard < World::shards_count; shard++) {
        auto const shown = body_of(world.ask(shard, "GET /v1/rooms/" + made.front()));
        EXPECT_EQ(shown["room"], made.front());
        EXPECT_EQ(shown["seats"].size(), 3u);
        auto const listed = body_of(world.ask(shard, "GET /v1/rooms?game=tally&open=true"));
        std::vector<std::string> rooms;
        for (auto const& each : listed["rooms"])
            rooms.push_back(each["room"]);
        EXPECT_EQ(rooms, std::vector(made.rbegin(), made.rend())) << "newest first";
        EXPECT_EQ(body_of(world.ask(shard, "GET /v1/rooms?game=chess"))["rooms"].size(), 0u);
    }
    std::vector<std::size_t> spread(World::shards_count);
    for (auto const& room : made)
        spread[slot_of(room) % World::shards_count]++;
    EXPECT_EQ(std::ranges::count(spread, 0u), 0) << "the test shows nothing otherwise";
}

TEST_F(NodeTest, lists_what_is_asked_for_over_all_shards)
{
    std::vector<std::string> made;
    for (int i = 0; i < 9; i++) {
        made.push_back(body_of(create(0,
            i % 3 == 2 ? R"({"game":"tally","options":{"first":1},"listed":false})"
            : i % 3 == 1
                ? R"({"game":"tally","options":{"first":1},"reserve":["me","g_other"]})"
                : R"({"game":"tally"})"))["room"]);
        world.advance(1ms);
    }
    auto const ids = [&](std::string_view query) {
        std::vector<std::string> rooms;
        auto const answer = world.ask(1, fmt::format("GET /v1/rooms?{}", query));
        auto const body = body_of(answer);
        EXPECT_TRUE(body.contains("rooms")) << answer;
        for (auto const& each : body["rooms"])
            rooms.push_back(each["room"]);
        return rooms;
    };
    EXPECT_EQ(ids("").size(), 6u);
    EXPECT_EQ(ids("game=tally&status=open&free=2"), (std::vector{made[6], made[3], made[0]}));
    EXPECT_EQ(ids("game=tally&option.first=1"), (std::vector{made[7], made[4], made[1]}));
    EXPECT_EQ(ids("game=tally&option.first=1&free=2").size(), 0u);
    EXPECT_EQ(ids("status=finished").size(), 0u);
    auto const page = body_of(world.ask(2, "GET /v1/rooms?limit=4"));
    EXPECT_EQ(page["rooms"].size(), 4u);
    EXPECT_EQ(ids("after=" + std::string(page["next"])), (std::vector{made[1], made[0]}));
    EXPECT_FALSE(body_of(world.ask(2, "GET /v1/rooms")).contains("next"));
    auto const hidden = body_of(world.ask(2, "GET /v1/rooms/" + made[2]));
    EXPECT_EQ(hidden["room"], made[2]) << "who knows it is told";
    EXPECT_EQ(hidden["options"]["first"], 1);
    EXPECT_EQ(body_of(world.ask(2, "GET /v1/rooms/" + made[1]))["free"], 1);
}

TEST_F(NodeTest, names_the_filter_that_it_does_not_know_and_those_it_does)
{
    struct Case {
        std::string_view query;
        std::string_view says;
    };
    for (auto const& [query, says] : {
             Case{"colour=red", "colour: no such filter; there are game, open, status, free"},
             Case{"stauts=open", "stauts: no such filter; did you mean status?"},
             Case{"status=closed", "status: expected one of open, running, finished, paused"},
             Case{"open=yes", "open: expected true or false"},
             Case{"free=-1", "free: expected a number from 0 to 64"},
             Case{"limit=0", "limit: expected a number from 1 to 200"},
             Case{"after=k7qxm", "after: expected what `next` was"},
             Case{"option.first=1", "option.first: expected game=NAME beside it"},
             Case{"game=chess&option.first=1", "game: there is no such game"},
             Case{"game=tally&option.first=x",
                 "option.first: expected a whole number in range; options of tally: first"},
             Case{"game=tally&option.fist=1", "option.fist: no such field; did you mean first?"},
             Case{"game=%zz", "the query has a broken escape"},
         }) {
        auto const answer = world.ask(0, fmt::format("GET /v1/rooms?{}", query));
        EXPECT_TRUE(has(answer, " 400 ")) << answer;
        EXPECT_TRUE(has(std::string(body_of(answer)["message"]), says)) << query << answer;
    }
}

TEST_F(NodeTest, reserves_seats_for_those_who_were_named)
{
    auto const with = [&](std::string_view reserve) {
        return create(0, fmt::format(R"({{"game":"tally","reserve":{}}})", reserve));
    };
    for (auto const* bad : {"7", R"(["a","a"])", R"([""])", "[7]", R"(["a\u0000b"])",
             R"(["a","b","c","d"])"})
        EXPECT_TRUE(has(with(bad), "/reserve: expected an array of principals")) << bad;
    EXPECT_TRUE(has(create(0, R"({"game":"tally","listed":1})"), "/listed: expected true"));
    std::string const room = body_of(with(R"(["g_other","me"])"))["room"];
    auto const seats = [&] { return body_of(world.ask(1, "GET /v1/rooms/" + room))["seats"]; };
    EXPECT_EQ(seats()[0]["reserved"], true);
    EXPECT_EQ(seats()[1]["reserved"], true);
    EXPECT_FALSE(seats()[2].contains("reserved"));
    auto const give_up = [&](std::string_view who) {
        auto const line = fmt::format("DELETE /v1/rooms/{}/reservation", room);
        auto const bearer = fmt::format("Authorization: Bearer {}\r\n", who);
        return world.ask(2, line, who.empty() ? "" : bearer);
    };
    EXPECT_TRUE(has(give_up(""), " 401 "));
    EXPECT_TRUE(has(give_up(session()), " 404 "));
    EXPECT_TRUE(has(give_up(token), " 204 "));
    EXPECT_FALSE(seats()[1].contains("reserved"));
    EXPECT_TRUE(has(give_up(token), " 404 "));
    auto const reserve = [&](std::string_view body) {
        return world.ask(1, fmt::format("POST /v1/rooms/{}/reservation", room),
            fmt::format("Authorization: Bearer {}\r\n", token), body);
    };
    EXPECT_TRUE(has(reserve(R"({"seat":0})"), " 409 ")) << reserve(R"({"seat":0})");
    EXPECT_TRUE(has(reserve(R"({"seat":"x"})"), " 400 "));
    EXPECT_TRUE(has(reserve(""), " 204 "));
    EXPECT_EQ(seats()[1]["reserved"], true);
    EXPECT_TRUE(has(world.ask(0, "GET /v1/rooms/" + room + "/reservation"), " 405 "));
}

TEST_F(NodeTest, says_what_is_wrong_with_a_request_for_a_room)
{
    struct Case {
        std::string_view body;
        std::string_view status;
        std::string_view says;
    };
    for (auto const& [body, status, says] : {
             Case{"", " 400 ", "\"bad_request\""},
             Case{"{", " 400 ", "\"bad_request\""},
             Case{"[]", " 400 ", "/game: expected"},
             Case{R"({"game":7})", " 400 ", "/game: expected"},
             Case{R"({"game":"chess"})", " 404 ", "GET /v1/games"},
             Case{R"({"game":"tally","options":{"first":"x"}})", " 400 ", "/options/first"},
         }) {
        auto const answer = create(1, body);
        EXPECT_TRUE(has(answer, status) && has(answer, says)) << body << "\n" << answer;
    }
    EXPECT_TRUE(has(world.ask(1, "POST /v1/rooms", "", "{}"), " 401 "));
    world.store.is_failing = true;
    EXPECT_TRUE(has(create(1, R"({"game":"tally"})"), " 503 "));
    EXPECT_EQ(body_of(world.ask(0, "GET /v1/rooms"))["rooms"].size(), 0u);
}

TEST_F(NodeTest, answers_what_is_not_there_or_not_asked_so)
{
    struct Case {
        std::string_view line;
        std::string_view status;
        std::string_view field;
    };
    for (auto const& [line, status, field] : {
             Case{"GET /v1/nothing", " 404 ", ""},
             Case{"GET /v1/rooms/nobody.00000000", " 404 ", ""},
             Case{"GET /v1/rooms/", " 404 ", ""},
             Case{"GET /v1/sessions", " 405 ", "Allow: POST\r\n"},
             Case{"DELETE /v1/rooms", " 405 ", "Allow: GET, HEAD, POST\r\n"},
             Case{"PUT /v1/games", " 405 ", "Allow: GET, HEAD\r\n"},
             Case{"GET /v1/connect", " 426 ", ""},
             Case{"HEAD /v1/stream", " 405 ", "Allow: GET\r\n"},
             Case{"GET /v1/frames?stream=x&n=1", " 405 ", "Allow: POST\r\n"},
             Case{"GET /v1/tickets", " 405 ", "Allow: POST\r\n"},
             Case{"POST /v1/tickets", " 401 ", ""},
             Case{"HEAD /v1/rooms", " 200 ", "Cache-Control: no-store\r\n"},
         }) {
        auto const answer = world.ask(2, line);
        EXPECT_TRUE(has(answer, status) && has(answer, field)) << line << "\n" << answer;
    }
}

// ---- Limits

TEST_F(NodeTest, counts_a_limit_once_over_all_shards)
{
    int granted = 0;
    for (ShardIndex i = 0; i < 12; i++)
        granted += has(world.ask(i % World::shards_count, "GET /v1/games"), " 200 ");
    EXPECT_EQ(granted, 4);
}

// The accounts of the address and of a route are those of one shard, or of two.
TEST_F(NodeTest, takes_from_several_limits_all_or_nothing_over_all_shards)
{
    gateway::GatewayOptions options;
    options.limits = {{.name = "few", .rate = 4, .per = 1h},
        {.name = "all", .rate = 6, .per = 1h, .by = {gateway::LimitBy::route}}};
    auto const with = [&](std::string const& id, std::vector<std::string> limits) {
        options.routes = {{.id = id, .path = "/v1/games", .target = gateway::Target::rooms,
            .limits = std::move(limits)}};
        for (auto& each : world.shards)
            each->node.reload({}, gateway::compile(options).value());
    };
    auto const granted = [this] {
        int count = 0;
        for (ShardIndex i = 0; i < 12; i++)
            count += has(world.ask(i % World::shards_count, "GET /v1/games"), " 200 ");
        return count;
    };
    for (auto const* const id : {"a", "b", "c", "d", "e", "f"}) {
        with(id, {"all", "few"});
        EXPECT_EQ(granted(), 4) << id;
        with(id, {"all"});
        EXPECT_EQ(granted(), 2) << id << ": eight were refused by the other one, at no cost here";
        world.advance(2h);
    }
}

// ---- Bans

TEST_F(NodeTest, bans_on_all_shards_what_an_operator_names)
{
    auto const ask = [this](std::string_view line, std::string_view body = "") {
        return world.ask(1, line, body.empty() ? "" : "Content-Type: application/json\r\n", body,
            gateway::Listener::admin);
    };
    auto const are_let_in = [this](std::string_view status) {
        for (ShardIndex shard = 0; shard < World::shards_count; shard++)
            EXPECT_TRUE(has(world.ask(shard, "GET /v1/rooms"), status)) << shard;
    };
    are_let_in(" 200 ");
    auto const banned = ask("POST /admin/bans", R"({"block":"192.0.2.0/24","for_ms":60000})");
    EXPECT_EQ(body_of(banned)["block"], "192.0.2.0/24") << banned;
    are_let_in(" 403 ");
    auto const listed = body_of(ask("GET /admin/bans"))["bans"];
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0]["automatic"], false);
    world.advance(61s);
    are_let_in(" 200 ");
    EXPECT_TRUE(body_of(ask("GET /admin/bans"))["bans"].empty());

    EXPECT_TRUE(has(ask("POST /admin/bans", R"({"block":"192.0.2.7"})"), " 200 "));
    are_let_in(" 403 ");
    EXPECT_TRUE(has(ask("POST /admin/bans/lift", R"({"block":"192.0.2.7"})"), " 200 "));
    are_let_in(" 200 ");
    EXPECT_TRUE(has(ask("POST /admin/bans/lift", R"({"block":"192.0.2.7"})"), " 404 "));
    for (auto const* const wrong : {R"({"block":"192.0.2.7/24"})", R"({"block":"lan"})", "{}",
             R"({"block":"192.0.2.7","for_ms":0})", R"({"block":"192.0.2.7","for_ms":"1h"})"})
        EXPECT_TRUE(has(ask("POST /admin/bans", wrong), " 400 ")) << wrong;
    EXPECT_TRUE(has(world.ask(0, "GET /admin/bans"), " 404 ")) << "not on the front";
}

// A client's refusals are counted together, on whatever shards they happen.
TEST_F(NodeTest, bans_on_all_shards_who_is_refused_too_often)
{
    gateway::GatewayOptions options;
    options.bans.statuses = {404};
    options.bans.rules.refusals = {.burst = 5, .period = 1h};
    options.routes = {{.path = "/v1/**", .target = gateway::Target::rooms}};
    for (auto& each : world.shards)
        each->node.reload({}, gateway::compile(options).value());
    for (ShardIndex i = 0; i < 6; i++)
        EXPECT_TRUE(has(world.ask(i % World::shards_count, "GET /none"), " 404 "));
    for (ShardIndex shard = 0; shard < World::shards_count; shard++)
        EXPECT_TRUE(has(world.ask(shard, "GET /v1/rooms"), " 403 ")) << shard;
}

// ---- The way into a room

constexpr std::string_view handshake
    = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view json_protocol = "Sec-WebSocket-Protocol: gatehouse.v1.json\r\n";

std::string frame(Json const& message)
{
    std::string out;
    websocket::append_frame(
        out, websocket::Opcode::text, message.dump(), websocket::MaskKey{'m', 'a', 's', 'k'});
    return out;
}

TEST_F(NodeTest, seats_two_players_of_different_shards_in_one_room)
{
    std::vector<std::string> rooms;
    for (ShardIndex shard = 0; shard < 2; shard++) {
        auto const id = world.connect(shard);
        auto const opened = world.say(shard, id,
            fmt::format("GET /v1/connect HTTP/1.1\r\nHost: h\r\n{}{}\r\n", handshake,
                json_protocol)
                + frame({{"t", "hello"}, {"v", 1}, {"auth", session()}}));
        ASSERT_TRUE(has(opened, " 101 ") && has(opened, "\"welcome\"")) << opened;
        auto const joined = world.say(
            shard, id, frame({{"t", "join"}, {"id", 1}, {"find", {{"game", "tally"}}}}));
        ASSERT_TRUE(has(joined, "\"joined\"")) << joined;
        auto const at = joined.find("\"room\":\"") + 8;
        rooms.push_back(joined.substr(at, joined.find('"', at) - at));
    }
    EXPECT_EQ(rooms[0], rooms[1]);
}

TEST_F(NodeTest, speaks_cbor_to_who_asks_for_it)
{
    auto const id = world.connect(0);
    auto const bytes = Json::to_cbor({{"t", "hello"}, {"v", 1}, {"auth", session()}});
    std::string hello;
    websocket::append_frame(hello, websocket::Opcode::binary,
        std::string(bytes.begin(), bytes.end()), websocket::MaskKey{'m', 'a', 's', 'k'});
    auto const opened = world.say(0, id,
        fmt::format("GET /v1/connect HTTP/1.1\r\nHost: h\r\n{}"
                    "Sec-WebSocket-Protocol: gatehouse.v1.cbor, gatehouse.v1.json\r\n\r\n",
            handshake)
            + hello);
    ASSERT_TRUE(has(opened, "Sec-WebSocket-Protocol: gatehouse.v1.cbor\r\n")) << opened;
    std::string_view frames = std::string_view(opened).substr(opened.find("\r\n\r\n") + 4);
    auto const answer = websocket::take_frame(frames);
    EXPECT_EQ(answer.opcode, websocket::Opcode::binary);
    EXPECT_EQ(Json::from_cbor(answer.payload)["t"], "welcome");
}

// An event stream on one shard; its posts come to any.
struct Streaming : NodeTest {
    ConnectionId id = world.connect(1);
    std::string const opened = world.say(1, id, "GET /v1/stream HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string const stream = body_of_event(opened)["stream"];

    static Json body_of_event(std::string_view text)
    {
        auto const at = text.rfind("data: ");
        return Json::parse(text.substr(at + 6));
    }
    std::string post(ShardIndex shard, std::string_view query, Json const& message)
    {
        return world.ask(shard, fmt::format("POST /v1/frames?{}", query), "", message.dump());
    }
    std::string post(ShardIndex shard, int number, Json const& message)
    {
        return post(shard, fmt::format("stream={}&n={}", stream, number), message);
    }
    std::string heard() { return std::exchange(world.shards[1]->sockets[id].sent, {}); }
};

TEST_F(Streaming, plays_a_game_by_posts_to_any_shard)
{
    EXPECT_TRUE(has(opened, " 200 ") && has(opened, "Content-Type: text/event-stream\r\n"))
        << opened;
    EXPECT_TRUE(has(opened, "Connection: close\r\n") && !has(opened, "Transfer-Encoding"));
    EXPECT_TRUE(has(opened, "X-Accel-Buffering: no\r\n"));
    EXPECT_EQ(body_of_event(opened)["t"], "open");

    Json const join{{"t", "join"}, {"id", 1}, {"find", {{"game", "tally"}}}};
    EXPECT_TRUE(has(post(0, 2, join), " 204 "));
    EXPECT_EQ(heard(), "") << "the hello is missing";
    EXPECT_TRUE(has(post(2, 1, {{"t", "hello"}, {"v", 1}, {"auth", token}}), " 204 "));
    auto const welcome = heard();
    EXPECT_TRUE(has(welcome, "\"welcome\"") && has(welcome, "\"joined\"")) << welcome;
    EXPECT_TRUE(has(post(1, 2, {{"t", "ping"}}), " 204 "));
    EXPECT_EQ(heard(), "") << "it was taken before";
    EXPECT_TRUE(has(post(1, 3, {{"t", "ping"}}), " 204 "));
    EXPECT_TRUE(has(heard(), "\"pong\""));
}

TEST_F(Streaming, says_what_is_wrong_with_a_post)
{
    Json const beat = Json::object();
    EXPECT_TRUE(has(post(0, 50, beat), " 409 "));
    EXPECT_TRUE(has(post(0, "stream=" + stream + "&n=0", beat), " 400 "));
    EXPECT_TRUE(has(post(0, "stream=" + stream + "&n=1x", beat), " 400 "));
    EXPECT_TRUE(has(post(0, "stream=" + stream, beat), " 400 "));
    for (auto const& none : {std::string("x"), std::string(), std::string(32, 'f'),
             "0001" + std::string(28, '0')})
        EXPECT_TRUE(has(post(0, "n=1&stream=" + none, beat), " 404 ")) << none;
    world.shards[1]->node.closed(id, gateway::CloseReason::done);
    EXPECT_TRUE(has(post(0, 1, beat), " 404 "));
    world.shards[1]->node.drain(Milliseconds(200));
    EXPECT_TRUE(has(world.ask(1, "GET /v1/stream"), " 503 "));
}

TEST_F(Streaming, lets_a_ticket_say_hello_once_on_any_shard)
{
    auto const bearer = "Authorization: Bearer " + token + "\r\n";
    auto const answer = world.ask(2, "POST /v1/tickets", bearer);
    EXPECT_TRUE(has(answer, " 201 ") && has(answer, "Cache-Control: no-store\r\n")) << answer;
    auto const issued = body_of(answer);
    EXPECT_TRUE(has(post(0, 1, {{"t", "hello"}, {"v", 1}, {"auth", issued["ticket"]}}), " 204 "));
    auto const welcome = body_of_event(heard());
    EXPECT_EQ(welcome["principal"], issued["principal"]);

    auto const again = world.ask(0, "GET /v1/stream"); // Its connection has the last id.
    world.ask(0, fmt::format("POST /v1/frames?n=1&stream={}",
                     std::string(body_of_event(again)["stream"])), "",
        Json{{"t", "hello"}, {"v", 1}, {"auth", issued["ticket"]}}.dump());
    auto const& sent = world.shards[0]->sockets[ConnectionId{world.last_id - 1}].sent;
    EXPECT_TRUE(has(sent, "\"unauthenticated\"") && has(sent, "event: close\ndata: {\"code\":4001"))
        << sent;
    EXPECT_TRUE(has(world.ask(0, "POST /v1/tickets", "Authorization: Bearer x\r\n"), " 401 "));
}

// The seat waits from when the ticket is given.
TEST_F(Streaming, lets_a_ticket_lead_to_a_seat)
{
    auto const made = body_of(create(0, R"({"game":"tally","reserve":["g_other"]})"));
    std::string const room = made["room"];
    auto const ticket = [&](std::string_view body) {
        return world.ask(2, "POST /v1/tickets", "Authorization: Bearer " + token + "\r\n", body);
    };
    EXPECT_TRUE(has(ticket(R"({"seat":1})"), "/seat: expected a room beside it"));
    EXPECT_TRUE(has(ticket(R"({"room":7})"), "/room: expected"));
    EXPECT_TRUE(has(ticket(R"({"room":"nobody.00000000"})"), " 404 "));
    EXPECT_TRUE(has(ticket(fmt::format(R"({{"room":"{}","seat":0}})", room)), "\"room_full\""));
    auto const issued = body_of(ticket(fmt::format(R"({{"room":"{}","seat":2}})", room)));
    EXPECT_EQ(issued["room"], room);
    auto const seats = body_of(world.ask(1, "GET /v1/rooms/" + room))["seats"];
    EXPECT_EQ(seats[2]["reserved"], true);
    EXPECT_TRUE(has(post(0, 1, {{"t", "hello"}, {"v", 1}, {"auth", issued["ticket"]}}), " 204 "));
    EXPECT_EQ(body_of_event(heard())["room"], room);
    EXPECT_TRUE(has(post(0, 2, {{"t", "join"}, {"id", 1}, {"room", room}}), " 204 "));
    auto const joined = heard();
    EXPECT_TRUE(has(joined, R"("t":"joined")") && has(joined, R"("seat":2)")) << joined;
}

TEST_F(NodeTest, refuses_handshakes_that_lead_nowhere)
{
    auto const upgrade = [&](std::string_view fields) {
        return world.ask(0, "GET /v1/connect", fields);
    };
    auto const none = std::string(handshake);
    EXPECT_TRUE(has(upgrade(none), " 400 ") && has(upgrade(none), "gatehouse.v1.json"));
    EXPECT_TRUE(has(upgrade(none + "Sec-WebSocket-Protocol: chat\r\n"), " 400 "));
    auto old = none;
    old.replace(old.find("13"), 2, "12");
    auto const refused = upgrade(old + std::string(json_protocol));
    EXPECT_TRUE(has(refused, " 426 ") && has(refused, "Sec-WebSocket-Version: 13\r\n")) << refused;
    world.shards[0]->node.drain(Milliseconds(200));
    EXPECT_TRUE(has(upgrade(none + std::string(json_protocol)), " 503 "));
}

// ---- Operators

TEST(Health, is_ready_when_all_shards_are_and_alive_whenever_it_answers)
{
    World world;
    auto const status = [&world](std::string_view path) {
        auto const answer = world.ask(1, fmt::format("GET {}", path));
        return answer.substr(9, 3);
    };
    EXPECT_EQ(status("/health/live"), "200");
    EXPECT_EQ(status("/health/ready"), "503");
    world.start();
    EXPECT_EQ(world.started, World::shards_count);
    EXPECT_EQ(status("/health/ready"), "200");
    auto const health = body_of(world.ask(0, "GET /health"));
    EXPECT_EQ(health["version"], "1.2.3");
    EXPECT_EQ(health["checks"]["rooms"]["unfinished"], 0);
    EXPECT_EQ(health["checks"]["rooms"]["asleep"], 0);
    world.shards[1]->node.drain(Milliseconds(200));
    EXPECT_EQ(status("/health/ready"), "503");
    EXPECT_EQ(status("/health/live"), "200");
}

TEST_F(NodeTest, health_notices_a_store_that_fails_on_any_shard)
{
    world.store.is_failing = true;
    static_cast<void>(create(0, R"({"game":"tally"})"));
    for (ShardIndex shard = 0; shard < World::shards_count; shard++)
        EXPECT_TRUE(has(world.ask(shard, "GET /health"), R"("store":{"status":"failing"})"));
}

TEST_F(NodeTest, metrics_add_up_over_all_shards)
{
    static_cast<void>(create(0, R"({"game":"tally"})"));
    world.advance(5s);
    for (ShardIndex shard = 0; shard < World::shards_count; shard++) {
        auto const metrics = world.ask(shard, "GET /metrics");
        EXPECT_TRUE(has(metrics, "\ngatehouse_rooms_unfinished 1\n")) << metrics;
        EXPECT_TRUE(has(metrics, "\ngatehouse_uptime_seconds 5\n")) << metrics;
    }
}

TEST_F(NodeTest, operators_questions_are_answered_on_their_listener_alone)
{
    auto const ask = [&](std::string_view line, gateway::Listener listener) {
        return world.ask(2, line, "", "", listener);
    };
    using enum gateway::Listener;
    EXPECT_TRUE(has(ask("GET /admin/store", front), " 404 "));
    EXPECT_EQ(body_of(ask("GET /admin/store", admin))["store"], "sqlite:/srv/x.db");
    EXPECT_EQ(body_of(ask("GET /admin/rooms", admin))["rooms"].size(), 0u);
}

TEST_F(NodeTest, answers_operators_by_no_name_that_a_page_could_have_lead_here)
{
    auto const by = [&](std::string_view host, gateway::Listener listener, std::string_view path) {
        return world.say(0, world.connect(0, listener),
            fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, host));
    };
    auto const listener = gateway::Listener::admin;
    EXPECT_TRUE(has(by("127.0.0.1:9901", listener, "/admin/rooms"), " 200 "));
    EXPECT_TRUE(has(by("evil.example:9901", listener, "/admin/rooms"), " 421 "));
    EXPECT_TRUE(has(by("evil.example:9901", listener, "/admin/letters"), " 421 "));
}

// ---- The audit log

TEST_F(NodeTest, records_an_order_before_it_is_carried_out_and_what_came_of_it)
{
    std::string const room = body_of(create(0, R"({"game":"tally"})"))["room"];
    auto const ask = [&](std::string const& line, std::string_view body = "") {
        return world.ask(1, line,
            "Content-Type: application/json\r\nGatehouse-Operator: anna\r\n", body,
            gateway::Listener::admin);
    };
    auto const order = "POST /admin/rooms/" + room + "/restore";
    EXPECT_TRUE(has(ask(order, R"({"version":9})"), "nothing has happened"));
    EXPECT_TRUE(has(ask(order, R"({})"), " 400 ")) << "none, and so not recorded";

    auto const months = body_of(ask("GET /admin/audit"))["months"];
    ASSERT_EQ(months.size(), 1u);
    EXPECT_EQ(months[0]["version"], 2);
    auto const& kept = world.store.streams_kept[months[0]["room"]].events;
    ASSERT_EQ(kept.size(), 2u);
    auto const asked = std::get<audit::Asked>(audit::decode(kept[0]).value());
    EXPECT_EQ(asked.who, "anna");
    EXPECT_EQ(asked.from, "192.0.2.7");
    EXPECT_EQ(asked.what, "room restore");
    EXPECT_EQ(asked.about, room);
    EXPECT_EQ(asked.with, R"({"version":9})");
    auto const ended = std::get<audit::Ended>(audit::decode(kept[1]).value());
    EXPECT_EQ(ended.version, 1u);
    EXPECT_EQ(ended.outcome, "nothing has happened in the room since");
}

TEST_F(NodeTest, records_which_room_a_code_led_to_and_what_was_made_of_it)
{
    auto const made = body_of(create(0, R"({"game":"tally"})"));
    std::string const room = made["room"];
    std::string const code = made["code"];
    auto const ask = [&](std::string const& order, std::string_view body) {
        return world.ask(1, "POST /admin/rooms/" + code + order,
            "Content-Type: application/json\r\n", body, gateway::Listener::admin);
    };
    std::string const fork = body_of(ask("/fork", "{}"))["room"];
    static_cast<void>(ask("/fork", "{}"));
    EXPECT_TRUE(has(ask("/open", "{}"), "this room is not closed")) << "and codes do for all";
    EXPECT_TRUE(has(ask("/letters/7/discard", "{}"), "there is no such letter"));
    world.advance(1ms);

    std::vector<std::string> about;
    std::vector<std::string> outcomes;
    for (auto const& [stream, kept] : world.store.streams_kept)
        for (auto const& event : kept.events) {
            auto const entry = audit::decode(event);
            if (!entry)
                continue;
            if (auto const* const asked = std::get_if<audit::Asked>(&*entry))
                about.push_back(asked->about);
            else if (auto const* const ended = std::get_if<audit::Ended>(&*entry))
                outcomes.push_back(ended->outcome);
        }
    EXPECT_EQ(about, (std::vector{room, room, room, room + " letter 7"}));
    ASSERT_EQ(outcomes.size(), 4u);
    EXPECT_EQ(outcomes[0], "done: made " + fork + ", " + room + " as of version 1");
    EXPECT_EQ(outcomes[1], "done: found " + fork + ", " + room + " as of version 1");
}

TEST_F(NodeTest, forks_a_room_and_says_where_whatever_shard_is_asked)
{
    std::string const room = body_of(create(0, R"({"game":"tally"})"))["room"];
    auto const ask = [&](ShardIndex shard, std::string_view body) {
        return world.ask(shard, "POST /admin/rooms/" + room + "/fork",
            "Content-Type: application/json\r\n", body, gateway::Listener::admin);
    };
    auto const first = body_of(ask(0, R"({"version":1})"));
    EXPECT_EQ(first["from"], room);
    EXPECT_EQ(first["as_of"], 1);
    EXPECT_EQ(first["new"], true);
    EXPECT_TRUE(world.store.streams_kept.contains(std::string(first["room"])));
    auto const again = body_of(ask(1, R"({})"));
    EXPECT_EQ(again["room"], first["room"]);
    EXPECT_EQ(again["new"], false);
    EXPECT_NE(body_of(ask(1, R"({"as":"other"})"))["room"], first["room"]);
    EXPECT_TRUE(has(ask(0, R"({"version":"x"})"), " 400 "));
    EXPECT_TRUE(has(ask(0, R"({"version":1,"at":1})"), " 400 "));
    auto const months = body_of(
        world.ask(0, "GET /admin/audit", "", "", gateway::Listener::admin))["months"];
    EXPECT_EQ(months[0]["version"], 6) << "three orders, and what came of them";
}

TEST_F(NodeTest, does_nothing_that_it_cannot_record)
{
    std::string const room = body_of(create(0, R"({"game":"tally"})"))["room"];
    auto const before = world.store.streams_kept[room].events.size();
    world.store.is_failing = true;
    auto const answer = world.ask(0, "POST /admin/rooms/" + room + "/restore",
        "Content-Type: application/json\r\n", R"({"version":1})", gateway::Listener::admin);
    EXPECT_TRUE(has(answer, "nothing was done, for it cannot be recorded")) << answer;
    world.store.is_failing = false;
    EXPECT_EQ(world.store.streams_kept[room].events.size(), before);
}

TEST_F(NodeTest, records_what_others_do_and_takes_its_log_for_no_room)
{
    auto const post = [&](std::string const& path, std::string_view body) {
        return body_of(world.ask(2, "POST /admin/audit" + path,
            "Content-Type: application/json\r\n", body, gateway::Listener::admin));
    };
    auto const asked = post("", R"({"what":"archive hold","about":"k7qxm.9f"})");
    EXPECT_EQ(asked["version"], 1);
    std::string const month = asked["stream"];
    EXPECT_EQ(post("/" + month + "/1", R"({"outcome":"done"})")["version"], 2);

    auto const rooms = world.ask(0, "GET /admin/rooms", "", "", gateway::Listener::admin);
    EXPECT_EQ(body_of(rooms)["rooms"].size(), 0u);
    auto const bearer = "Authorization: Bearer " + token + "\r\n";
    for (auto const& name : {month, std::string("audit")})
        EXPECT_TRUE(has(world.ask(0, "GET /v1/rooms/" + name, bearer), " 404 ")) << name;

    World later; // Another process on the same store finds no room either.
    later.store.streams_kept = world.store.streams_kept;
    later.start();
    std::size_t rooms_known = 0;
    for (auto const& shard : later.shards)
        rooms_known += shard->node.rooms().unfinished();
    EXPECT_EQ(rooms_known, 0u);
}

TEST_F(NodeTest, says_how_far_behind_its_backup_is)
{
    auto const backup = [this] {
        return body_of(world.ask(0, "GET /health"))["checks"]["backup"];
    };
    EXPECT_TRUE(backup().is_null()) << "it has none";
    for (auto& shard : world.shards)
        shard->node.note_backup(world.now.steady, {});
    world.now.wall.ms -= 3'600'000; // Somebody sets the clock.
    world.advance(12s);
    EXPECT_EQ(backup(), nlohmann::json({{"status", "behind"}, {"behind_s", 12}}));
    for (auto& shard : world.shards)
        shard->node.note_backup(world.now.steady, world.now.steady - 3500ms);
    EXPECT_EQ(backup(),
        nlohmann::json({{"status", "ok"}, {"behind_s", 0}, {"erasures_behind_s", 3}}));
}

// ---- Persons

TEST_F(NodeTest, erases_somebody_in_the_store_and_in_all_rooms)
{
    std::vector<std::string> rooms;
    for (int i = 0; i < 6; i++) {
        rooms.push_back(body_of(create(0, R"({"game":"tally"})"))["room"]);
        world.advance(1ms);
        for (std::string const who : {"ann", "bob"}) {
            rooms::Caller const caller{0, {7}, who == "ann" ? 1u : 2u};
            auto const shard = slot_of(rooms.back()) % World::shards_count;
            auto& there = world.shards[shard]->node.rooms();
            there.ask(rooms.back(), {caller, rooms::Join{.id = 1, .principal = who}});
            there.ask(rooms.back(), {caller,
                rooms::Act{.id = 1, .name = "room.name",
                    .body = R"({"name":"the great )" + who + R"("})"}});
        }
        world.run();
    }
    auto const ask = [&](std::string const& line, std::string_view body = "") {
        return world.ask(1, line, "Content-Type: application/json\r\n", body,
            gateway::Listener::admin);
    };
    auto const name_in = [&](std::string const& room, std::size_t seat) {
        auto const shown = body_of(world.ask(2, "GET /v1/rooms/" + room))["seats"][seat];
        return shown.value("name", "");
    };
    EXPECT_EQ(name_in(rooms[3], 0), "the great ann");
    auto const known = body_of(ask("POST /admin/subjects/export", R"({"id":"ann"})"));
    EXPECT_EQ(known["memberships"].size(), 6u);
    EXPECT_TRUE(known["last"]);
    EXPECT_EQ(body_of(ask("GET /admin/rooms/" + rooms[0] + "/keys"))["keys"].size(), 2u);

    auto const erased = ask("POST /admin/subjects/erase", R"({"id":"ann"})");
    EXPECT_EQ(body_of(erased)["memberships"], 6) << erased;
    for (auto const& room : rooms) {
        EXPECT_EQ(name_in(room, 0), "");
        EXPECT_EQ(name_in(room, 1), "the great bob");
        auto const keys = body_of(ask("GET /admin/rooms/" + room + "/keys"))["keys"];
        ASSERT_EQ(keys.size(), 1u);
        EXPECT_EQ(keys[0]["subject"], "bob");
    }
    auto const left = body_of(ask("POST /admin/subjects/export", R"({"id":"ann"})"));
    EXPECT_EQ(left["memberships"].size(), 0u);
    EXPECT_EQ(body_of(ask("POST /admin/subjects/erase", R"({"id":"ann"})"))["memberships"], 0);
    EXPECT_TRUE(has(ask("POST /admin/subjects/erase", "{}"), " 400 "));
    EXPECT_TRUE(has(ask("POST /admin/subjects/praise", R"({"id":"ann"})"), " 404 "));

    // The audit log says that it was done, and does not say to whom.
    for (auto const& [stream, kept] : world.store.streams_kept)
        for (auto const& event : kept.events)
            EXPECT_FALSE(has(event.data, "ann")) << stream << ": " << event.type;
}

TEST_F(NodeTest, who_comes_again_while_they_are_erased_is_erased_again)
{
    std::string const room = body_of(create(0, R"({"game":"tally"})"))["room"];
    auto& there = world.shards[slot_of(room) % World::shards_count]->node.rooms();
    auto const come = [&] {
        there.ask(room, {{0, {7}, 1u}, rooms::Join{.id = 1, .principal = "ann"}});
    };
    come();
    world.run();
    auto const ask = [&](std::string const& line) {
        return body_of(world.ask(1, line, "Content-Type: application/json\r\n",
            R"({"id":"ann"})", gateway::Listener::admin));
    };
    int asked = 0;
    world.store.on_forget = [&] {
        if (++asked != 3) // The rooms know her no more.
            return;
        world.store.streams_kept[room].keys[9] = {.subject = "ann", .actor = 9, .key = ""};
        come();
    };
    EXPECT_GE(ask("POST /admin/subjects/erase")["memberships"], 2);
    EXPECT_EQ(ask("POST /admin/subjects/export")["memberships"].size(), 0u);
    auto const shown = world.ask(2, "GET /admin/rooms/" + room, "", "", gateway::Listener::admin);
    EXPECT_FALSE(has(shown, "ann")) << shown;
}

// ---- The end

TEST_F(NodeTest, is_idle_when_the_last_session_and_answer_are_gone)
{
    auto const id = world.connect(0);
    static_cast<void>(world.say(0, id,
        fmt::format("GET /v1/connect HTTP/1.1\r\nHost: h\r\n{}{}\r\n", handshake, json_protocol)
            + frame({{"t", "hello"}, {"v", 1}, {"auth", token}})));
    auto& node = world.shards[0]->node;
    node.drain(Milliseconds(200));
    world.run();
    EXPECT_TRUE(has(world.shards[0]->sockets[id].sent, "goaway"));
    EXPECT_FALSE(node.is_idle());
    node.close_sessions();
    node.closed(id, gateway::CloseReason::done);
    world.run();
    EXPECT_TRUE(node.is_idle());
}

}  // namespace
}  // namespace gatehouse::node
