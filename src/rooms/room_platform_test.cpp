// SPDX-License-Identifier: Apache-2.0
// What a host may do.
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct Host : Table {
    void act_now(Client& who, std::uint64_t id, std::string name, int seat)
    {
        bench.act(who, id, std::move(name), R"({"seat":)" + std::to_string(seat) + "}");
        bench.settle();
    }
    Json by(std::size_t seat)
    {
        return bench.expected_view(spectator, bench.kept.size())["room"]["seats"][seat]["by"];
    }
};

TEST_F(Host, shows_somebody_the_door_who_does_not_sit_down_again)
{
    act_now(ann, 1, "room.kick", 1);
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(bob.of_type("left").back()["why"], "kicked");
    EXPECT_EQ(by(1), "nobody");
    auto again = bench.add("bob", 8);
    bench.join(again);
    bench.settle();
    EXPECT_EQ(again.errors[1], "forbidden");
    bench.crash();
    bench.join(again);
    bench.join(again, {.id = 2, .as_spectator = true});
    bench.settle();
    EXPECT_EQ(again.errors[1], "forbidden") << "the room remembers";
    EXPECT_TRUE(again.is_in) << "watching is no sitting";
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(eve.seat, 1);
}

TEST_F(Host, leaves_a_bot_in_the_place_of_whom_they_kick_from_a_game)
{
    bench.act(ann, 1, "begin");
    bench.settle();
    act_now(ann, 2, "room.kick", 1);
    EXPECT_EQ(by(1), "bot");
    bench.after(1s);
    EXPECT_GT(bench.sum(), 0) << "it is seat 1's turn, and the bot plays";
}

TEST_F(Host, also_sends_away_who_comes_in_that_moment)
{
    bench.ask(bob, Gone{});
    bench.settle();
    auto again = bench.add("bob", 8);
    bench.join(again);
    act_now(ann, 1, "room.kick", 1);
    EXPECT_EQ(again.errors[1], "forbidden");
    EXPECT_FALSE(again.is_in);
    EXPECT_EQ(bench.room->attendances(), 1u);
}

TEST_F(Host, gives_that_away_and_gets_it_back_when_they_go)
{
    bench.join(eve);
    act_now(ann, 1, "room.host", 2);
    EXPECT_EQ(bob.view["room"]["host"], 2);
    act_now(ann, 2, "room.kick", 1);
    EXPECT_EQ(ann.errors[2], "forbidden") << "she is it no more";
    bench.crash();
    EXPECT_EQ(bench.room->state().host(), 2);
    for (auto* who : {&ann, &bob, &eve})
        bench.join(*who);
    bench.settle();
    bench.ask(eve, Leave{9});
    bench.settle();
    EXPECT_EQ(bob.view["room"]["host"], 0) << "who has sat longest";
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(bob.view["room"]["host"], 0) << "it was given to her as long as she sat";
}

TEST_F(Host, may_not_do_what_makes_no_sense)
{
    act_now(bob, 1, "room.kick", 0);
    act_now(bob, 2, "room.host", 1);
    EXPECT_EQ(bob.errors[1], "forbidden");
    EXPECT_EQ(bob.errors[2], "forbidden");
    act_now(ann, 1, "room.kick", 0);
    act_now(ann, 2, "room.kick", 2);
    act_now(ann, 3, "room.host", 7);
    act_now(ann, 4, "room.host", 2);
    for (std::uint64_t id = 1; id <= 4; id++)
        EXPECT_EQ(ann.errors[id], "bad_request") << id;
}

}  // namespace
}  // namespace gatehouse::rooms
