// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace gatehouse::load {
namespace {

using namespace std::chrono_literals;

// The other end of one client, by hand: says what a server says, and keeps what it is told.
class Scene : Client::Around {
public:
    explicit Scene(int seat = 0, int repeat_one_in = 0)
        : client(Client::Options{.player = *player_of("liap-tui"), .people = 1,
                     .repeat_one_in = repeat_one_in},
              login_, seat, 3, stats, *this)
    {
    }

    void say(std::string_view message) { client.received(message, now += 10ms); }
    void welcome()
    {
        client.opened(now);
        say(R"({"t":"welcome","sid":"s1","tok":"t1","dead":4500,"max":{"rate":50},)"
            R"("resumed":false})");
        now += 1s;
    }
    // Joins with the id that the client has given its last join.
    void joined(int version, std::string_view how, std::string_view rest = "")
    {
        auto const text = last();
        auto const id = text.substr(text.find("\"id\":") + 5);
        say(R"({"t":"joined","id":)" + std::to_string(integer_in(id).value_or(0))
            + R"(,"room":"r","game":"liap-tui","e":1,"s":)" + std::to_string(version)
            + R"(,"seat":)" + (client.seat() < 0 ? "null" : std::to_string(client.seat()))
            + R"(,"how":")" + std::string(how) + "\"" + std::string(rest) + R"(,"last":0})");
    }
    void sit_down()
    {
        welcome();
        client.enter(record, now);
        joined(10, "snap", R"(,"view":)" + std::string(whole));
    }
    [[nodiscard]] std::string last() const { return sent.empty() ? "" : sent.back(); }
    // The last thing it said was that action.
    [[nodiscard]] bool has_said(std::string_view part) const
    {
        return last().find(part) != std::string::npos;
    }

    static constexpr std::string_view whole
        = R"({"room":{"status":"running","host":0},)"
          R"("game":{"phase":"turn","turn":0,"need":0,"hand":[31]}})";
    static constexpr std::string_view others_turn
        = R"({"t":"upd","room":"r","p":10,"s":11,"d":{"game":{"turn":1,"hand":[]}}})";

    TimePoint now{1h};
    Stats stats{};
    Verdict verdict{};
    RoomRecord record{"r", verdict};
    std::vector<std::string> sent{};
    std::string dropped{};
    std::string failure{};
    Client client;

private:
    void send(std::string_view message) override { sent.emplace_back(message); }
    void drop(std::string_view why) override
    {
        dropped = why;
        client.closed();
    }
    void moved() override {}
    void failed(std::string_view why) override { failure = why; }

    Login login_{"anna", "jwt"};
};

TEST(Client, says_hello_joins_and_plays_when_it_is_its_turn)
{
    Scene scene;
    scene.welcome();
    EXPECT_TRUE(scene.has_said("hello") && scene.has_said("jwt"));
    scene.client.enter(scene.record, scene.now);
    EXPECT_TRUE(scene.has_said(R"("t":"join")") && scene.has_said(R"("seat":0)"));
    scene.joined(10, "snap", R"(,"view":)" + std::string(Scene::whole));
    EXPECT_EQ(scene.last(), R"({"t":"act","id":1,"room":"r","a":"play","d":{"pieces":[31]}})");
    scene.say("[" + std::string(Scene::others_turn) + R"(,{"t":"ack","id":1,"room":"r","s":11}])");
    EXPECT_EQ(scene.stats.acks, 1U);
    EXPECT_EQ(scene.client.version(), 11U);
    EXPECT_EQ(scene.verdict.tally(), "acked 1  lost 0  twice 0  gaps 0  unseen 0  differ 0");
}

TEST(Client, answers_a_heartbeat_and_notices_silence)
{
    Scene scene;
    scene.sit_down();
    scene.say("{}");
    EXPECT_EQ(scene.last(), "{}");
    scene.client.woke(scene.now + 4s);
    EXPECT_EQ(scene.dropped, "");
    scene.client.woke(scene.now + 4'500ms);
    EXPECT_EQ(scene.dropped, "nothing heard for too long");
}

TEST(Client, sends_what_was_not_answered_again_with_the_same_id)
{
    Scene scene;
    scene.sit_down();
    auto const act = scene.last();
    scene.client.closed();
    scene.client.opened(scene.now);
    EXPECT_TRUE(scene.has_said(R"("resume":{"sid":"s1","tok":"t1"})"));
    scene.say(R"({"t":"welcome","sid":"s2","tok":"t2","dead":4500,"resumed":true})");
    ASSERT_TRUE(scene.has_said(R"("t":"join")"));
    scene.joined(10, "snap", R"(,"view":)" + std::string(Scene::whole));
    EXPECT_EQ(scene.last(), act);
    EXPECT_EQ(scene.stats.resumed, 1U);
    EXPECT_TRUE(scene.verdict.is_clean());
}

TEST(Client, waits_after_a_refusal_that_may_pass_and_says_the_same_again)
{
    Scene scene;
    scene.sit_down();
    auto const act = scene.last();
    scene.say(R"({"t":"err","id":1,"room":"r","code":"busy","msg":"","retry":true})");
    auto const count = scene.sent.size();
    scene.client.woke(scene.now + 50ms);
    EXPECT_EQ(scene.sent.size(), count);
    scene.client.woke(scene.now + 100ms);
    EXPECT_EQ(scene.sent.size(), count + 1);
    EXPECT_EQ(scene.last(), act);
}

TEST(Client, takes_a_new_id_after_a_refusal_and_does_not_insist)
{
    Scene scene;
    scene.sit_down();
    auto const count = scene.sent.size();
    scene.say(R"({"t":"err","id":1,"room":"r","code":"not_your_turn","msg":"","retry":false})");
    EXPECT_EQ(scene.sent.size(), count);
    scene.client.woke(scene.now + 1s);
    EXPECT_TRUE(scene.has_said(R"("id":2)"));
    EXPECT_EQ(scene.stats.errors_total(), 0U);
}

TEST(Client, blames_updates_that_do_not_follow_and_joins_again)
{
    Scene scene;
    scene.sit_down();
    scene.say(R"({"t":"upd","room":"r","p":11,"s":12,"d":{}})");
    EXPECT_EQ(scene.verdict.count(Fault::gap), 1U);
    EXPECT_TRUE(scene.has_said(R"("t":"join")"));
}

TEST(Client, blames_an_ack_before_its_update_or_of_nothing)
{
    Scene early;
    early.sit_down();
    early.say(R"({"t":"ack","id":1,"room":"r","s":11})");
    EXPECT_EQ(early.verdict.count(Fault::gap), 1U);
    Scene stray;
    stray.sit_down();
    stray.say(R"({"t":"ack","id":9,"room":"r","s":10})");
    EXPECT_EQ(stray.verdict.count(Fault::twice), 1U);
}

TEST(Client, repeats_an_answered_action_and_demands_the_same_answer)
{
    for (auto const& [answer, faults] : {
             std::pair{R"({"t":"ack","id":1,"room":"r","s":11})", 0U},
             {R"({"t":"ack","id":1,"room":"r","s":12})", 1U},
             {R"({"t":"err","id":1,"room":"r","code":"out_of_order","retry":false})", 1U},
         }) {
        Scene scene(0, 1);
        scene.sit_down();
        auto const act = scene.last();
        scene.say(
            "[" + std::string(Scene::others_turn) + R"(,{"t":"ack","id":1,"room":"r","s":11}])");
        EXPECT_EQ(scene.last(), act);
        scene.say(answer);
        EXPECT_EQ(scene.verdict.count(Fault::twice), faults) << answer;
    }
}

TEST(Client, blames_a_room_that_went_back)
{
    Scene scene;
    scene.sit_down();
    scene.client.closed();
    scene.welcome();
    scene.joined(9, "snap", R"(,"view":{})");
    EXPECT_EQ(scene.verdict.count(Fault::unseen), 1U);
}

TEST(Client, compares_its_view_with_one_made_afresh)
{
    for (auto const& [fresh, faults] : {std::pair{"[]", 0U}, {"[4]", 1U}}) {
        Scene scene(-1);
        scene.sit_down();
        scene.say(Scene::others_turn);
        scene.client.stop(scene.now);
        EXPECT_EQ(scene.client.stage(), Client::Stage::through);
        scene.client.compare(scene.now);
        EXPECT_FALSE(scene.has_said("\"at\""));
        scene.joined(11, "snap",
            R"(,"view":{"room":{"status":"running","host":0},)"
            R"("game":{"phase":"turn","turn":1,"need":0,"hand":)"
                + std::string(fresh) + "}}");
        EXPECT_EQ(scene.client.stage(), Client::Stage::compared);
        EXPECT_GE(scene.verdict.count(Fault::differ), faults);
        EXPECT_EQ(scene.verdict.is_clean(), faults == 0);
    }
}

TEST(Client, comes_back_as_the_close_code_asks)
{
    Scene scene;
    EXPECT_FALSE(scene.client.reconnect_delay(websocket::CloseCode::bad_token, 0));
    EXPECT_GE(*scene.client.reconnect_delay(websocket::CloseCode::overloaded, 0), 1s);
    EXPECT_LE(*scene.client.reconnect_delay(websocket::CloseCode::restart, 0), 500ms);
    EXPECT_LE(*scene.client.reconnect_delay(websocket::CloseCode::abnormal, 99), 1s);
}

}  // namespace
}  // namespace gatehouse::load
