// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct RoomAnswers : Table {
    void ask(Client& who, std::uint64_t id, std::string name, std::string body = {})
    {
        bench.ask(who, Ask{id, std::move(name), std::move(body)});
    }
    Json last_result(Client const& who) { return who.of_type("res").back(); }
};

TEST_F(RoomAnswers, from_what_the_asker_may_see)
{
    bench.act(ann, 1, "whisper", R"({"n":42})");
    bench.join(eve, {.as_spectator = true});
    bench.settle();
    auto const before = bench.kept.size();
    for (auto* who : {&ann, &bob, &eve})
        ask(*who, 7, "recall");
    bench.settle();
    EXPECT_EQ(last_result(ann),
        Json({{"t", "res"}, {"id", 7}, {"room", Bench::stream}, {"s", before},
            {"d", {{"sum", 0}, {"secret", 42}}}}));
    EXPECT_EQ(last_result(bob)["d"], Json({{"sum", 0}}));
    EXPECT_EQ(last_result(eve)["d"], Json({{"sum", 0}}));
    EXPECT_EQ(bench.kept.size(), before) << "it changes nothing";
}

TEST_F(RoomAnswers, what_it_cannot_with_the_reason)
{
    bench.join(eve);
    bench.settle();
    ASSERT_EQ(eve.seat, 2);
    ask(ann, 1, "who");
    ask(ann, 2, "echo", R"({"m":1})");
    ask(ann, 3, "echo", "{broken");
    ask(ann, 4, "echo", R"({"n":20000})");
    ask(eve, 5, "recall");
    auto stranger = bench.add("sue", 8);
    ask(stranger, 6, "recall");
    bench.settle();
    for (std::uint64_t id = 1; id <= 3; id++)
        EXPECT_EQ(ann.errors[id], "bad_request") << id;
    EXPECT_EQ(ann.errors[4], "too_large");
    EXPECT_EQ(eve.errors[5], "forbidden");
    EXPECT_EQ(stranger.errors[6], "not_found");
}

TEST_F(RoomAnswers, nothing_before_what_it_tells_of_is_durable)
{
    bench.act(ann, 1, "add", R"({"n":5})");
    ask(bob, 7, "recall");
    bench.turn();
    EXPECT_TRUE(bob.of_type("res").empty());
    bench.keep();
    EXPECT_EQ(last_result(bob)["d"]["sum"], 5);
    EXPECT_EQ(last_result(bob)["s"], *bob.version) << "and after the update that shows it";
}

TEST_F(RoomAnswers, that_nothing_can_be_said_where_what_it_would_tell_of_was_lost)
{
    bench.act(ann, 1, "add", R"({"n":5})");
    ask(bob, 1, "recall");
    bench.turn();
    bench.lose();
    bench.reload();
    bench.settle();
    EXPECT_TRUE(bob.of_type("res").empty());
    EXPECT_EQ(bob.errors[1], "unavailable");
}

TEST_F(RoomAnswers, in_the_order_of_the_room)
{
    bench.held.is_on = true;
    bench.act(ann, 1, "add", R"({"n":5})");
    ask(bob, 7, "recall");
    bench.act(ann, 2, "add", R"({"n":5})");
    while (!bench.held.answers.empty())
        bench.held.release();
    bench.settle();
    EXPECT_EQ(last_result(bob)["d"]["sum"], 5);
    EXPECT_EQ(bench.sum(), 10);
}

TEST_F(RoomAnswers, later_or_never_where_the_game_takes_its_time)
{
    bench.held.is_on = true;
    ask(bob, 7, "recall");
    bench.settle();
    bench.after(bench.options.decision_max);
    EXPECT_EQ(bob.errors[7], "unavailable");
}

TEST_F(RoomAnswers, that_the_game_failed_where_it_throws)
{
    ask(bob, 7, "crack");
    ask(bob, 8, "recall");
    bench.settle();
    EXPECT_EQ(bob.errors[7], "internal");
    EXPECT_EQ(last_result(bob)["id"], 8) << "and goes on";
}

TEST_F(RoomAnswers, nobody_while_others_may_have_played_on)
{
    bench.around.leased_until = bench.now.steady;
    ask(bob, 7, "recall");
    bench.settle();
    EXPECT_EQ(bob.errors[7], "busy");
}

TEST_F(RoomAnswers, nobody_who_is_replaced_before_the_room_shows_what_it_tells_of)
{
    auto const seen = bob.version;
    bench.act(ann, 1, "add", R"({"n":5})");
    ask(bob, 7, "recall");
    auto again = bench.add("bob", 9);
    bench.join(again);
    bench.settle();
    ASSERT_EQ(bob.of_type("left").size(), 1);
    ASSERT_EQ(bob.version, seen);
    EXPECT_TRUE(bob.of_type("res").empty()) << "it is of a version that they were not shown";
    EXPECT_EQ(bob.errors[7], "not_found");
}

TEST_F(RoomAnswers, in_a_way_that_a_slow_client_does_not_lose)
{
    bench.sent.clear();
    ask(bob, 7, "recall");
    bench.settle();
    ASSERT_EQ(bench.sent.size(), 1);
    EXPECT_EQ(bench.sent[0].effect, Delivery::Effect::update) << "after the whole view to come";
    EXPECT_EQ(bench.sent[0].answered, 1);
    EXPECT_EQ(*bench.sent[0].keeps, *bench.sent[0].frame);
}

}  // namespace
}  // namespace gatehouse::rooms
