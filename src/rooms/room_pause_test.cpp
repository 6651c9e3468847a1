// SPDX-License-Identifier: Apache-2.0
// Rooms that operators have wait.
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct Pauses : Table {
    std::vector<Result<events::Version>> answers{};

    void order(Order order)
    {
        bench.room->obey(std::make_shared<Instruction>(std::move(order),
            [this](Result<events::Version> result) { answers.push_back(std::move(result)); }));
        bench.settle();
    }
    void arm(std::uint64_t id, int after_ms)
    {
        bench.act(ann, id, "arm", R"({"timer":"tick","after":)" + std::to_string(after_ms) + "}");
        bench.settle();
    }
};

TEST_F(Pauses, stop_the_clock_and_leave_it_what_it_had)
{
    arm(1, 10'000);
    bench.after(4s);
    order(Pause{});
    EXPECT_EQ(bob.view["room"]["status"], "paused");
    EXPECT_TRUE(bob.of_type("timer").back()["at"].is_null());
    EXPECT_FALSE(bench.stored_state->deadline) << "nobody need wake it";
    bench.after(1h);
    EXPECT_EQ(bench.sum(), 0);
    order(Continue{});
    EXPECT_EQ(bob.view["room"]["status"], "open");
    EXPECT_EQ(bob.of_type("timer").back()["at"], bench.now.wall.ms + 6'000);
    bench.after(5'999ms);
    EXPECT_EQ(bench.sum(), 0);
    bench.after(1ms);
    EXPECT_EQ(bench.sum(), 100);
}

TEST_F(Pauses, last_over_a_restart_and_a_snapshot)
{
    arm(1, 10'000);
    order(Pause{});
    bench.pass(1h);
    bench.crash();
    EXPECT_TRUE(bench.room->state().is_on_hold());
    auto const restored = RoomState::restore(bench.replayed().snapshot(), bench.games);
    ASSERT_TRUE(restored) << restored.error().detail;
    EXPECT_TRUE(restored->is_on_hold());
    EXPECT_EQ(restored->snapshot(), bench.replayed().snapshot());
    order(Continue{});
    bench.after(9'999ms);
    EXPECT_EQ(bench.sum(), 0);
    bench.after(1ms);
    EXPECT_EQ(bench.sum(), 100);
}

TEST_F(Pauses, let_nobody_play_and_everybody_come_and_ask)
{
    order(Pause{});
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.ask(bob, Ask{7, "recall", {}});
    bench.join(eve);
    bench.settle();
    EXPECT_EQ(ann.errors[1], "wrong_phase");
    EXPECT_EQ(bob.of_type("res").size(), 1u);
    EXPECT_EQ(eve.seat, 2);
    order(Continue{});
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1));
}

TEST_F(Pauses, keep_bots_still_and_miss_nobody)
{
    bench.options.bot_after = 20s;
    bench.act(ann, 1, "begin"); // It is seat 1's turn.
    bench.ask(bob, Gone{});
    bench.settle();
    bench.after(19s);
    order(Pause{});
    bench.after(2h);
    EXPECT_FALSE(bench.room->state().chairs()[1].stand_in);
    EXPECT_EQ(bench.room->state().status(), Status::running);
    order(Continue{});
    bench.after(19s);
    EXPECT_FALSE(bench.room->state().chairs()[1].stand_in) << "absences begin anew";
    bench.after(3s);
    EXPECT_TRUE(bench.room->state().chairs()[1].stand_in);
    EXPECT_GT(bench.sum(), 0);
}

TEST_F(Pauses, are_no_reason_to_end_a_room)
{
    order(Pause{});
    bench.ask(ann, Gone{});
    bench.ask(bob, Gone{});
    bench.settle();
    bench.after(24h);
    EXPECT_EQ(bench.room->state().status(), Status::open);
    EXPECT_FALSE(bench.room->alarm());
}

TEST_F(Pauses, may_be_ordered_twice)
{
    order(Continue{});
    auto const before = bench.kept.size();
    order(Pause{});
    order(Pause{});
    EXPECT_EQ(bench.kept.size(), before + 1);
    order(Continue{});
    order(Continue{});
    EXPECT_EQ(bench.kept.size(), before + 2);
    for (auto const& answer : answers)
        EXPECT_TRUE(answer);
    bench.act(ann, 1, "end");
    bench.settle();
    order(Pause{});
    EXPECT_EQ(answers.back().error().code, ErrorCode::room_closed);
}

// Going back does not let a paused room go on, nor a room stand still that was paused then.
TEST_F(Pauses, are_of_now_where_a_room_goes_back)
{
    arm(1, 10'000);
    bench.after(2s);
    order(Pause{});
    auto const paused = bench.replayed().snapshot();
    auto const at = bench.now.wall;
    bench.pass(1h);
    order(Continue{});
    bench.act(ann, 2, "arm", R"({"timer":"tick"})");
    bench.settle();
    order(GoBack{at, paused});
    EXPECT_FALSE(bench.room->state().is_on_hold());
    EXPECT_EQ(bench.room->state().timers().at(0).at, bench.now.wall + 8s);

    order(Pause{});
    bench.pass(1h);
    order(GoBack{at, paused});
    EXPECT_TRUE(bench.room->state().is_on_hold());
    bench.pass(1h);
    order(Continue{});
    EXPECT_EQ(bench.room->state().timers().at(0).at, bench.now.wall + 8s);
}

}  // namespace
}  // namespace gatehouse::rooms
