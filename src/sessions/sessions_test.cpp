// SPDX-License-Identifier: Apache-2.0
#include "sessions/shard_id.hpp"
#include "sessions/testing.hpp"

namespace gatehouse::sessions {
namespace {

using namespace testing;
using namespace std::chrono_literals;

TEST_F(SessionsTest, welcome_a_good_hello)
{
    auto const id = greet();
    auto const welcome = last_heard(id);
    EXPECT_EQ(welcome["t"], "welcome");
    EXPECT_EQ(welcome["principal"], "ann");
    EXPECT_EQ(welcome["resumed"], false);
    EXPECT_EQ(welcome["tok"].get<std::string>().size(), 32) << "128 bits";
    EXPECT_EQ(shard_of(welcome["sid"].get<std::string>()), 3);
    EXPECT_FALSE(shard_of("nonsense"));
}

TEST_F(SessionsTest, close_a_bad_hello_with_its_code)
{
    struct Case {
        std::string said;
        int close_code;
    };
    for (auto const& [said, close_code] : std::initializer_list<Case>{
             {R"({"t":"join","id":1,"room":"r"})", 4102}, {"nonsense", 4102},
             {"{}", 4102}, {"[]", 4102},
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
             R"({"t":"join","id":1,"room":"r","as":"god"})",
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
    say(id, {{"t", "act"}, {"id", 5}, {"room", "r.1"}, {"a", "x"}});
    EXPECT_EQ(code(id), "rate_limited");
    EXPECT_EQ(last_heard(id)["id"], 5);
    EXPECT_EQ(last_heard(id)["room"], "r.1") << "other rooms have an action 5, too";
    after(20ms);
    say(id, {{"t", "ping"}});
    EXPECT_EQ(last_heard(id)["t"], "pong") << "fifty a second";
    for (int i = 0; i < 201; i++)
        say(id, {{"t", "ping"}});
    EXPECT_EQ(wire.peers[id].close_code, 4101);
}

// What is no message, or no more than a beat, counts too.
TEST_F(SessionsTest, limit_messages_however_malformed)
{
    auto const too_many = Json(std::vector<Json>(65, Json::object())).dump();
    for (auto const& said : {std::string("{}"), std::string("[{}]"), std::string("[]"),
             std::string("{broken"), std::string("17"), too_many, std::string(R"({"t":"fly"})")}) {
        auto const id = greet();
        for (int i = 0; i < 50; i++)
            frame(id, said);
        EXPECT_FALSE(wire.peers[id].close_code) << said;
        frame(id, said);
        EXPECT_EQ(code(id), "rate_limited") << said;
        for (int i = 0; i < 200; i++)
            frame(id, said);
        EXPECT_EQ(wire.peers[id].close_code, 4101) << said;
    }
    auto const id = greet();
    for (int i = 0; i < 51; i++)
        frame(id, "there?", websocket::Opcode::ping);
    EXPECT_EQ(wire.peers[id].pongs, 50);
    EXPECT_EQ(code(id), "rate_limited");
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

TEST_F(SessionsTest, bring_questions_to_a_room_and_count_them_with_its_actions)
{
    auto const id = enter();
    auto const here = ticket();
    Json const question{{"t", "rpc"}, {"id", 7}, {"room", "r.1"}, {"q", "sets"}, {"d", {{"n", 1}}}};
    say(id, question);
    auto const& asked = std::get<rooms::Ask>(door.asked.back().second.what);
    EXPECT_EQ(asked.id, 7u);
    EXPECT_EQ(asked.name, "sets");
    EXPECT_EQ(asked.body, R"({"n":1})");
    for (int i = 0; i < 16; i++)
        say(id, question);
    EXPECT_EQ(door.count<rooms::Ask>(), 16);
    EXPECT_EQ(code(id), "busy");
    deliver(id, here, {{"t", "res"}}, rooms::Delivery::Effect::none, 1);
    say(id, question);
    EXPECT_EQ(door.count<rooms::Ask>(), 17);

    say(id, {{"t", "rpc"}, {"id", 8}, {"room", "r.2"}, {"q", "sets"}});
    EXPECT_EQ(code(id), "not_found");
    for (auto const* missing : {"id", "room", "q"}) {
        auto broken = question;
        broken.erase(missing);
        say(id, broken);
        EXPECT_EQ(code(id), "bad_request") << missing;
    }
}

TEST_F(SessionsTest, bound_the_names_of_actions_and_questions)
{
    auto const id = enter();
    for (auto const& [type, key] : {std::pair{"act", "a"}, std::pair{"rpc", "q"}}) {
        auto const asked = door.asked.size();
        Json message{{"t", type}, {"id", 1}, {"room", "r.1"}, {key, std::string(65, 'x')}};
        say(id, message);
        EXPECT_EQ(code(id), "bad_request") << type;
        EXPECT_EQ(door.asked.size(), asked) << type;
        message[key] = std::string(64, 'x');
        say(id, message);
        EXPECT_EQ(door.asked.size(), asked + 1) << type;
    }
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

TEST_F(SessionsTest, answer_a_join_that_their_own_newer_one_overtakes)
{
    auto const id = enter();
    say(id, {{"t", "join"}, {"id", 2}, {"code", "K7QXM"}});
    door.searches[0](std::string("r.1"));
    EXPECT_EQ(code(id), "out_of_order");
    EXPECT_EQ(last_heard(id)["id"], 1);
    EXPECT_EQ(last_heard(id)["room"], "r.1");
    EXPECT_EQ(last_heard(id)["retry"], false) << "or the two would take turns for ever";
    deliver(id, ticket(), {{"t", "joined"}, {"id", 2}}, rooms::Delivery::Effect::joined);
    EXPECT_EQ(last_heard(id)["id"], 2);

    auto const heard = wire.peers[id].heard.size();
    say(id, {{"t", "join"}, {"id", 3}, {"room", "r.1"}});
    EXPECT_EQ(wire.peers[id].heard.size(), heard) << "what was answered is not answered twice";
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

TEST_F(SessionsTest, forget_a_room_that_ended_the_membership)
{
    auto const id = enter();
    deliver(id, ticket(), {{"t", "left"}}, rooms::Delivery::Effect::ended);
    EXPECT_EQ(last_heard(id)["t"], "left");
    say(id, {{"t", "act"}, {"id", 1}, {"room", "r.1"}, {"a", "x"}});
    EXPECT_EQ(code(id), "not_found");
}

}  // namespace
}  // namespace gatehouse::sessions
