// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// While the game thinks about Ann's first action, the rest waits.
struct RoomQueue : Table {
    void think()
    {
        bench.held.is_on = true;
        bench.act(ann, 1, "add", R"({"n":1})");
        bench.settle();
    }
    void answer_all()
    {
        while (!bench.held.answers.empty())
            bench.held.release();
        bench.settle();
    }
    // Who caused the events that came since then, or what they are.
    std::string order_since(std::size_t version)
    {
        std::string order;
        for (auto at = version; at < bench.kept.size(); at++) {
            auto const& event = bench.kept[at];
            order += event.cause.actor == 1 ? "ann" : event.cause.actor == 2 ? "bob" : event.type;
            order += ' ';
        }
        return order;
    }
};

TEST_F(RoomQueue, lets_those_go_first_who_leave)
{
    think();
    auto const before = bench.kept.size();
    for (std::uint64_t id = 2; id <= 4; id++)
        bench.act(ann, id, "add", R"({"n":1})");
    bench.ask(bob, Leave{2});
    answer_all();
    EXPECT_EQ(order_since(before), "ann room.seat_left ann ann ann ");
}

TEST_F(RoomQueue, lets_nobody_overtake_themselves)
{
    think();
    bench.act(bob, 1, "add", R"({"n":1})");
    bench.ask(bob, Leave{2});
    bench.join(eve); // The seat is free by then.
    bench.ask(eve, Gone{});
    answer_all();
    EXPECT_TRUE(bob.acks.contains(1)) << "what he did before he left counts";
    EXPECT_FALSE(bob.is_in);
    EXPECT_EQ(bench.room->attendances(), 1u) << "who came and went is gone";
}

TEST_F(RoomQueue, lets_what_is_due_go_before_those_who_play)
{
    bench.act(ann, 1, "arm", R"({"timer":"tick","after":500})");
    bench.settle();
    bench.held.is_on = true;
    bench.act(ann, 2, "add", R"({"n":1})");
    bench.act(bob, 1, "add", R"({"n":1})");
    bench.settle();
    bench.pass(500ms);
    auto const before = bench.kept.size();
    answer_all();
    EXPECT_EQ(order_since(before), "ann added bob ");
}

TEST_F(RoomQueue, does_not_leave_bots_waiting_for_ever)
{
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.act(ann, 2, "begin");
    bench.act(ann, 3, "pass");
    bench.act(ann, 4, "add", R"({"n":1})"); // It is seat 2's turn, …
    bench.act(ann, 5, "arm", R"({"timer":"refuse","after":700})");
    bench.settle();
    bench.pass(700ms);
    bench.held.is_on = true;
    bench.room->ring(); // … which waits behind the timer, …
    auto const before = bench.kept.size();
    for (std::uint64_t id = 6; id < 26; id++)
        bench.act(ann, id, "pass"); // … and these go first.
    answer_all();
    std::string expected = "room.acted ";
    for (int i = 0; i < 20; i++)
        expected += i == 15 ? "added ann " : "ann ";
    EXPECT_EQ(order_since(before), expected);
}

TEST_F(RoomQueue, holds_back_who_asks_too_much_and_nobody_else)
{
    bench.options.rate_max = 5;
    for (std::uint64_t id = 1; id <= 6; id++)
        bench.act(ann, id, "pass");
    bench.ask(ann, Ask{7, "recall", {}});
    bench.act(bob, 1, "pass");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(5));
    EXPECT_EQ(ann.errors[6], "rate_limited");
    EXPECT_EQ(ann.errors[7], "rate_limited");
    EXPECT_EQ(ann.of_type("err").back()["room"], Bench::stream);
    EXPECT_EQ(ann.of_type("err").back()["retry"], true);
    EXPECT_TRUE(bob.acks.contains(1));

    bench.pass(199ms);
    bench.act(ann, 6, "pass");
    bench.settle();
    EXPECT_FALSE(ann.acks.contains(6));
    bench.pass(1ms);
    bench.act(ann, 6, "pass");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(6)) << "one every fifth of a second";
}

}  // namespace
}  // namespace gatehouse::rooms
