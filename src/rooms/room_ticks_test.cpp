// SPDX-License-Identifier: Apache-2.0
#include "rooms/ticks_test.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

TEST_F(Ticks, wait_for_the_game)
{
    bench.after(Milliseconds(5'000));
    EXPECT_EQ(state().ticks(), 0U);
    EXPECT_EQ(grants(), 0U);
}

TEST_F(Ticks, go_by_and_leave_one_event_a_second)
{
    act(ann, "start");
    bench.after(Milliseconds(10'000));
    EXPECT_EQ(state().ticks(), 200U);
    EXPECT_EQ(grants(), 11U);
    EXPECT_EQ(tick_of(bench.kept.back()), 200U);
    EXPECT_EQ(bench.around.ticks, 200U);
    EXPECT_EQ(bench.around.ticks_lost, 0U);
    expect_all_seen_is_true(ann);
    expect_all_seen_is_true(eve);
    EXPECT_GT(ann.tick, 100U);
}

TEST_F(Ticks, keep_time_however_late_each_is_taken)
{
    act(ann, "start");
    auto const begun = bench.now.steady;
    for (int i = 0; i < 40; i++) { // Every third one is late.
        auto const step
            = *bench.room->alarm() - bench.now.steady + Milliseconds(i % 3 == 0 ? 31 : 0);
        bench.pass(std::chrono::ceil<Milliseconds>(step));
        bench.room->ring();
        bench.settle();
    }
    auto const passed = bench.now.steady - begun;
    EXPECT_EQ(state().ticks(), static_cast<std::uint64_t>(passed / Milliseconds(50)));
}

TEST_F(Ticks, put_actions_between_them)
{
    act(ann, "start");
    bench.after(Milliseconds(730));
    act(bob, "feed");
    EXPECT_EQ(tick_of(bench.kept.back()), 14U);
    bench.after(Milliseconds(730));
    act(ann, "feed");
    EXPECT_EQ(tick_of(bench.kept.back()), 29U);
    EXPECT_EQ(state_bytes(state()), state_bytes(bench.replayed()));
    EXPECT_EQ(state().snapshot(), bench.replayed().snapshot());
    expect_all_seen_is_true(bob);
}

TEST_F(Ticks, are_all_taken_again_after_a_crash)
{
    act(ann, "start");
    bench.after(Milliseconds(1'730));
    EXPECT_EQ(state().ticks(), 34U);
    auto const seen = ann.tick;
    bench.crash();
    EXPECT_EQ(state().ticks(), 40U) << "all that were granted";
    EXPECT_GE(state().ticks(), seen);
    EXPECT_EQ(state_bytes(state()), state_bytes(replayed_to_the_end()));
    expect_all_seen_is_true(ann);
    bench.after(Milliseconds(5'000));
    EXPECT_EQ(state().ticks(), 40U) << "nobody is there";
    ann = bench.add("ann", 9);
    bench.join(ann);
    bench.settle();
    EXPECT_EQ(ann.tick, 40U);
    bench.after(Milliseconds(1'000));
    EXPECT_EQ(state().ticks(), 60U);
    expect_all_seen_is_true(ann);
}

TEST_F(Ticks, show_nothing_before_it_was_granted_for_good)
{
    act(ann, "start");
    bench.after(Milliseconds(950));
    auto const hear = [&](Milliseconds span) {
        bench.pass(span);
        bench.room->ring();
        bench.turn();
    };
    hear(Milliseconds(50)); // The 20th, and with it the next grant.
    ASSERT_EQ(bench.asked.size(), 1U);
    auto const seen = ann.tick;
    EXPECT_LT(seen, 20U);
    for (int i = 0; i < 10; i++)
        hear(Milliseconds(50));
    EXPECT_EQ(ann.tick, seen);
    bench.keep();
    bench.turn();
    EXPECT_GT(ann.tick, 20U);
    expect_all_seen_is_true(ann);
}

TEST_F(Ticks, do_not_run_ahead_of_a_store_that_is_slow)
{
    act(ann, "start");
    bench.after(Milliseconds(950));
    for (int i = 0; i < 200; i++) {
        bench.pass(Milliseconds(50));
        bench.room->ring();
        bench.turn();
    }
    EXPECT_EQ(bench.asked.size(), 1U);
    EXPECT_EQ(state().ticks(), 40U);
    bench.settle();
    bench.after(Milliseconds(1'000));
    EXPECT_GT(state().ticks(), 55U);
    EXPECT_GT(bench.around.ticks_lost, 100U) << "time stood still meanwhile";
    expect_all_seen_is_true(ann);
}

TEST_F(Ticks, that_were_lost_with_a_grant_were_seen_by_nobody)
{
    act(ann, "start");
    bench.after(Milliseconds(950));
    for (int i = 0; i < 10; i++) {
        bench.pass(Milliseconds(50));
        bench.room->ring();
        bench.turn();
    }
    bench.lose();
    bench.reload();
    bench.settle();
    EXPECT_EQ(state().ticks(), 20U);
    bench.after(Milliseconds(900));
    EXPECT_EQ(state().ticks(), 20U) << "a store that fails gets a pause";
    bench.after(Milliseconds(1'100));
    EXPECT_EQ(state().ticks(), 40U);
    expect_all_seen_is_true(ann);
    expect_all_seen_is_true(eve);
}

TEST_F(Ticks, that_have_not_begun_are_not_waited_for_after_a_loss)
{
    bench.act(ann, 77, "room.name", R"({"name":"Anna"})");
    bench.turn();
    bench.lose();
    bench.reload();
    bench.settle();
    bench.after(Milliseconds(2'000));
    EXPECT_TRUE(!bench.room->alarm() || *bench.room->alarm() > bench.now.steady);
}

TEST_F(Ticks, of_a_game_that_everybody_left_end_with_it)
{
    act(ann, "start");
    for (auto* const who : {&ann, &bob, &eve})
        bench.ask(*who, Gone{});
    bench.settle();
    bench.after(bench.options.abandoned + Milliseconds(1'000));
    EXPECT_EQ(state().status(), Status::finished);
}

TEST_F(Ticks, end_the_game)
{
    begin_anew(R"({"length":20,"mark":1})");
    act(ann, "start");
    bench.after(Milliseconds(5'000));
    EXPECT_EQ(state().status(), Status::finished);
    auto const& last = bench.kept.back();
    EXPECT_EQ(last.type, Finished::name);
    EXPECT_EQ(tick_of(last), state().ticks());
    auto const finished = decode_platform(last.type, last.schema, split(last.data)->body);
    ASSERT_TRUE(finished);
    EXPECT_EQ(std::get<Finished>(*finished).results.size(), 1U) << "of who sat there";
    EXPECT_EQ(ann.view["game"]["phase"], "over");
    EXPECT_EQ(state().snapshot(), bench.replayed().snapshot());
    expect_all_seen_is_true(ann);
}

// The process died after the last step was taken, and before its end was kept.
TEST_F(Ticks, end_the_game_after_a_crash_too)
{
    begin_anew(R"({"length":20,"mark":1})");
    act(ann, "start");
    while (bench.asked.empty() || bench.asked.back().events.back().type != Finished::name) {
        bench.pass(Milliseconds(50));
        bench.room->ring();
        bench.turn();
        if (!bench.asked.empty() && bench.asked.back().events.back().type != Finished::name)
            bench.keep();
    }
    auto const ticks = state().ticks();
    bench.crash();
    EXPECT_EQ(state().status(), Status::finished);
    EXPECT_EQ(state().ticks(), ticks);
    EXPECT_EQ(bench.kept.back().type, Finished::name);
}

TEST_F(Ticks, stand_still_while_the_game_says_so)
{
    act(ann, "start");
    bench.after(Milliseconds(730));
    act(ann, "rest");
    auto const grants_then = grants();
    bench.after(Milliseconds(60'000));
    EXPECT_EQ(state().ticks(), 14U);
    EXPECT_EQ(grants(), grants_then);
    EXPECT_EQ(ann.tick, 14U);
    bench.crash();
    EXPECT_EQ(state().ticks(), 14U);
    ann = bench.add("ann", 9);
    bench.join(ann);
    bench.settle();
    act(ann, "go");
    bench.after(Milliseconds(1'000));
    EXPECT_EQ(state().ticks(), 34U);
    expect_all_seen_is_true(ann);
}

TEST_F(Ticks, stand_still_while_operators_have_the_room_wait)
{
    act(ann, "start");
    bench.after(Milliseconds(730));
    auto const order = [&](Order what) {
        bench.room->obey(std::make_shared<Instruction>(std::move(what), [](auto) {}));
        bench.settle();
    };
    order(Pause{});
    bench.after(Milliseconds(60'000));
    EXPECT_EQ(state().ticks(), 14U);
    bench.crash();
    EXPECT_EQ(state().ticks(), 14U);
    ann = bench.add("ann", 9);
    bench.join(ann);
    bench.settle();
    bench.after(Milliseconds(1'000));
    EXPECT_EQ(state().ticks(), 14U);
    order(Continue{});
    bench.after(Milliseconds(1'000));
    EXPECT_EQ(state().ticks(), 34U);
    EXPECT_EQ(bench.around.ticks_lost, 0U);
    expect_all_seen_is_true(ann);
}

TEST_F(Ticks, wait_where_nobody_is)
{
    act(ann, "start");
    bench.after(Milliseconds(730));
    for (auto* each : {&ann, &bob, &eve})
        bench.ask(*each, Gone{});
    bench.settle();
    bench.after(Milliseconds(60'000));
    auto const then = state().ticks();
    EXPECT_GE(then, 200U) << "for ten seconds they may come back";
    EXPECT_LE(then, 240U);
    EXPECT_EQ(then, state().ticks_granted());
    bob = bench.add("bob", 9);
    bench.join(bob);
    bench.settle();
    bench.after(Milliseconds(1'000));
    EXPECT_EQ(state().ticks(), then + 20);
    expect_all_seen_is_true(bob);
}

TEST_F(Ticks, that_were_missed_are_not_all_made_up_for)
{
    act(ann, "start");
    bench.pass(Milliseconds(900));
    bench.room->ring();
    bench.settle();
    EXPECT_EQ(state().ticks(), 4U);
    EXPECT_EQ(bench.around.ticks_lost, 14U);
    bench.after(Milliseconds(500));
    EXPECT_EQ(state().ticks(), 14U) << "and time goes on as ever";
}

TEST_F(Ticks, that_take_too_long_leave_the_shard_to_others)
{
    Duration used{};
    bench.around.stopwatch = [&] { return used += Milliseconds(30); };
    act(ann, "start");
    bench.pass(Milliseconds(160));
    bench.room->ring();
    bench.settle();
    EXPECT_EQ(state().ticks(), 1U);
    EXPECT_EQ(bench.around.ticks_lost, 2U);
    bench.pass(Milliseconds(60)); // As long as it worked,
    bench.room->ring();
    bench.settle();
    EXPECT_EQ(state().ticks(), 1U);
    bench.pass(Milliseconds(110)); // and so long again, and a step.
    bench.room->ring();
    bench.settle();
    EXPECT_EQ(state().ticks(), 2U);
}

TEST_F(Ticks, are_for_clients_that_know_them)
{
    auto cem = bench.add("cem", 4);
    bench.ask(cem, Join{.id = 7, .principal = "cem", .as_spectator = true});
    bench.settle();
    EXPECT_FALSE(cem.is_in);
    EXPECT_EQ(cem.errors[7], "unsupported");
}

TEST_F(Ticks, that_nobody_can_see_are_not_told_of)
{
    begin_anew(R"({"length":3000,"mark":1000})");
    act(ann, "start");
    bench.after(Milliseconds(1'000));
    bench.after(Milliseconds(50));
    bench.sent.clear();
    auto const ticks = state().ticks();
    bench.after(Milliseconds(900));
    EXPECT_GT(state().ticks(), ticks + 10);
    EXPECT_TRUE(bench.sent.empty()) << bench.sent.size();
    EXPECT_LT(ann.tick, state().ticks());
}

TEST_F(Ticks, can_be_gone_on_from)
{
    act(ann, "start");
    bench.after(Milliseconds(20'020));
    act(ann, "feed");
    bench.after(Milliseconds(20'020));
    act(ann, "feed");
    auto const at = Place{1, *ann.version, ann.tick};
    ASSERT_EQ(ann.tick, state().ticks());
    auto again = bench.add("ann", 8);
    again.version = ann.version;
    again.tick = ann.tick;
    again.view = ann.view;
    bench.join(again, {.at = at});
    bench.settle();
    EXPECT_EQ(again.of_type("joined").back()["how"], "live");
    bench.after(Milliseconds(20'000));
    expect_all_seen_is_true(eve);
    EXPECT_GT(again.tick, at.tick + 300) << "and no update was missed";
}

struct FewViews : Ticks {
    FewViews()
        : Ticks({.views_per_second_max = 7})
    { }
};

// Whoever comes between two views must not take a step from those who are there.
TEST_F(FewViews, are_of_one_step_for_a_whole_audience)
{
    act(ann, "start");
    for (std::uint64_t i = 0; i < 60; i++) {
        bench.after(Milliseconds(470));
        auto cem = bench.add("cem", 100 + i);
        bench.join(cem, {.as_spectator = true});
        bench.settle();
        bench.ask(cem, Gone{});
    }
    EXPECT_EQ(state().ticks(), 60U * 470 / 50);
    expect_all_seen_is_true(eve);
}

TEST_F(Ticks, go_back_with_the_room)
{
    act(ann, "start");
    bench.after(Milliseconds(3'000));
    auto const then = bench.replayed().snapshot();
    bench.after(Milliseconds(3'000));
    bench.room->obey(std::make_shared<Instruction>(GoBack{bench.now.wall, then}, [](auto) {}));
    bench.settle();
    EXPECT_EQ(state().ticks(), 60U);
    EXPECT_EQ(ann.tick, 60U);
    bench.after(Milliseconds(1'000));
    EXPECT_EQ(state().ticks(), 80U);
    EXPECT_EQ(tick_of(bench.kept.back()), 80U);
    EXPECT_EQ(state_bytes(state()), state_bytes(bench.replayed()));
}

} // namespace
} // namespace gatehouse::rooms
