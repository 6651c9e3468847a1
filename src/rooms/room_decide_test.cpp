// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct RoomDecides : Table {
    void arm(std::uint64_t id, std::string const& timer, int after_ms)
    {
        bench.act(ann, id, "arm",
            R"({"timer":")" + timer + R"(","after":)" + std::to_string(after_ms) + "}");
        bench.settle();
    }
};

TEST_F(RoomDecides, that_a_refusal_changes_nothing)
{
    auto const before = bench.kept.size();
    bench.act(ann, 1, "add", R"({"n":-1})");
    bench.act(ann, 2, "fly");
    bench.act(ann, 3, "add", R"({"n":"one"})");
    bench.act(ann, 4, "add", R"({"n":1,"m":2})");
    bench.act(ann, 5, "add", "{broken");
    bench.settle();
    EXPECT_EQ(bench.kept.size(), before);
    EXPECT_EQ(ann.errors[1], "rejected");
    for (std::uint64_t id = 2; id <= 5; id++)
        EXPECT_EQ(ann.errors[id], "bad_request") << id;
    EXPECT_TRUE(bob.errors.empty()) << "it is told to that seat alone";
}

TEST_F(RoomDecides, that_an_accepted_action_leaves_an_event_even_if_it_did_nothing)
{
    bench.act(ann, 1, "pass");
    bench.settle();
    EXPECT_EQ(bench.kept.back().type, "room.acted");
    EXPECT_EQ(bench.kept.back().cause, (events::Cause{1, 1}));
    EXPECT_EQ(ann.acks[1], bench.kept.size());
}

TEST_F(RoomDecides, that_a_timer_rings_once)
{
    arm(1, "tick", 500);
    EXPECT_EQ(bench.stored_state->deadline, bench.now.wall + 500ms);
    EXPECT_EQ(bob.of_type("timer").back()["at"], bench.now.wall.ms + 500);
    bench.after(499ms);
    EXPECT_EQ(bench.sum(), 0);
    bench.after(1ms);
    EXPECT_EQ(bench.sum(), 100);
    EXPECT_TRUE(bob.of_type("timer").back()["at"].is_null());
    EXPECT_FALSE(bench.stored_state->deadline);
    bench.after(10s);
    EXPECT_EQ(bench.sum(), 100);
}

TEST_F(RoomDecides, that_a_timer_is_set_anew_and_cancelled)
{
    arm(1, "tick", 500);
    bench.after(400ms);
    arm(2, "tick", 500);
    bench.after(400ms);
    EXPECT_EQ(bench.sum(), 0);
    bench.act(ann, 3, "arm", R"({"timer":"tick"})");
    bench.settle();
    bench.after(10s);
    EXPECT_EQ(bench.sum(), 0);
}

TEST_F(RoomDecides, that_a_timer_may_set_itself_anew)
{
    arm(1, "loop", 1000);
    bench.after(5500ms);
    EXPECT_EQ(bench.sum(), 5);
}

TEST_F(RoomDecides, that_a_timer_that_is_refused_is_spent)
{
    arm(1, "refuse", 100);
    bench.after(100ms);
    EXPECT_EQ(bench.complaints.size(), 1);
    EXPECT_TRUE(bench.room->is_live() && bench.room->state().timers().empty());
    EXPECT_TRUE(bench.room->state().letters().empty());
}

TEST_F(RoomDecides, later_while_the_rest_waits_in_order)
{
    bench.held.is_on = true;
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.act(bob, 1, "add", R"({"n":2})");
    bench.ask(bob, Leave{2});
    auto const version = bench.room->state().version();
    bench.settle();
    EXPECT_EQ(bench.room->state().version(), version);
    EXPECT_TRUE(ann.acks.empty());
    EXPECT_FALSE(bench.room->is_deserted());

    bench.held.release();
    EXPECT_EQ(bench.touched, 1) << "wants its turn ended";
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_TRUE(bob.is_in);
    bench.held.release();
    bench.settle();
    EXPECT_TRUE(bob.acks.contains(1));
    EXPECT_FALSE(bob.is_in);
}

TEST_F(RoomDecides, later_and_no_alarm_evolves_anything_meanwhile)
{
    bench.options.seat_held = 1s;
    bench.ask(bob, Gone{});
    bench.settle();
    arm(1, "tick", 500);
    bench.held.is_on = true;
    bench.act(ann, 2, "add", R"({"n":1})");
    bench.settle();
    auto const version = bench.room->state().version();
    EXPECT_EQ(bench.room->alarm(), bench.now.steady + bench.options.decision_max)
        << "nothing can be done before the answer, or the end of patience";
    bench.pass(5s);
    bench.room->ring();
    bench.settle();
    EXPECT_EQ(bench.room->state().version(), version);

    bench.held.is_on = false;
    bench.held.release();
    bench.settle();
    bench.after(1ms);
    EXPECT_EQ(bench.sum(), 101);
    EXPECT_EQ(bench.room->state().chairs()[1].by, Occupant::nobody);
}

// A decider in another process may be confused; the room is not.
TEST_F(RoomDecides, by_the_first_answer_to_a_question)
{
    bench.held.is_on = true;
    auto const before = bench.kept.size();
    bench.act(ann, 1, "pass");
    bench.act(bob, 1, "pass");
    auto& answer = bench.held.answers.front();
    answer();
    answer(); // While the next question is open.
    bench.settle();
    EXPECT_EQ(bench.kept.size(), before + 1);
    bench.held.answers.pop_front();
    bench.held.release();
    bench.settle();
    EXPECT_EQ(bench.kept.size(), before + 2);
    EXPECT_EQ(bench.kept.back().cause, (events::Cause{2, 1}));
}

TEST_F(RoomDecides, that_a_game_that_does_not_answer_is_waited_for_no_more)
{
    bench.held.is_on = true;
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.act(bob, 1, "add", R"({"n":2})");
    bench.settle();
    bench.after(9'999ms);
    EXPECT_TRUE(ann.errors.empty());
    bench.after(1ms);
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_EQ(bench.complaints.size(), 1u);
    EXPECT_TRUE(bob.errors.empty()) << "his turn has come";
    bench.held.release(); // Too late.
    bench.settle();
    EXPECT_EQ(bench.sum(), 0);
    bench.held.release();
    bench.settle();
    EXPECT_TRUE(bob.acks.contains(1));

    bench.held.is_on = false;
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1)) << "it was not applied, so it may be";
    EXPECT_EQ(bench.sum(), 3);
}

TEST_F(RoomDecides, that_a_timer_that_is_not_answered_for_rings_again)
{
    arm(1, "tick", 500);
    bench.held.is_on = true;
    bench.after(11s);
    EXPECT_EQ(bench.room->state().timers().size(), 1u);
    EXPECT_EQ(bench.complaints.size(), 1u);
    bench.held.is_on = false;
    bench.act(ann, 2, "pass");
    bench.after(10s);
    EXPECT_TRUE(ann.acks.contains(2));
    EXPECT_TRUE(bench.room->state().timers().empty());
    EXPECT_EQ(bench.sum(), 100);
}

TEST_F(RoomDecides, that_orders_do_not_wait_for_ever_either)
{
    bench.act(ann, 1, "arm", R"({"timer":"tick","after":1000})");
    bench.crash();
    bench.room->set_aside({.room = Bench::stream, .doing = Doing::ring, .name = "tick"});
    bench.settle();
    bench.held.is_on = true;
    std::optional<Result<events::Version>> answer;
    bench.room->obey(std::make_shared<Instruction>(
        Retry{bench.room->state().letters().at(0).number},
        [&](Result<events::Version> result) { answer = std::move(result); }));
    bench.settle();
    EXPECT_FALSE(answer);
    bench.after(10s);
    ASSERT_TRUE(answer && !*answer);
    EXPECT_EQ(answer->error().code, ErrorCode::unavailable);
    EXPECT_EQ(bench.room->state().letters().size(), 1u);
}

TEST_F(RoomDecides, later_than_the_room_lived)
{
    bench.held.is_on = true;
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.room = nullptr;
    bench.held.release();
}

TEST_F(RoomDecides, that_a_game_that_says_too_much_is_refused)
{
    bench.act(ann, 1, "many", R"({"n":257})");
    bench.act(ann, 2, "many", R"({"n":256})");
    bench.settle();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_EQ(bench.sum(), 256);
}

// The first of the two events is sound; neither may stay.
TEST_F(RoomDecides, that_an_event_that_cannot_be_taken_never_happened)
{
    auto const before = state_bytes(bench.room->state());
    bench.act(ann, 1, "poison");
    EXPECT_TRUE(bench.room->wants_events());
    bench.reload();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_EQ(state_bytes(bench.room->state()), before);
    EXPECT_TRUE(ann.of_type("upd").back().contains("view"));
    bench.act(ann, 2, "add", R"({"n":1})");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(2));
}

TEST_F(RoomDecides, that_a_game_that_cannot_say_whether_it_is_open_never_came_to_that)
{
    auto const before = bench.kept.size();
    bench.act(ann, 1, "jam");
    bench.reload();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_EQ(bench.kept.size(), before);
    bench.act(ann, 2, "pass");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(2));
}

// The store would refuse it for ever, however often it is sent again.
TEST_F(RoomDecides, that_an_event_that_no_store_takes_never_happened)
{
    auto const before = bench.kept.size();
    bench.act(ann, 1, "shout", R"({"n":1048577})");
    EXPECT_FALSE(bench.room->end_turn());
    bench.reload();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_EQ(bench.kept.size(), before);
    bench.act(ann, 2, "shout", R"({"n":1000000})");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(2));
}

TEST_F(RoomDecides, that_a_game_without_a_view_is_served_no_further)
{
    auto const before = bench.kept.size();
    bench.act(ann, 1, "blind");
    bench.join(bob);
    bench.settle();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_EQ(bob.errors[1], "internal");
    EXPECT_EQ(bench.kept.size(), before);
    EXPECT_FALSE(bench.room->is_live());
    EXPECT_FALSE(bench.room->wants_events());
    bench.act(ann, 2, "pass");
    bench.settle();
    EXPECT_EQ(ann.errors[2], "internal");
}

TEST_F(RoomDecides, that_what_was_under_way_when_the_game_failed_is_harmless)
{
    bench.act(ann, 1, "pass");
    bench.turn();
    bench.act(ann, 2, "blind");
    bench.turn();
    ASSERT_EQ(bench.asked.size(), 1);
    bench.keep();
    bench.turn();
    EXPECT_EQ(ann.errors[1], "unavailable") << "it was kept, and may be asked for again";
    EXPECT_EQ(ann.errors[2], "internal");
}

TEST_F(RoomDecides, for_bots_after_they_thought)
{
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.act(ann, 2, "begin");
    bench.act(ann, 3, "pass");
    bench.act(ann, 4, "add", R"({"n":1})");
    bench.settle(); // Two moves: it is seat 2's turn.
    bench.after(699ms);
    EXPECT_EQ(bench.sum(), 1);
    bench.after(1ms);
    EXPECT_GT(bench.sum(), 1);
    EXPECT_EQ(bench.kept.back().cause, events::Cause{});
    auto const after_bot = bench.sum();
    bench.after(1h);
    EXPECT_EQ(bench.sum(), after_bot) << "not its turn any more";
}

TEST_F(RoomDecides, for_the_absent_by_a_bot_until_they_come_back)
{
    bench.options.bot_after = 20s;
    bench.act(ann, 1, "begin"); // One move: it is seat 1's turn.
    bench.settle();
    bench.ask(bob, Gone{});
    bench.settle();
    EXPECT_EQ(ann.of_type("pres").back()["seats"]["1"], "away");
    bench.after(19s);
    EXPECT_FALSE(ann.view["room"]["seats"][1].contains("stand_in"));
    bench.after(1s);
    EXPECT_EQ(ann.view["room"]["seats"][1]["stand_in"], true);
    bench.after(1s);
    EXPECT_GT(bench.sum(), 0) << "it plays";
    auto again = bench.add("bob", 7);
    bench.join(again);
    bench.settle();
    EXPECT_EQ(again.seat, 1);
    EXPECT_FALSE(ann.view["room"]["seats"][1].contains("stand_in"));
    EXPECT_EQ(ann.of_type("pres").back()["seats"]["1"], "here");
}

TEST_F(RoomDecides, that_the_end_of_a_game_says_how_those_who_sat_there_came_out)
{
    bench.act(ann, 1, "add", R"({"n":7})");
    bench.act(ann, 2, "end");
    bench.settle();
    auto const& last = bench.kept.back();
    auto const event = decode_platform(last.type, last.schema, split(last.data)->body);
    auto const& results = std::get<Finished>(event.value()).results;
    ASSERT_EQ(results.size(), 2u) << "nobody sits on the third seat";
    EXPECT_EQ(results[0].seat, 0);
    EXPECT_EQ(results[0].actor, 1u);
    EXPECT_EQ(results[0].place, 1);
    EXPECT_EQ(results[0].points, 7);
    EXPECT_EQ(results[1].actor, 2u);
    EXPECT_EQ(results[1].points, -1);
}

TEST_F(RoomDecides, that_a_seat_left_long_ago_is_free_again)
{
    bench.ask(bob, Gone{});
    bench.settle();
    bench.after(10min - 1s);
    EXPECT_EQ(ann.view["room"]["seats"][1]["by"], "player");
    bench.after(1s);
    EXPECT_EQ(ann.view["room"]["seats"][1]["by"], "nobody");
}

TEST_F(RoomDecides, that_an_open_room_without_anybody_ends)
{
    bench.ask(ann, Gone{});
    bench.ask(bob, Gone{});
    bench.settle();
    bench.after(1h);
    EXPECT_EQ(bench.kept.back().type, "room.finished");
    EXPECT_TRUE(bench.room->is_finished());
    EXPECT_TRUE(bench.room->is_deserted());
    EXPECT_FALSE(bench.room->alarm());
}

TEST_F(RoomDecides, that_what_came_due_without_a_server_rings_once_after_a_grace)
{
    arm(1, "tick", 500);
    arm(2, "loop", 5000);
    bench.pass(1h);
    bench.crash();
    auto again = bench.add("ann", 5);
    bench.join(again);
    bench.settle();
    EXPECT_EQ(again.of_type("timer").front()["at"], bench.now.wall.ms + 3000);
    bench.act(again, 3, "arm", R"({"timer":"new","after":1000})");
    bench.settle();
    bench.after(2999ms);
    EXPECT_EQ(bench.sum(), 100) << "a timer set since then keeps its time";
    bench.after(1ms);
    EXPECT_EQ(bench.sum(), 201);
    bench.after(999ms);
    EXPECT_EQ(bench.sum(), 201) << "not once for every time that it was missed";
    bench.after(1ms);
    EXPECT_EQ(bench.sum(), 202);
}

}  // namespace
}  // namespace gatehouse::rooms
