// SPDX-License-Identifier: Apache-2.0
#include "sessions/testing.hpp"

namespace gatehouse::sessions::testing {
namespace {

constexpr Dialect cbor{Language::cbor};

Frame text_frame(std::string const& json)
{
    return make_frame(websocket::encode_text(json));
}

TEST(Translator, makes_each_frame_once_for_all_who_are_sent_it)
{
    Translator translator;
    auto const update = text_frame(R"({"t":"upd","s":7})");
    auto const first = translator.translate(update, cbor);
    EXPECT_EQ(translator.translate(update, cbor), first);
    auto const same = text_frame(R"({"t":"upd","s":7})");
    EXPECT_NE(translator.translate(same, cbor), first);
    for (int other = 0; other < 100; other++)
        EXPECT_TRUE(translator.translate(text_frame(std::to_string(other)), cbor));
    EXPECT_EQ(*translator.translate(update, cbor), *first);
}

TEST(Translator, takes_frames_of_every_size_that_stand_together_and_leaves_controls_alone)
{
    std::string frames;
    for (std::size_t const size : {0, 125, 126, 65'535, 65'536})
        frames += websocket::encode_text(Json(std::string(size, 'x')).dump());
    websocket::append_frame(frames, websocket::Opcode::pong, "here");
    Translator translator;
    auto const translated = translator.translate(make_frame(frames), cbor);
    std::string_view rest = *translated;
    for (std::size_t const size : {0, 125, 126, 65'535, 65'536}) {
        auto const frame = websocket::take_frame(rest);
        EXPECT_EQ(frame.opcode, websocket::Opcode::binary);
        EXPECT_EQ(Json::from_cbor(frame.payload), Json(std::string(size, 'x')));
    }
    EXPECT_EQ(rest, std::string_view("\x8a\x04here"));
}

TEST(Translator, says_of_what_nests_too_deep_that_it_has_no_words)
{
    Translator translator;
    auto const nested = [](std::size_t depth) {
        return text_frame(std::string(depth, '[') + std::string(depth, ']'));
    };
    EXPECT_TRUE(translator.translate(nested(60), cbor));
    EXPECT_FALSE(translator.translate(nested(90), cbor));
}

TEST(Translator, compresses_large_messages_alone_and_those_it_makes_smaller)
{
    Translator translator;
    Dialect const dialect{Language::json, 12};
    auto const small = text_frame(R"({"t":"ack"})");
    EXPECT_EQ(translator.translate(small, dialect), small);
    auto const large = text_frame(Json(std::string(5000, 'x')).dump());
    auto const compressed = translator.translate(large, dialect);
    EXPECT_LT(compressed->size(), 200U);
    EXPECT_EQ(translator.translate(large, dialect), compressed);
    EXPECT_EQ(translator.translate(large, {}), large);
    EXPECT_NE(*translator.translate(large, {Language::cbor, 12}), *compressed);

    websocket::Deflate deflate;
    websocket::Connection client(websocket::Role::client, 10'000, &deflate);
    auto bytes = *translator.translate(make_frame(*large + *small), dialect);
    std::span<char> input = bytes;
    ASSERT_EQ(client.next(input), websocket::Step::message);
    EXPECT_EQ(client.payload(), Json(std::string(5000, 'x')).dump());
    ASSERT_EQ(client.next(input), websocket::Step::message);
    EXPECT_EQ(client.payload(), R"({"t":"ack"})");
}

struct CborSessionsTest : SessionsTest {
    void send(ConnectionId id, Json const& message)
    {
        auto const bytes = Json::to_cbor(message);
        frame(id, std::string(bytes.begin(), bytes.end()), websocket::Opcode::binary);
    }
    ConnectionId enter_in_cbor()
    {
        auto const id = open({Language::cbor});
        send(id, {{"t", "hello"}, {"v", 1}, {"auth", "for ann"}});
        send(id, {{"t", "join"}, {"id", 1}, {"room", "r.1"}});
        return id;
    }
};

TEST_F(CborSessionsTest, talk_cbor_both_ways)
{
    auto const id = enter_in_cbor();
    EXPECT_EQ(last_heard(id)["t"], "welcome");
    ASSERT_EQ(door.count<rooms::Join>(), 1U);
    send(id,
        Json::array({{{"t", "act"}, {"id", 9}, {"room", "r.1"}, {"a", "play"},
                         {"d", {{"pieces", {1, 2.5, -3}}}}},
            {{"t", "ping"}}}));
    auto const& act = std::get<rooms::Act>(door.asked.back().second.what);
    EXPECT_EQ(act.id, 9U);
    EXPECT_EQ(act.body, R"({"pieces":[1,2.5,-3]})");
    deliver(id, ticket(), {{"t", "upd"}, {"d", {{"gone", nullptr}}}},
        rooms::Delivery::Effect::update, 1);
    EXPECT_EQ(last_heard(id), (Json{{"t", "upd"}, {"d", {{"gone", nullptr}}}}));
    EXPECT_EQ(wire.peers[id].heard.size(), wire.peers[id].binary_frames);
}

TEST_F(CborSessionsTest, refuse_what_is_no_cbor_and_stay)
{
    auto const id = enter_in_cbor();
    frame(id, "\x41\x01", websocket::Opcode::binary);
    EXPECT_EQ(code(id), "bad_request");
    EXPECT_TRUE(last_heard(id)["msg"].get<std::string>().starts_with("cbor, at byte 1: a byte"));
    send(id, {{"t", "ping"}});
    EXPECT_EQ(last_heard(id)["t"], "pong");
    frame(id, "{}");
    EXPECT_EQ(wire.peers[id].close_code, 1003);
}

// Each of these bytes is six in JSON, and everything behind this reads JSON.
TEST_F(CborSessionsTest, refuse_what_becomes_too_long)
{
    auto const id = enter_in_cbor();
    auto const act = [](std::size_t size) {
        return Json{{"t", "act"}, {"id", 9}, {"room", "r.1"}, {"a", "x"},
            {"d", {{"text", std::string(size, '\1')}}}};
    };
    send(id, act(10'000));
    EXPECT_EQ(door.count<rooms::Act>(), 1U);
    send(id, act(11'000));
    EXPECT_EQ(code(id), "too_large");
    EXPECT_EQ(door.count<rooms::Act>(), 1U);
    EXPECT_FALSE(wire.peers[id].close_code);
}

TEST_F(CborSessionsTest, end_the_connection_of_who_has_no_words_for_a_view)
{
    auto const id = enter_in_cbor();
    auto const frame = text_frame(std::string(90, '[') + std::string(90, ']'));
    sessions->deliver({.to = {3, id, ticket()}, .frame = frame});
    EXPECT_EQ(wire.peers[id].close_code, 1011);
}

TEST_F(CborSessionsTest, collapse_updates_for_the_slow_and_keep_their_answers)
{
    auto const id = enter_in_cbor();
    auto const room = ticket();
    wire.peers[id].backlog = 500'000;
    Json const fat{{"t", "upd"}, {"d", std::string(100'000, 'x')}};
    Json const ack{{"t", "ack"}, {"id", 4}};
    for (int i = 0; i < 3; i++)
        deliver(id, room, Json::array({fat, ack}), rooms::Delivery::Effect::update, 0, ack);
    wire.peers[id].backlog = 0;
    sessions->drained(id);
    ASSERT_EQ(door.count<rooms::Refresh>(), 1U);
    deliver(id, room, {{"t", "upd"}, {"view", 1}}, rooms::Delivery::Effect::renewal);
    auto const& heard = wire.peers[id].heard;
    ASSERT_GE(heard.size(), 4U);
    EXPECT_EQ(heard[heard.size() - 4], (Json{{"t", "upd"}, {"view", 1}}));
    EXPECT_EQ(heard.back(), ack);
}

} // namespace
} // namespace gatehouse::sessions::testing
