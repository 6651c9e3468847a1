// SPDX-License-Identifier: Apache-2.0
// What a room does when its history is full.
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct FullRoom : ::testing::Test {
    Bench bench{{.bot_delay = 10ms, .bot_after = 200ms, .abandoned = 5'000ms, .events_max = 60,
        .bytes_max = 2'000, .events_reserve = 20, .bytes_reserve = 500}};
    Client ann = bench.add("ann", 1);
    Client bob = bench.add("bob", 2);
    std::uint64_t last = 0;

    void SetUp() override
    {
        bench.open();
        bench.join(ann);
        bench.join(bob);
        bench.settle();
    }
    bool act(std::string name, std::string body = R"({"n":1})")
    {
        bench.act(ann, ++last, std::move(name), std::move(body));
        bench.settle();
        return ann.acks.contains(last);
    }
    void fill()
    {
        while (act("add"))
            ASSERT_LT(last, 1'000);
    }
    [[nodiscard]] bool is_finished() const { return bench.stored_state->finished; }
};

TEST_F(FullRoom, refuses_what_has_no_place_and_drops_nothing)
{
    fill();
    EXPECT_EQ(ann.errors[last], "too_large");
    auto const events = bench.kept.size();
    EXPECT_EQ(events, 40);
    EXPECT_FALSE(act("pass", "{}"));
    EXPECT_FALSE(act("room.name", R"({"name":"Ann"})"));
    EXPECT_EQ(bench.kept.size(), events);
    EXPECT_EQ(bench.sum(), static_cast<int>(ann.acks.size()));
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1)) << "what was applied is known";
}

TEST_F(FullRoom, counts_bytes_too)
{
    EXPECT_FALSE(act("shout", R"({"n":3000})"));
    EXPECT_EQ(ann.errors[last], "too_large");
    EXPECT_TRUE(act("add")) << "what is small has its place";
    EXPECT_TRUE(act("shout", R"({"n":900})"));
    EXPECT_FALSE(act("shout", R"({"n":600})"));
    EXPECT_LT(bench.replayed().bytes(), 1'500);
}

TEST_F(FullRoom, lets_people_leave_and_come_back)
{
    fill();
    auto eve = bench.add("eve", 3);
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(eve.errors[1], "too_large");
    bench.ask(bob, Leave{});
    bench.settle();
    EXPECT_EQ(bench.kept.back().type, "room.seat_left");
    auto again = bench.add("ann", 4);
    bench.join(again);
    bench.settle();
    EXPECT_TRUE(again.is_in) << "who sits there needs no place";
    bench.join(eve, {.as_spectator = true});
    bench.settle();
    EXPECT_TRUE(eve.is_in);
}

TEST_F(FullRoom, lets_the_game_end)
{
    fill();
    EXPECT_TRUE(act("end", "{}"));
    EXPECT_TRUE(is_finished());
}

TEST_F(FullRoom, ends_when_nobody_is_there_any_more)
{
    EXPECT_TRUE(act("begin", "{}"));
    fill();
    bench.ask(ann, Gone{});
    bench.ask(bob, Gone{});
    bench.settle();
    bench.after(4'000ms);
    EXPECT_FALSE(is_finished());
    bench.after(2'000ms);
    EXPECT_TRUE(is_finished());
    EXPECT_LE(bench.kept.size(), bench.options.events_max);
}

TEST_F(FullRoom, rings_no_alarm_and_says_so_once)
{
    EXPECT_TRUE(act("arm", R"({"timer":"loop","after":100})"));
    bench.after(60'000ms);
    EXPECT_EQ(bench.kept.size(), 40);
    EXPECT_EQ(bench.complaints.size(), 1);
    EXPECT_EQ(bench.complaints.at(0).code, ErrorCode::too_large);
    EXPECT_FALSE(bench.room->alarm()) << "it does not spin";
    bench.crash();
    bench.after(6'000ms);
    EXPECT_EQ(bench.complaints.size(), 2) << "once in a life";
    EXPECT_TRUE(is_finished()) << "nobody was there";
}

TEST_F(FullRoom, lets_no_bot_play)
{
    EXPECT_TRUE(act("room.bot", R"({"seat":2})"));
    EXPECT_TRUE(act("begin", "{}"));
    bench.after(1'000ms);
    while (bench.kept.size() < 40) {
        if (!act("add"))
            break;
        bench.after(1'000ms);
    }
    bench.ask(bob, Gone{});
    bench.settle();
    auto const events = bench.kept.size();
    bench.after(60'000ms);
    EXPECT_EQ(bench.kept.size(), events) << "nor does anybody stand in";
    EXPECT_LE(bench.complaints.size(), 1);
}

}  // namespace
}  // namespace gatehouse::rooms
