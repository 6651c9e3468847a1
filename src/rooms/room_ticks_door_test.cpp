// SPDX-License-Identifier: Apache-2.0
// What a step changes beside the game: whether the room is open, what questions are answered from,
// and how long all others wait for it.
#include "rooms/rules_of.hpp"
#include "rooms/testing.hpp"

#include <gtest/gtest.h>

namespace gatehouse::rooms {
namespace {

using namespace testing;

// Closes its door by itself, half a second after the start.
struct Doors {
    static constexpr About about{"doors", "Doors", 1, 1, 2};
    static constexpr int ticks_per_second = 20;
    struct State {
        bool runs = false;
        int steps = 0;
        static void fields(auto& self, auto&& field)
        {
            field("runs", self.runs);
            field("steps", self.steps);
        }
    };
    using View = State;
    struct Start {
        static constexpr std::string_view name = "start";
    };
    using Action = std::variant<Start>;
    struct Started {
        static constexpr std::string_view name = "started";
        static void fields(auto&, auto&&) { }
    };
    using Event = std::variant<Started>;
    struct HowFar {
        static constexpr std::string_view name = "how_far";
        static void fields(auto&, auto&&) { }
    };
    using Query = std::variant<HowFar>;
    struct SoFar {
        static constexpr std::string_view name = "so_far";
        int steps = 0;
        static void fields(auto& self, auto&& field) { field("steps", self.steps); }
    };
    using Reply = std::variant<SoFar>;

    static Decision<Event> decide(State const&, Seat, Action const&, Context const&)
    {
        return Decision<Event>().emit(Started{});
    }
    static void evolve(State& state, Event const&) { state.runs = true; }
    static View view(State const& state, Seat) { return state; }
    static Result<Reply> ask(View const& view, Seat, Query const&) { return SoFar{view.steps}; }
    static bool is_open(State const& state) { return state.steps < 10; }
    static bool is_ticking(State const& state) { return state.runs; }
    static void tick(State& state) { state.steps++; }
    static bool is_over(State const&) { return false; }
};

struct DoorSteps : ::testing::Test {
    Bench bench{RoomOptions{.views_per_second_max = 5}};
    Client ann = bench.add("ann", 1);
    Client bob = bench.add("bob", 2);

    void SetUp() override
    {
        bench.games.add(rules_of<Doors>());
        bench.room = std::make_unique<Room>(Bench::stream, bench.options, bench.around);
        bench.room->open({.game = "doors",
                             .rules = 1,
                             .code = "K7QXM",
                             .seed = std::string(64, '5'),
                             .options = to_hex(options_bytes(*bench.games.find("doors")))},
            [](auto) {});
        bench.join(ann);
        bench.settle();
        bench.act(ann, 1, "start");
        bench.settle();
    }
    void after_steps(int count)
    {
        for (int i = 0; i < count; i++)
            bench.after(Milliseconds(50));
    }
};

TEST_F(DoorSteps, close_the_room_in_the_step_that_says_so)
{
    after_steps(9);
    EXPECT_EQ(bench.room->state().status(), Status::open);
    EXPECT_EQ(ann.view["room"]["status"], "open");
    after_steps(1);
    ASSERT_EQ(bench.room->state().ticks(), 10U);
    EXPECT_EQ(bench.room->state().status(), Status::running);
    EXPECT_EQ(bench.room->summary()->status, Status::running) << "as lists show it";
    EXPECT_EQ(ann.view["room"]["status"], "running");
    bench.join(bob);
    bench.settle();
    EXPECT_EQ(bob.errors[1], "room_closed");
    auto state = bench.replayed();
    while (state.ticks() < 10)
        state.tick();
    EXPECT_EQ(state.status(), Status::running) << "and so does a replay";
}

// Views are shown each four steps.
TEST_F(DoorSteps, are_shown_before_what_questions_are_answered_from)
{
    after_steps(5);
    ASSERT_LT(ann.view["game"]["steps"], 5) << "or the test shows nothing";
    bench.ask(ann, Ask{7, "how_far", ""});
    bench.settle();
    EXPECT_EQ(ann.of_type("res").back()["d"]["steps"], 5);
    EXPECT_EQ(ann.view["game"]["steps"], 5);
    auto const at = std::ranges::find_if(
        ann.heard, [](Json const& each) { return each.value("t", "") == "res"; });
    ASSERT_NE(at, ann.heard.begin());
    EXPECT_EQ((*std::prev(at))["k"], 5) << "in this order";
}

TEST_F(DoorSteps, that_take_long_are_complained_of_once_a_minute)
{
    Duration used{};
    bench.around.stopwatch = [&] { return used += Milliseconds(60); };
    for (int i = 0; i < 40; i++)
        bench.after(Milliseconds(500));
    EXPECT_GT(bench.around.slow_ticks, 3U);
    ASSERT_EQ(bench.complaints.size(), 1U);
    EXPECT_TRUE(bench.complaints[0].message.contains("slow")) << bench.complaints[0].message;
    auto const before = bench.around.slow_ticks;
    bench.around.stopwatch = [&] { return used; };
    for (int i = 0; i < 40; i++)
        bench.after(Milliseconds(500));
    EXPECT_EQ(bench.around.slow_ticks, before);
}

} // namespace
} // namespace gatehouse::rooms
