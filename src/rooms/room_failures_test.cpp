// SPDX-License-Identifier: Apache-2.0
// Games that throw, and games that take too long: what they failed on becomes a letter.
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct RoomSetsAside : Table {
    std::vector<Letter> const& letters() { return bench.room->state().letters(); }
    void arm(std::uint64_t id, std::string const& timer, int after_ms)
    {
        bench.act(ann, id, "arm",
            R"({"timer":")" + timer + R"(","after":)" + std::to_string(after_ms) + "}");
        bench.settle();
    }
    // Each decision from now on takes so long.
    void slow_down(Milliseconds each)
    {
        bench.around.stopwatch = [each, readings = 0]() mutable {
            return Duration(each) * (readings++ % 2);
        };
    }
};

TEST_F(RoomSetsAside, an_action_that_the_game_throws_at)
{
    bench.act(ann, 1, "boom");
    bench.act(ann, 2, "hurl");
    bench.act(ann, 3, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_EQ(ann.errors[2], "internal");
    EXPECT_TRUE(ann.acks.contains(3)) << "the next ones are welcome";
    ASSERT_EQ(letters().size(), 2u);
    auto const& about = letters()[0].about;
    EXPECT_EQ(about.doing, "act");
    EXPECT_EQ(about.what, "boom");
    EXPECT_EQ(about.why, "threw: boom");
    EXPECT_EQ(letters()[1].about.why, "threw what is no std::exception");

    bench.act(ann, 1, "boom"); // Sent again after a resume: it is not tried again.
    bench.settle();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_EQ(letters().size(), 2u);
}

TEST_F(RoomSetsAside, what_an_operator_may_have_tried_in_other_words)
{
    bench.act(ann, 1, "boom");
    bench.settle();
    std::vector<Result<events::Version>> answers;
    auto const give = [&](Order order) {
        bench.room->obey(std::make_shared<Instruction>(std::move(order),
            [&](Result<events::Version> result) { answers.push_back(std::move(result)); }));
        bench.settle();
    };
    give(Retry{letters().at(0).number});
    EXPECT_EQ(answers.at(0).error().code, ErrorCode::internal);
    EXPECT_EQ(letters().size(), 1u) << "one letter, however often it fails";
    give(Retry{letters().at(0).number, "add", R"({"n":5})"});
    EXPECT_TRUE(answers.at(1));
    EXPECT_TRUE(letters().empty());
    EXPECT_EQ(bench.sum(), 5);
    bench.act(ann, 1, "boom");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1)) << "under its own id";
}

TEST_F(RoomSetsAside, a_timer_that_the_game_throws_at)
{
    arm(1, "boom", 100);
    bench.after(100ms);
    ASSERT_EQ(letters().size(), 1u);
    EXPECT_EQ(letters()[0].about.doing, "timer");
    EXPECT_EQ(bench.kept.back().type, "room.set_aside") << "and no more is recorded of it";
    arm(2, "boom", 100);
    bench.after(1h);
    EXPECT_EQ(letters().size(), 1u) << "it does not ring into the same trap";
}

TEST_F(RoomSetsAside, a_move_of_a_bot_that_takes_too_long)
{
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.act(ann, 2, "begin");
    bench.act(ann, 3, "pass");
    bench.act(ann, 4, "add", R"({"n":1})"); // It is seat 2's turn.
    bench.settle();
    slow_down(501ms);
    bench.after(1s);
    ASSERT_EQ(letters().size(), 1u);
    EXPECT_EQ(letters()[0].about.doing, "bot");
    EXPECT_EQ(letters()[0].about.why, "took 501 ms");
    EXPECT_EQ(bench.sum(), 1);
}

TEST_F(RoomSetsAside, nothing_that_is_only_slow_but_complains)
{
    slow_down(50ms);
    bench.act(ann, 1, "add", R"({"n":1})");
    EXPECT_TRUE(bench.complaints.empty());
    slow_down(51ms);
    bench.act(ann, 2, "add", R"({"n":1})");
    slow_down(500ms);
    bench.act(ann, 3, "add", R"({"n":1})");
    EXPECT_EQ(bench.complaints.size(), 2u);
    slow_down(501ms);
    bench.act(ann, 4, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(bench.sum(), 3);
    EXPECT_EQ(ann.errors[4], "internal");
    EXPECT_EQ(letters().size(), 1u);
    EXPECT_EQ(bench.around.slow_decisions, 3u);
}

TEST_F(RoomSetsAside, no_more_than_there_is_place_for_and_plays_on)
{
    for (std::uint64_t id = 1; id <= RoomState::letters_max + 3; id++)
        bench.act(ann, id, "boom");
    bench.act(ann, 20, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(letters().size(), RoomState::letters_max);
    EXPECT_EQ(ann.errors[19], "internal");
    EXPECT_TRUE(ann.acks.contains(20));
    EXPECT_EQ(state_bytes(bench.replayed()), state_bytes(bench.room->state()));
}

TEST_F(RoomSetsAside, no_question)
{
    bench.ask(bob, Ask{7, "crack", {}});
    bench.settle();
    EXPECT_EQ(bob.errors[7], "internal");
    EXPECT_TRUE(letters().empty());
    EXPECT_EQ(bench.complaints.size(), 1u);
}

}  // namespace
}  // namespace gatehouse::rooms
