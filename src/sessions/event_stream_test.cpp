// SPDX-License-Identifier: Apache-2.0
#include "sessions/event_stream.hpp"

#include "sessions/shard_id.hpp"
#include "sessions/testing.hpp"

#include <algorithm>
#include <random>

namespace gatehouse::sessions {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using enum Sessions::Posted;

TEST(EventStream, keeps_a_message_in_one_line)
{
    std::string text;
    append_event(text, "{\"a\":\n\r1}");
    append_event(text, "[{},{}]");
    EXPECT_EQ(text, "data: {\"a\":  1}\n\ndata: [{},{}]\n\n");
    EXPECT_EQ(close_event(websocket::CloseCode::restart, "re\"start"),
        "event: close\ndata: {\"code\":1012,\"reason\":\"re\\\"start\"}\n\n");
}

// Against the naive model: what is heard is 1, 2, 3 …, each once, whatever comes when.
TEST(Posts, are_heard_in_order_and_once_however_they_arrive)
{
    std::mt19937 chance(11); // NOLINT
    Posts posts;
    std::vector<std::string> heard;
    for (int round = 0; round < 20'000; round++) {
        auto const next = heard.size() + 1;
        auto const number = std::max<std::size_t>(next + chance() % 24, 5) - 4;
        auto const place = posts.take(number, std::to_string(number));
        ASSERT_EQ(place == Posts::Place::next, number == next);
        ASSERT_EQ(place == Posts::Place::far, number > next + Posts::held_max);
        ASSERT_TRUE(number >= next || place == Posts::Place::known);
        if (place == Posts::Place::next)
            heard.push_back(std::to_string(number));
        while (auto const waited = posts.take_next())
            heard.push_back(*waited);
    }
    EXPECT_GT(heard.size(), 1000U);
    for (std::size_t i = 0; i < heard.size(); i++)
        ASSERT_EQ(heard[i], std::to_string(i + 1));
}

TEST(Posts, are_held_but_sixteen)
{
    Posts posts;
    EXPECT_EQ(posts.take(18, "x"), Posts::Place::far);
    EXPECT_EQ(posts.take(UINT64_MAX, "x"), Posts::Place::far);
    EXPECT_EQ(posts.take(17, "x"), Posts::Place::held);
    EXPECT_EQ(posts.take(17, "y"), Posts::Place::known);
    EXPECT_FALSE(posts.take_next()) << "sixteen are missing";
}

struct StreamTest : SessionsTest {
    static constexpr Dialect events{.carrier = Carrier::events};
    std::uint64_t number = 0;

    std::string stream(ConnectionId id) { return wire.peers[id].heard.front()["stream"]; }
    Sessions::Posted post(ConnectionId id, Json const& message)
    {
        return sessions->posted(stream(id), ++number, message.dump());
    }
    ConnectionId greet_by_post()
    {
        auto const id = open(events);
        EXPECT_EQ(post(id, {{"t", "hello"}, {"v", 1}, {"auth", "for ann"}}), taken);
        return id;
    }
};

TEST_F(StreamTest, say_all_that_a_websocket_says)
{
    auto const id = greet_by_post();
    EXPECT_EQ(shard_of(stream(id)), 3);
    EXPECT_EQ(last_heard(id)["t"], "welcome");
    EXPECT_EQ(last_heard(id)["hb"], 10'000) << "an answer costs a request";
    EXPECT_EQ(last_heard(id)["dead"], 25'000);
    EXPECT_EQ(post(id, Json::array({{{"t", "join"}, {"id", 1}, {"room", "r.1"}},
                            {{"t", "act"}, {"id", 5}, {"room", "r.1"}, {"a", "x"}}})),
        taken);
    ASSERT_EQ(door.asked.size(), 2U);
    deliver(id, ticket(), Json::array({{{"t", "upd"}}, {{"t", "ack"}, {"id", 5}}}),
        rooms::Delivery::Effect::update, 1);
    EXPECT_EQ(last_heard(id)["id"], 5);
}

TEST_F(StreamTest, hear_posts_in_order_and_once)
{
    auto const id = open(events);
    auto const posted = [&](std::uint64_t n, Json const& message) {
        return sessions->posted(stream(id), n, message.dump());
    };
    auto const act = [](std::uint64_t n) {
        return Json{{"t", "act"}, {"id", n}, {"room", "r.1"}, {"a", "x"}};
    };
    EXPECT_EQ(posted(3, act(7)), taken);
    EXPECT_EQ(posted(2, {{"t", "join"}, {"id", 1}, {"room", "r.1"}}), taken);
    EXPECT_TRUE(door.asked.empty()) << "the hello is missing";
    EXPECT_EQ(posted(1, {{"t", "hello"}, {"v", 1}, {"auth", "for ann"}}), taken);
    EXPECT_EQ(door.asked.size(), 2U);
    EXPECT_EQ(posted(3, act(8)), taken) << "sent again, for its answer was lost";
    EXPECT_EQ(door.asked.size(), 2U);
    EXPECT_EQ(posted(4 + 17, act(9)), far_ahead);
    EXPECT_EQ(sessions->posted(std::string(32, 'a'), 1, "{}"), unknown_stream);
    EXPECT_EQ(sessions->posted("", 1, "{}"), unknown_stream);
    EXPECT_EQ(sessions->posted(
                  stream(id), 4, std::string(options.message_bytes_max + 1, ' ')), too_large);
}

TEST_F(StreamTest, end_with_the_code_that_a_close_frame_would_have)
{
    auto const id = open(events);
    post(id, {{"t", "join"}});
    EXPECT_EQ(last_heard(id)["t"], "bye");
    EXPECT_EQ(wire.peers[id].close_code, 4102);
    EXPECT_TRUE(wire.peers[id].is_closed);
    EXPECT_EQ(post(id, Json::object()), unknown_stream);
    sessions->closed(id);
    EXPECT_EQ(post(id, Json::object()), unknown_stream);

    number = 0;
    auto const other = greet_by_post();
    sessions->go_away("drain", 3s);
    EXPECT_EQ(last_heard(other)["t"], "goaway");
    sessions->close_all();
    EXPECT_EQ(wire.peers[other].close_code, 1012);
}

TEST_F(StreamTest, die_of_silence_later_than_a_websocket)
{
    auto const id = greet_by_post();
    after(10s);
    EXPECT_EQ(last_heard(id), Json::object());
    EXPECT_EQ(post(id, Json::object()), taken);
    after(24s);
    EXPECT_FALSE(wire.peers[id].close_code);
    after(1s);
    EXPECT_EQ(wire.peers[id].close_code, 4201);
}

TEST_F(StreamTest, hear_nothing_on_the_connection_itself)
{
    auto const id = greet_by_post();
    auto const heard = wire.peers[id].heard.size();
    frame(id, "{}");
    EXPECT_EQ(wire.peers[id].heard.size(), heard);
    EXPECT_FALSE(wire.peers[id].close_code);
}

TEST_F(StreamTest, are_come_back_to_from_either_carrier)
{
    auto const id = greet_by_post();
    auto const welcome = last_heard(id);
    auto const again = open();
    say(again, {{"t", "hello"}, {"v", 1}, {"auth", "for ann"},
                   {"resume", {{"sid", welcome["sid"]}, {"tok", welcome["tok"]}}}});
    auto& [claim, done] = claims.waiting.back();
    EXPECT_EQ(claim.principal, "ann");
    done(sessions->take(claim));
    EXPECT_EQ(wire.peers[id].close_code, 4005);
    EXPECT_EQ(last_heard(again)["resumed"], true);
}

TEST_F(StreamTest, collapse_for_the_slow)
{
    auto const id = greet_by_post();
    post(id, {{"t", "join"}, {"id", 1}, {"room", "r.1"}});
    wire.peers[id].backlog = 500'000;
    for (int i = 0; i < 3; i++)
        deliver(id, ticket(), {{"t", "upd"}, {"d", std::string(100'000, 'x')}},
            rooms::Delivery::Effect::update);
    wire.peers[id].backlog = 0;
    sessions->drained(id);
    EXPECT_EQ(door.count<rooms::Refresh>(), 1U);
}

}  // namespace
}  // namespace gatehouse::sessions
