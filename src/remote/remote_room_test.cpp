// SPDX-License-Identifier: Apache-2.0
// A room whose rules are a process: both ends, and the store.
#include "remote/remote_rules.hpp"
#include "rooms/testing.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace gatehouse::remote {
namespace {

using namespace std::chrono_literals;
using json::Tree;
using rooms::testing::Bench;

std::string frame_of(std::string_view json)
{
    std::string frame;
    for (int shift = 24; shift >= 0; shift -= 8)
        frame += static_cast<char>(json.size() >> shift);
    return frame += json;
}

// Adds what it is told to, and a hundred when its alarm rings.
struct ARoom : ::testing::Test {
    Bench bench{};
    LineOptions options{};
    Line line{options, bench.now};
    rooms::testing::Client ann = bench.add("ann", 1);
    std::vector<std::string> heard{}; // What the process was asked.
    std::vector<std::string> prepared{}; // For whom.
    bool is_mute = false;
    bool is_open = true; // May people take seats?
    std::string tag = "1";

    void SetUp() override
    {
        bench.games = {};
        bench.games.add(std::make_unique<RemoteRules>(RemoteGame{"tally", "Tally", 1, 2}, line));
    }
    void TearDown() override { bench.room.reset(); }

    void connect()
    {
        line.connected();
        serve();
    }

    // All that is written is answered, and what it leads to settles.
    void serve()
    {
        for (std::string out; line.write(out); out.clear()) {
            auto const frame = Tree::parse(std::string_view(out).substr(4));
            for (auto const& message : frame->elements())
                hear(say(message));
            if (bench.room)
                bench.settle();
        }
    }

    void hear(std::string const& said)
    {
        if (!said.empty()) {
            EXPECT_TRUE(line.received(frame_of("[" + said + "]"))) << said;
        }
    }

    void act(std::uint64_t id, std::string const& name)
    {
        bench.act(ann, id, name);
        serve();
        bench.settle();
    }

    // Alarms of the room and of the line ring as they come due.
    void after(Milliseconds span)
    {
        for (auto const until = bench.now.steady + span; bench.now.steady < until;) {
            bench.after(10ms);
            if (!line.ring()) { // It hangs, and is dialled anew.
                line.disconnected();
                connect();
            }
            bench.settle();
            serve();
        }
    }

    std::string say(Tree const& message)
    {
        if (message.find("hello"))
            return R"({"hello":"gatehouse.rules.v1","games":{"tally":{"tag":")" + tag + R"("}}})";
        auto const what = std::string(*message.find("do")->text());
        auto const* const name = message.find("a");
        heard.push_back(name ? what + " " + std::string(*name->text()) : what);
        if (is_mute)
            return "";
        auto const begin
            = R"({"q":)" + std::to_string(*message.find("q")->integer()) + R"(,"ev":[{"e":")";
        if (what == "prepare") {
            auto const seats = prepared.emplace_back(message.find("seats")->canonical());
            auto const* const bots
                = seats.starts_with(R"(["bot")") ? R"({"0":{"a":"add","d":{}}})" : "null";
            return begin + R"(seated","p":{"v":")" + tag + R"(","options":null,"open":)"
                + (is_open ? "true" : "false") + R"(,"for":)" + seats + R"(,"bots":)" + bots
                + R"(,"seats":{"0":{"mine":1}}}}]})";
        }
        if (name->text() == "arm")
            return begin + R"(armed"}],"timers":[["turn",500]]})";
        return begin + R"(added","p":{"all":{"sum":)" + (what == "timer" ? "100" : "1")
            + R"(},"bots":null}}]})";
    }
};

TEST_F(ARoom, is_prepared_played_and_replayed)
{
    connect();
    bench.open();
    serve();
    bench.join(ann);
    bench.settle();
    serve();
    EXPECT_EQ(heard, (std::vector<std::string>{"prepare", "prepare"}));
    act(1, "add");
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(ann.view["game"].dump(), R"({"mine":1,"sum":1})");
    EXPECT_EQ(bench.expected_view(0, bench.kept.size())["game"].dump(), R"({"mine":1,"sum":1})");
    EXPECT_EQ(bench.expected_view(rooms::spectator, bench.kept.size())["game"].dump(),
        R"({"sum":1})");
    EXPECT_EQ(rooms::testing::state_bytes(bench.replayed()),
        rooms::testing::state_bytes(bench.room->state()));
}

TEST_F(ARoom, opens_and_lets_people_in_while_no_process_is_there)
{
    bench.open();
    bench.join(ann);
    after(3s);
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ(ann.view["game"].dump(), "{}");
    act(1, "add");
    after(3s);
    EXPECT_EQ(ann.errors[1], "unavailable");
    connect();
    after(9s);
    act(1, "add");
    EXPECT_TRUE(ann.acks.contains(1));
}

TEST_F(ARoom, keeps_its_alarm_while_the_process_is_away)
{
    connect();
    bench.open();
    serve();
    bench.join(ann);
    bench.settle();
    serve();
    act(1, "arm");
    is_mute = true;
    after(20s);
    EXPECT_GT(std::ranges::count(heard, "timer turn"), 2);
    EXPECT_EQ(bench.room->state().timers().size(), 1u);
    is_mute = false;
    after(11s);
    EXPECT_TRUE(bench.room->state().timers().empty());
    EXPECT_EQ(ann.view["game"]["sum"], 100);
}

TEST_F(ARoom, has_a_bot_play_for_who_is_away_until_they_are_back)
{
    bench.options.bot_after = 2s;
    connect();
    bench.open();
    serve();
    is_open = false;
    bench.join(ann);
    bench.settle();
    serve();
    EXPECT_EQ(prepared.back(), R"(["player","nobody"])");
    bench.ask(ann, rooms::Gone{});
    after(5s);
    EXPECT_EQ(prepared.back(), R"(["bot","nobody"])");
    EXPECT_EQ(heard.back(), "act add") << "so the bot moved";
    EXPECT_EQ(bench.expected_view(0, bench.kept.size())["game"]["sum"], 1);
    bench.join(ann);
    after(1s);
    EXPECT_EQ(prepared.back(), R"(["player","nobody"])");
    EXPECT_EQ(heard.back(), "prepare");
}

TEST_F(ARoom, is_prepared_anew_by_other_rules)
{
    connect();
    bench.open();
    serve();
    heard.clear();
    tag = "2";
    hear(say(*Tree::parse(R"({"hello":""})")));
    bench.room->rules_changed();
    bench.settle();
    serve();
    EXPECT_EQ(heard, (std::vector<std::string>{"prepare"}));
    bench.room->rules_changed();
    serve();
    EXPECT_EQ(heard.size(), 1u);
}

}  // namespace
}  // namespace gatehouse::remote
