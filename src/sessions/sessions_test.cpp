// SPDX-License-Identifier: Apache-2.0
#include "sessions/sessions.hpp"

#include "websocket/frame.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <memory>

namespace gatehouse::sessions {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

// What a connection was sent, as its client understands it.
class TestWire final : public Wire {
public:
    struct Peer {
        websocket::Connection socket{websocket::Role::client, 1 << 24};
        std::deque<Json> heard{};
        std::optional<int> close_code{};
        std::size_t pongs = 0;
        std::size_t backlog = 0;
        bool is_closed = false;
        bool is_reset = false;
    };
    std::map<ConnectionId, Peer> peers{};

    void send(ConnectionId id, Frame frame) override { send(id, std::string_view(*frame)); }
    void send(ConnectionId id, std::string_view bytes) override
    {
        auto& peer = peers[id];
        std::string copy(bytes);
        std::span<char> input = copy;
        for (auto step = peer.socket.next(input); step != websocket::Step::need_more;
             step = peer.socket.next(input)) {
            if (step == websocket::Step::message)
                hear(peer, Json::parse(peer.socket.payload()));
            else if (step == websocket::Step::close)
                peer.close_code = std::to_underlying(peer.socket.close_code());
            else
                peer.pongs++;
        }
    }
    void close(ConnectionId id) override { peers[id].is_closed = true; }
    void reset(ConnectionId id) override { peers[id].is_reset = true; }
    std::size_t backlog(ConnectionId id) const override { return peers.at(id).backlog; }

private:
    static void hear(Peer& peer, Json const& message)
    {
        if (message.is_array())
            for (auto const& each : message)
                hear(peer, each);
        else
            peer.heard.push_back(message);
    }
};

struct TestRooms final : RoomDoor {
    std::vector<std::pair<std::string, rooms::Request>> asked{};
    std::vector<OnFound> searches{};

    void ask(std::string_view room, rooms::Request request) override
    {
        asked.emplace_back(room, std::move(request));
    }
    void find(Destination, OnFound done) override { searches.push_back(std::move(done)); }
    template <typename T>
    std::size_t count() const
    {
        return static_cast<std::size_t>(std::ranges::count_if(
            asked, [](auto const& each) { return std::holds_alternative<T>(each.second.what); }));
    }
};

struct TestLogin final : Login {
    Result<identity::Principal> verify(std::string_view token) override
    {
        if (token.starts_with("for "))
            return identity::Principal{.id = std::string(token.substr(4))};
        return fail(ErrorCode::unauthenticated, "no such token");
    }
};

struct TestClaims final : Claims {
    std::vector<std::pair<Claim, std::move_only_function<void(bool)>>> waiting{};

    void claim(Claim claim, std::move_only_function<void(bool)> done) override
    {
        waiting.emplace_back(std::move(claim), std::move(done));
    }
};

struct NoLog final : observe::LogSink {
    void write(observe::Level, std::string_view) override {}
};

class CountingDice final : public Dice {
public:
    std::string bytes(std::size_t size) override { return std::string(size, ++next_); }

private:
    char next_ = 0;
};

struct SessionsTest : ::testing::Test {
    Now now{TimePoint(1h), WallTime{1'000'000}};
    Options options{};
    TestWire wire{};
    TestRooms door{};
    TestLogin login{};
    TestClaims claims{};
    CountingDice dice{};
    NoLog sink{};
    observe::Log log{sink, observe::Level::error, 0};
    observe::Metrics metrics{};
    Timers timers{now.steady};
    std::unique_ptr<Sessions> sessions{};
    std::uint64_t last = 0;

    void SetUp() override { build(); }
    void build()
    {
        sessions = std::make_unique<Sessions>(options,
            Sessions::Ports{.wire = wire, .rooms = door, .login = login, .claims = claims,
                .timers = timers, .dice = dice, .now = now, .metrics = metrics, .log = log,
                .shard = 3});
    }
    ConnectionId open()
    {
        ConnectionId const id{++last};
        wire.peers[id];
        sessions->opened(id, "1.2.3.4", "r1");
        return id;
    }
    void frame(ConnectionId id, std::string_view text,
        websocket::Opcode opcode = websocket::Opcode::text)
    {
        std::string bytes;
        websocket::append_frame(bytes, opcode, text, websocket::MaskKey{'a', 'b', 'c', 'd'});
        sessions->received(id, bytes);
    }
    void say(ConnectionId id, Json const& message) { frame(id, message.dump()); }
    ConnectionId greet(std::string const& principal = "ann")
    {
        auto const id = open();
        say(id, {{"t", "hello"}, {"v", 1}, {"auth", "for " + principal}});
        return id;
    }
    ConnectionId enter(std::string const& room = "r.1")
    {
        auto const id = greet();
        say(id, {{"t", "join"}, {"id", 1}, {"room", room}});
        return id;
    }
    std::uint32_t ticket() { return door.asked.back().second.from.ticket; }
    void deliver(ConnectionId id, std::uint32_t ticket, Json const& message,
        rooms::Delivery::Effect effect = rooms::Delivery::Effect::none, std::uint16_t answered = 0)
    {
        sessions->deliver({.to = {3, id, ticket},
            .frame = make_frame(websocket::encode_text(message.dump())), .effect = effect,
            .answered = answered});
    }
    void after(Milliseconds span)
    {
        now.steady += span;
        now.wall = now.wall + span;
        timers.run(now.steady);
    }
    Json last_heard(ConnectionId id) { return wire.peers[id].heard.back(); }
    std::string code(ConnectionId id) { return last_heard(id)["code"]; }
};

TEST_F(SessionsTest, welcome_a_good_hello)
{
    auto const id = greet();
    auto const welcome = last_heard(id);
    EXPECT_EQ(welcome["t"], "welcome");
    EXPECT_EQ(welcome["principal"], "ann");
    EXPECT_EQ(welcome["resumed"], false);
    EXPECT_EQ(welcome["tok"].get<std::string>().size(), 32) << "128 bits";
    EXPECT_EQ(Sessions::shard_of(welcome["sid"].get<std::string>()), 3);
    EXPECT_FALSE(Sessions::shard_of("nonsense"));
}

TEST_F(SessionsTest, close_a_bad_hello_with_its_code)
{
    struct Case {
        std::string said;
        int close_code;
    };
    for (auto const& [said, close_code] : std::initializer_list<Case>{
             {R"({"t":"join","id":1,"room":"r"})", 4102}, {"nonsense", 4102},
             {R"({"t":"hello","auth":"for ann"})", 4007},
             {R"({"t":"hello","v":2,"auth":"for ann"})", 4007},
             {R"({"t":"hello","v":1})", 4001}, {R"({"t":"hello","v":1,"auth":"forged"})", 4001},
             {R"({"t":"hello","v":1,"auth":17})", 4001}}) {
        auto const id = open();
        frame(id, said);
        EXPECT_EQ(last_heard(id)["t"], "bye") << said;
        EXPECT_EQ(last_heard(id)["retry"], close_code >= 4100) << said;
        EXPECT_EQ(wire.peers[id].close_code, close_code) << said;
        EXPECT_TRUE(wire.peers[id].is_closed);
        sessions->closed(id);
        EXPECT_FALSE(sessions->knows(id));
    }
}

TEST_F(SessionsTest, wait_five_seconds_for_a_hello)
{
    auto const id = open();
    after(4'999ms);
    EXPECT_FALSE(wire.peers[id].close_code);
    after(2ms);
    EXPECT_EQ(wire.peers[id].close_code, 4102);
    after(5'001ms);
    EXPECT_TRUE(wire.peers[id].is_reset) << "whoever does not close is reset";
}

TEST_F(SessionsTest, close_binary_frames_1003_and_too_long_ones_1009)
{
    auto const id = greet();
    frame(id, "{}", websocket::Opcode::binary);
    EXPECT_EQ(wire.peers[id].close_code, 1003);
    auto const other = greet();
    frame(other, std::string(options.message_bytes_max + 1, ' '));
    EXPECT_EQ(wire.peers[other].close_code, 1009);
}

TEST_F(SessionsTest, refuse_what_they_do_not_understand_and_stay)
{
    auto const id = greet();
    frame(id, "{broken");
    EXPECT_EQ(code(id), "bad_request");
    say(id, {{"t", "fly"}, {"id", 9}});
    EXPECT_EQ(code(id), "unsupported");
    EXPECT_EQ(last_heard(id)["id"], 9);
    frame(id, "[17,[],null]");
    EXPECT_EQ(code(id), "unsupported");
    for (auto const* join : {R"({"t":"join","id":1})", R"({"t":"join","room":"r"})",
             R"({"t":"join","id":1,"room":""})", R"({"t":"join","id":1,"room":"r","seat":-2})",
             R"({"t":"join","id":-1,"room":"r"})", R"({"t":"join","id":1,"find":{}})"}) {
        frame(id, join);
        EXPECT_EQ(code(id), "bad_request") << join;
    }
    say(id, {{"t", "act"}, {"id", 1}, {"room", "r"}, {"a", "x"}});
    EXPECT_EQ(code(id), "not_found");
    say(id, {{"t", "leave"}, {"id", 1}, {"room", "r"}});
    EXPECT_EQ(code(id), "not_found");
    EXPECT_TRUE(door.asked.empty());
    EXPECT_FALSE(wire.peers[id].close_code);
}

TEST_F(SessionsTest, take_batches_in_order_and_no_longer_than_they_may)
{
    auto const id = open();
    frame(id, R"([{"t":"hello","v":1,"auth":"for ann"},{"t":"join","id":1,"room":"r.1"},
        {"t":"act","id":1,"room":"r.1","a":"x","d":{"n":[1,2]},"base":7}])");
    ASSERT_EQ(door.asked.size(), 2);
    auto const& act = std::get<rooms::Act>(door.asked[1].second.what);
    EXPECT_EQ(act.body, R"({"n":[1,2]})");
    EXPECT_EQ(act.base, 7);
    frame(id, Json(std::vector<Json>(65, Json::object())).dump());
    EXPECT_EQ(code(id), "too_large");
}

TEST_F(SessionsTest, answer_pings_of_both_kinds)
{
    auto const id = greet();
    say(id, {{"t", "ping"}});
    EXPECT_EQ(last_heard(id)["now"], now.wall.ms);
    frame(id, "there?", websocket::Opcode::ping);
    EXPECT_EQ(wire.peers[id].pongs, 1);
}

TEST_F(SessionsTest, limit_messages_and_close_who_goes_on_for_long)
{
    auto const id = greet();
    for (int i = 0; i < 50; i++)
        say(id, {{"t", "ping"}});
    EXPECT_EQ(last_heard(id)["t"], "pong");
    say(id, {{"t", "ping"}, {"id", 5}});
    EXPECT_EQ(code(id), "rate_limited");
    after(20ms);
    say(id, {{"t", "ping"}});
    EXPECT_EQ(last_heard(id)["t"], "pong") << "fifty a second";
    for (int i = 0; i < 201; i++)
        say(id, {{"t", "ping"}});
    EXPECT_EQ(wire.peers[id].close_code, 4101);
}

TEST_F(SessionsTest, bound_the_actions_in_flight_of_a_room)
{
    auto const id = enter();
    auto const here = ticket();
    for (std::uint64_t i = 1; i <= 17; i++)
        say(id, {{"t", "act"}, {"id", i}, {"room", "r.1"}, {"a", "x"}});
    EXPECT_EQ(door.count<rooms::Act>(), 16);
    EXPECT_EQ(code(id), "busy");
    EXPECT_EQ(last_heard(id)["retry"], true);
    deliver(id, here, {{"t", "ack"}}, rooms::Delivery::Effect::none, 2);
    for (std::uint64_t i = 17; i <= 19; i++)
        say(id, {{"t", "act"}, {"id", i}, {"room", "r.1"}, {"a", "x"}});
    EXPECT_EQ(door.count<rooms::Act>(), 18);
}

TEST_F(SessionsTest, bound_the_rooms_of_a_session)
{
    auto const id = greet();
    for (int i = 0; i <= 16; i++)
        say(id, {{"t", "join"}, {"id", i}, {"room", "r." + std::to_string(i)}});
    EXPECT_EQ(door.count<rooms::Join>(), 16);
    EXPECT_EQ(code(id), "busy");
}

TEST_F(SessionsTest, join_again_under_a_new_ticket_and_drop_what_comes_for_the_old_one)
{
    auto const id = enter();
    auto const first = ticket();
    say(id, {{"t", "join"}, {"id", 2}, {"room", "r.1"}, {"at", {{"e", 1}, {"s", 5}}}});
    ASSERT_EQ(door.asked.size(), 3);
    EXPECT_TRUE(std::holds_alternative<rooms::Gone>(door.asked[1].second.what));
    EXPECT_EQ(door.asked[1].second.from.ticket, first);
    EXPECT_EQ(std::get<rooms::Join>(door.asked[2].second.what).at->version, 5);
    auto const heard = wire.peers[id].heard.size();
    deliver(id, first, {{"t", "upd"}}, rooms::Delivery::Effect::update);
    deliver({99}, 1, {{"t", "upd"}});
    EXPECT_EQ(wire.peers[id].heard.size(), heard);
    deliver(id, ticket(), {{"t", "joined"}}, rooms::Delivery::Effect::joined);
    EXPECT_EQ(last_heard(id)["t"], "joined");
}

TEST_F(SessionsTest, find_a_room_by_code_unless_the_client_is_gone_by_then)
{
    auto const id = greet();
    say(id, {{"t", "join"}, {"id", 1}, {"code", "K7QXM"}});
    say(id, {{"t", "join"}, {"id", 2}, {"code", "ZZZZZ"}});
    ASSERT_EQ(door.searches.size(), 2);
    door.searches[0](std::string("k7qxm.1"));
    EXPECT_EQ(door.asked.back().first, "k7qxm.1");
    door.searches[1](fail(ErrorCode::not_found, "no such room"));
    EXPECT_EQ(code(id), "not_found");
    say(id, {{"t", "join"}, {"id", 3}, {"find", {{"game", "tally"}}}});
    sessions->closed(id);
    auto const asked = door.asked.size();
    door.searches[2](std::string("other.1"));
    EXPECT_EQ(door.asked.size(), asked);
}

TEST_F(SessionsTest, tell_rooms_who_is_gone)
{
    auto const id = enter();
    say(id, {{"t", "join"}, {"id", 2}, {"room", "r.2"}});
    sessions->closed(id);
    EXPECT_EQ(door.count<rooms::Gone>(), 2);
}

TEST_F(SessionsTest, forget_a_room_that_ended_the_membership)
{
    auto const id = enter();
    deliver(id, ticket(), {{"t", "left"}}, rooms::Delivery::Effect::ended);
    EXPECT_EQ(last_heard(id)["t"], "left");
    say(id, {{"t", "act"}, {"id", 1}, {"room", "r.1"}, {"a", "x"}});
    EXPECT_EQ(code(id), "not_found");
}

TEST_F(SessionsTest, beat_when_silent_and_declare_death_in_less_than_five_seconds)
{
    auto const id = enter();
    auto const beats = [&] {
        return std::ranges::count(wire.peers[id].heard, Json::object());
    };
    for (int i = 0; i < 100; i++) {
        after(100ms);
        frame(id, "{}");
    }
    EXPECT_GE(beats(), 4);
    EXPECT_FALSE(wire.peers[id].close_code);
    for (int i = 0; i < 46; i++)
        after(100ms);
    EXPECT_EQ(wire.peers[id].close_code, 4201);
    EXPECT_EQ(door.count<rooms::Gone>(), 1) << "its seat is away at once";
}

TEST_F(SessionsTest, hold_back_for_the_slow_and_let_updates_collapse_into_one_whole_view)
{
    auto const id = enter();
    auto const here = ticket();
    auto& peer = wire.peers[id];
    peer.backlog = options.kernel_backlog_max + 1;
    auto const heard = peer.heard.size();
    Json const fat{{"t", "upd"}, {"d", std::string(10'000, 'x')}};
    for (int i = 0; i < 30; i++)
        deliver(id, here, fat, rooms::Delivery::Effect::update);
    deliver(id, here, {{"t", "ack"}}, rooms::Delivery::Effect::none, 1);
    EXPECT_EQ(peer.heard.size(), heard);
    peer.backlog = 0;
    sessions->drained(id);
    EXPECT_EQ(peer.heard.size(), heard + 1) << "the answer is not dropped";
    EXPECT_EQ(peer.heard.back()["t"], "ack");
    ASSERT_EQ(door.count<rooms::Refresh>(), 1);
    deliver(id, here, fat, rooms::Delivery::Effect::update);
    EXPECT_EQ(peer.heard.size(), heard + 1) << "of no use before the whole view";
    deliver(id, here, {{"t", "upd"}, {"view", 1}}, rooms::Delivery::Effect::renewal);
    deliver(id, here, {{"t", "upd"}, {"d", 1}}, rooms::Delivery::Effect::update);
    EXPECT_EQ(peer.heard.size(), heard + 3);
}

TEST_F(SessionsTest, close_the_slow_4204_when_nothing_is_left_to_collapse)
{
    auto const id = enter();
    wire.peers[id].backlog = options.kernel_backlog_max + 1;
    Json const answer{{"t", "joined"}, {"view", std::string(100'000, 'x')}};
    for (int i = 0; i < 11; i++)
        deliver(id, ticket(), answer);
    EXPECT_EQ(wire.peers[id].close_code, 4204);
    EXPECT_TRUE(wire.peers[id].is_closed);
}

struct Resuming : SessionsTest {
    ConnectionId back(Json const& welcome, std::string const& principal = "ann")
    {
        auto const id = open();
        say(id, {{"t", "hello"}, {"v", 1}, {"auth", "for " + principal},
                    {"resume", {{"sid", welcome["sid"]}, {"tok", welcome["tok"]}}}});
        auto [claim, done] = std::move(claims.waiting.back());
        claims.waiting.clear();
        done(sessions->take(claim));
        return id;
    }
};

TEST_F(Resuming, gives_a_session_back_once_within_its_time)
{
    auto const id = greet();
    auto const welcome = last_heard(id);
    sessions->closed(id);
    after(119s);
    auto const again = back(welcome);
    EXPECT_EQ(last_heard(again)["resumed"], true);
    EXPECT_NE(last_heard(again)["tok"], welcome["tok"]) << "rotated on each use";
    EXPECT_EQ(last_heard(back(welcome))["resumed"], false);
    auto const late = last_heard(again);
    sessions->closed(again);
    after(121s);
    EXPECT_EQ(last_heard(back(late))["resumed"], false);
}

TEST_F(Resuming, gives_a_session_to_nobody_else)
{
    auto const id = greet();
    auto welcome = last_heard(id);
    sessions->closed(id);
    EXPECT_EQ(last_heard(back(welcome, "mallory"))["resumed"], false);
    auto forged = welcome;
    forged["tok"] = std::string(32, '0');
    EXPECT_EQ(last_heard(back(forged))["resumed"], false);
    EXPECT_EQ(last_heard(back(welcome))["resumed"], true);
}

TEST_F(Resuming, ends_a_connection_that_only_seems_to_be_alive)
{
    auto const id = greet();
    auto const welcome = last_heard(id);
    auto const again = back(welcome);
    EXPECT_EQ(last_heard(again)["resumed"], true);
    EXPECT_EQ(wire.peers[id].close_code, 4005);
    sessions->closed(id);
    EXPECT_TRUE(sessions->knows(again));
}

TEST_F(Resuming, lets_messages_wait_for_the_welcome)
{
    auto const id = open();
    frame(id, R"([{"t":"hello","v":1,"auth":"for ann","resume":{"sid":"x","tok":"y"}},
        {"t":"join","id":4,"room":"r"}])");
    EXPECT_EQ(code(id), "busy");
    sessions->closed(id);
    claims.waiting.back().second(true); // Too late: nobody is there.
    EXPECT_EQ(sessions->size(), 0);
}

TEST_F(SessionsTest, renew_a_login_for_the_same_principal_only)
{
    auto const id = greet();
    say(id, {{"t", "auth"}, {"auth", "for ann"}});
    EXPECT_EQ(last_heard(id)["t"], "pong");
    say(id, {{"t", "auth"}, {"auth", "expired"}});
    EXPECT_EQ(code(id), "unauthenticated");
    say(id, {{"t", "auth"}, {"auth", "for bob"}});
    EXPECT_EQ(wire.peers[id].close_code, 4003);
}

TEST_F(SessionsTest, say_goaway_and_close_all_with_1012)
{
    auto const id = greet();
    auto const other = open();
    sessions->go_away("deploy", 3'000ms);
    EXPECT_EQ(last_heard(id)["t"], "goaway");
    EXPECT_EQ(last_heard(id)["in"], 3'000);
    sessions->close_all();
    EXPECT_EQ(wire.peers[id].close_code, 1012);
    EXPECT_EQ(wire.peers[other].close_code, 1012);
}

TEST_F(SessionsTest, turn_clients_away_beyond_their_number)
{
    options.sessions_max = 1;
    build();
    greet();
    auto const id = open();
    EXPECT_EQ(wire.peers[id].close_code, 4100);
}

}  // namespace
}  // namespace gatehouse::sessions
