// SPDX-License-Identifier: Apache-2.0
#include "sessions/testing.hpp"

namespace gatehouse::sessions {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// The keys of their issuer are on their way.
TEST_F(SessionsTest, wait_for_who_cannot_be_judged_yet)
{
    auto const id = open();
    say(id, {{"t", "hello"}, {"v", 1}, {"auth", "late"}});
    say(id, {{"t", "join"}, {"id", 1}, {"room", "r.1"}});
    EXPECT_EQ(code(id), "busy");
    ASSERT_EQ(login.late.size(), 1);
    login.late[0](identity::Verified{{.id = "ann"}, login.expires_at});
    EXPECT_EQ(last_heard(id)["t"], "welcome");

    say(id, {{"t", "auth"}, {"auth", "late"}});
    login.late[1](fail(ErrorCode::token_expired, "the token has expired"));
    EXPECT_EQ(code(id), "token_expired");
    say(id, {{"t", "auth"}, {"auth", "late"}});
    login.late[2](identity::Verified{{.id = "bob"}, login.expires_at});
    EXPECT_EQ(code(id), "forbidden") << "who one is does not change";
}

TEST_F(SessionsTest, an_answer_for_who_left_finds_nobody)
{
    auto const id = open();
    say(id, {{"t", "hello"}, {"v", 1}, {"auth", "late"}});
    sessions->closed(id);
    login.late[0](identity::Verified{{.id = "ann"}, login.expires_at});
    EXPECT_EQ(sessions->size(), 0);
}

TEST_F(SessionsTest, wait_five_seconds_for_a_hello)
{
    auto const id = open();
    after(4'999ms);
    EXPECT_FALSE(wire.peers[id].close_code);
    after(2ms);
    EXPECT_EQ(wire.peers[id].close_code, 4102);
    after(9'999ms);
    EXPECT_FALSE(wire.peers[id].is_reset);
    after(2ms);
    EXPECT_TRUE(wire.peers[id].is_reset) << "whoever does not close is reset";
}

TEST_F(SessionsTest, tell_rooms_who_is_gone)
{
    auto const id = enter();
    say(id, {{"t", "join"}, {"id", 2}, {"room", "r.2"}});
    sessions->closed(id);
    EXPECT_EQ(door.count<rooms::Gone>(), 2);
}

// After so long in silence, both sides.
struct FirstBeat : SessionsTest {
    std::size_t beats(ConnectionId id)
    {
        return static_cast<std::size_t>(std::ranges::count(wire.peers[id].heard, Json::object()));
    }
    Milliseconds of_a_newcomer()
    {
        auto const id = greet();
        for (Milliseconds waited{1};; ++waited) {
            after(1ms);
            if (beats(id) > 0 || waited > 10s)
                return waited;
        }
    }
};

TEST_F(FirstBeat, comes_after_a_part_of_the_time_that_chance_decides)
{
    std::map<Milliseconds, int> seen;
    for (int chance = 0; chance < 256; chance += 15) {
        dice.last = static_cast<char>(chance - 3); // The session's id and token draw twice.
        auto const expected = options.heartbeat - options.heartbeat * chance / 256;
        auto const waited = of_a_newcomer();
        EXPECT_GE(waited, expected - options.heartbeat / 32) << chance;
        EXPECT_LE(waited, expected + 1ms) << chance;
        seen[waited]++;
    }
    EXPECT_GE(seen.size(), 17) << "those who came together do not beat together";
}

// So that thousands do not wake the shard one by one.
TEST_F(FirstBeat, leaves_with_those_that_are_due_soon)
{
    std::vector<ConnectionId> all;
    for (int i = 0; i < 40; i++) {
        dice.last = -3;
        all.push_back(greet());
        after(5ms);
    }
    std::size_t sent = 0;
    int times = 0;
    for (auto waited = 0ms; waited <= options.heartbeat; waited += 1ms) {
        after(1ms);
        std::size_t all_sent = 0;
        for (auto const id : all)
            all_sent += beats(id);
        times += all_sent > sent ? 1 : 0;
        sent = all_sent;
    }
    EXPECT_GE(sent, all.size());
    EXPECT_LE(times, 6) << "they came over 200 ms";
}

struct Heartbeat : FirstBeat {
    // For 20 s, a turn each 100 ms: who says something how often?
    std::size_t beats_where(int client_says_each, int server_says_each)
    {
        auto const id = enter();
        auto const here = ticket();
        for (int turn = 1; turn <= 200; turn++) {
            after(100ms);
            if (client_says_each != 0 && turn % client_says_each == 0)
                say(id, {{"t", "leave"}, {"room", "r.1"}}); // Without an answer here.
            if (server_says_each != 0 && turn % server_says_each == 0)
                deliver(id, here, {{"t", "upd"}}, rooms::Delivery::Effect::update);
        }
        EXPECT_FALSE(wire.peers[id].close_code);
        return beats(id);
    }
};

TEST_F(Heartbeat, is_due_when_either_side_was_silent)
{
    EXPECT_EQ(beats_where(5, 5), 0) << "both talk";
    EXPECT_EQ(beats_where(5, 0), 10) << "the server was silent for two seconds";
    EXPECT_EQ(beats_where(25, 5), 0 + 8) << "the client only listens, and is asked each time";
    EXPECT_EQ(beats_where(19, 19), 0) << "just in time";
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

TEST_F(Resuming, of_nonsense_is_a_new_session)
{
    auto const ask = [&](Json const& resume) {
        auto const id = open();
        say(id, {{"t", "hello"}, {"v", 1}, {"auth", "for ann"}, {"resume", resume}});
        return last_heard(id);
    };
    for (auto const* resume : {"17", "null", "{}", R"({"sid":"x"})", R"({"sid":1,"tok":2})"}) {
        auto const answer = ask(Json::parse(resume));
        EXPECT_EQ(answer["t"], "welcome") << resume;
        EXPECT_EQ(answer["resumed"], false) << resume;
    }
    EXPECT_TRUE(claims.waiting.empty());
    EXPECT_FALSE(sessions->take({"nobody's", "token", "ann"}));
}

TEST_F(Resuming, forgets_the_oldest_beyond_their_number)
{
    options.resumable_max = 2;
    build();
    std::vector<Json> welcomes;
    for (int i = 0; i < 3; i++) {
        auto const id = greet();
        welcomes.push_back(last_heard(id));
        sessions->closed(id);
        after(1s);
    }
    EXPECT_EQ(last_heard(back(welcomes[0]))["resumed"], false);
    EXPECT_EQ(last_heard(back(welcomes[2]))["resumed"], true);
}

TEST_F(Resuming, of_a_closed_connection_whose_socket_lingers_is_fine)
{
    auto const id = greet();
    auto const welcome = last_heard(id);
    sessions->close_all();
    EXPECT_EQ(last_heard(back(welcome))["resumed"], true);
    sessions->closed(id);
}

TEST_F(SessionsTest, end_with_4202_when_their_token_expires)
{
    login.expires_at = now.wall + 60'000ms;
    auto const id = enter();
    auto const answer_beats = [&](Milliseconds span) {
        for (; span > 0ms; span -= 500ms) {
            after(500ms);
            say(id, Json::object());
        }
    };
    answer_beats(59'500ms);
    EXPECT_FALSE(wire.peers[id].close_code);
    after(500ms);
    EXPECT_EQ(wire.peers[id].close_code, 4202);
    EXPECT_EQ(last_heard(id)["t"], "bye");
    EXPECT_EQ(code(id), "token_expired");
    EXPECT_EQ(last_heard(id)["retry"], true);
    EXPECT_EQ(door.count<rooms::Gone>(), 1);
}

TEST_F(SessionsTest, live_as_long_as_their_freshest_token)
{
    auto const renew = [&](ConnectionId id, WallTime until) {
        login.expires_at = until;
        say(id, {{"t", "auth"}, {"auth", "for ann"}});
    };
    login.expires_at = now.wall + 1'000ms;
    auto const id = greet();
    renew(id, WallTime{std::numeric_limits<std::int64_t>::max()});
    after(1'500ms);
    EXPECT_FALSE(wire.peers[id].close_code);
    renew(id, now.wall + 100ms);
    after(99ms);
    EXPECT_FALSE(wire.peers[id].close_code);
    after(1ms);
    EXPECT_EQ(wire.peers[id].close_code, 4202) << "to the millisecond";
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
