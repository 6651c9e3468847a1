// SPDX-License-Identifier: Apache-2.0
#include "remote/remote_rules.hpp"

#include "base/bytes.hpp"
#include "remote/document.hpp"

#include <array>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace gatehouse::remote {
namespace {

using json::Tree;
using rooms::Occupant;
using rooms::Play;
using rooms::Verdict;

std::string frame_of(std::string_view json)
{
    std::string frame;
    for (int shift = 24; shift >= 0; shift -= 8)
        frame += static_cast<char>(json.size() >> shift);
    return frame += json;
}

std::string state_of(Play const& play)
{
    std::string state;
    play.write_state(state);
    return state;
}

std::string view_of(Play& play, rooms::Seat audience)
{
    std::string text;
    json::Writer out(text);
    play.show(audience, out);
    return text;
}

// One play of such a game, and a process that says what the test has it say.
struct TheRules : ::testing::Test {
    LineOptions options{};
    Now now{TimePoint(std::chrono::hours(1)), WallTime{1'000'000}};
    Line line{options, now};
    RemoteRules rules{{"nim", "Nim", 1, 2}, line};
    rooms::Chance chance{std::string(32, 's')};
    std::vector<Occupant> seats{Occupant::player, Occupant::nobody};
    json::Parser parser{};
    std::string const chosen = *rules.read_options(*parser.parse(R"({"stones":7})"));
    std::unique_ptr<Play> play = *rules.begin(chosen);
    std::vector<rooms::GameEvent> history{};
    std::optional<Verdict> verdict{};
    Tree asked{}; // The last question.

    void connect(std::string const& tag = "1")
    {
        line.connected();
        std::string hello;
        ASSERT_TRUE(line.write(hello));
        say(R"({"hello":"gatehouse.rules.v1","games":{"nim":{"tag":")" + tag + R"("}}})");
    }

    void say(std::string const& message)
    {
        EXPECT_TRUE(line.received(frame_of("[" + message + "]"))) << message;
    }

    void ask(rooms::Question const& question)
    {
        verdict.reset();
        rooms::Context const context{now.wall, chance, seats, "k7qxm.1", history.size()};
        play->decide(question, context, [this](Verdict came) {
            EXPECT_FALSE(verdict) << "it is answered once";
            verdict = std::move(came);
        });
        hear();
    }

    // What is written to the process.
    void hear()
    {
        std::string out;
        if (line.write(out))
            asked = Tree::parse(std::string_view(out).substr(4))->elements().back();
    }

    void act(std::string_view name, std::string_view body = "{}")
    {
        ask(rooms::SeatAction{0, name, *parser.parse(body)});
    }

    std::int64_t number() { return asked.find("q")->integer().value(); }

    // Answers the open question, and does as a room does with it.
    void answer(std::string const& rest)
    {
        say(R"({"q":)" + std::to_string(number()) + "," + rest + "}");
        ASSERT_TRUE(verdict);
        for (auto const& event : verdict->events) {
            ASSERT_TRUE(play->evolve(event.type, event.schema, event.data));
            history.push_back(event);
        }
    }

    void set_up()
    {
        connect();
        ask(rooms::Prepare{});
        answer(R"("ev":[{"e":"set_up","p":{"v":"1","secret":{"x":1},"open":true,)"
               R"("all":{"stones":7},"seats":{"0":{"hand":[1]},"1":{"hand":[2]},)"
               R"("watch":{"who":"watches"}},"for":["player","nobody"],"bots":{}}}])");
    }

    std::unique_ptr<Play> replayed()
    {
        auto again = *rules.begin(chosen);
        for (auto const& event : history)
            EXPECT_TRUE(again->evolve(event.type, event.schema, event.data));
        return again;
    }
};

TEST_F(TheRules, are_asked_to_set_a_room_up_from_its_options)
{
    EXPECT_TRUE(play->is_open());
    EXPECT_TRUE(play->wants_prepare(seats));
    EXPECT_EQ(view_of(*play, 0), "{}");
    set_up();
    EXPECT_EQ(asked.find("state")->canonical(), R"({"options":{"stones":7}})");
    EXPECT_EQ(asked.find("do")->text(), "prepare");
    EXPECT_EQ(asked.find("room")->text(), "k7qxm.1");
    EXPECT_EQ(asked.find("seats")->canonical(), R"(["player","nobody"])");
    EXPECT_FALSE(play->wants_prepare(seats));
    EXPECT_EQ(history.back().type, "set_up");
}

TEST_F(TheRules, are_asked_again_when_others_sit_there_or_they_are_other_rules)
{
    set_up();
    seats[1] = Occupant::bot;
    EXPECT_TRUE(play->wants_prepare(seats));
    ask(rooms::Prepare{});
    answer(
        R"("ev":[{"e":"seated","p":{"for":["player","bot"],)"
           R"("bots":{"1":{"a":"take","d":{"n":2}}}}}])");
    EXPECT_FALSE(play->wants_prepare(seats));
    rooms::Rng rng(std::string(32, 'r'), 0);
    EXPECT_EQ(play->bot(1, rng)->name, "take");
    EXPECT_EQ(play->bot(1, rng)->body, R"({"n":2})");
    EXPECT_FALSE(play->bot(0, rng));

    line.disconnected();
    EXPECT_FALSE(play->wants_prepare(seats)) << "nobody is there to be asked";
    connect("2");
    EXPECT_TRUE(play->wants_prepare(seats));
    ask(rooms::Prepare{});
    answer(R"("ev":[])");
    EXPECT_FALSE(play->wants_prepare(seats)) << "they have nothing to say to it";
}

TEST_F(TheRules, are_sent_the_state_only_where_they_do_not_have_it)
{
    set_up();
    act("take", R"({"n":3})");
    EXPECT_EQ(asked.find("after")->integer(), number() - 1);
    EXPECT_FALSE(asked.find("state"));
    EXPECT_EQ(asked.find("d")->canonical(), R"({"n":3})");
    answer(R"("no":{"msg":"not so fast"})");
    EXPECT_EQ(verdict->refusal->code, ErrorCode::rejected);
    act("take");
    EXPECT_EQ(asked.find("after")->integer(), number() - 1) << "a refusal is an answer too";
    answer(R"("ev":[{"e":"took","p":{"all":{"stones":4}}},{"e":"won","d":{"by":0}}])");
    act("take");
    EXPECT_EQ(asked.find("after")->integer(), number() - 1);
    // What is answered now does not come to be: the room has no place for it.
    say(R"({"q":)" + std::to_string(number()) + R"(,"ev":[{"e":"took"}]})");
    act("take");
    EXPECT_FALSE(asked.find("after"));
    EXPECT_EQ(asked.find("state")->find("all")->canonical(), R"({"stones":4})");
    answer(R"("ev":[{"e":"took"}])");
    line.disconnected();
    connect();
    act("take");
    EXPECT_TRUE(asked.find("state")) << "another process, another memory";
}

TEST_F(TheRules, are_given_chance_that_hangs_on_the_seed_and_the_moment)
{
    set_up();
    act("take");
    auto const first = std::string(*asked.find("seed")->text());
    answer(R"("no":{"msg":"no"})");
    act("roll");
    EXPECT_EQ(asked.find("seed")->text(), first) << "who is refused does not roll again";
    answer(R"("ev":[{"e":"rolled"}])");
    act("roll");
    EXPECT_NE(asked.find("seed")->text(), first);
    auto stream = chance.stream(1);
    auto const word = stream.next();
    EXPECT_EQ(first.substr(0, 2), to_hex(std::string(1, static_cast<char>(word))));
    EXPECT_EQ(first.size(), 64u);
}

TEST_F(TheRules, show_each_seat_its_part_and_nothing_else)
{
    set_up();
    EXPECT_EQ(view_of(*play, 0), R"({"hand":[1],"stones":7})");
    EXPECT_EQ(view_of(*play, 1), R"({"hand":[2],"stones":7})");
    EXPECT_EQ(view_of(*play, rooms::spectator), R"({"stones":7,"who":"watches"})");
    act("swap");
    answer(R"("ev":[{"e":"swapped","d":{"secret":"told"},)"
           R"("p":{"secret":{"x":2},"seats":{"1":{"hand":[3]}},"bots":{"0":{"a":"take"}}}}])");
    std::string text;
    json::Writer out(text);
    EXPECT_FALSE(play->update(0, out));
    EXPECT_FALSE(play->update(rooms::spectator, out));
    EXPECT_EQ(text, "");
    EXPECT_EQ(view_of(*play, rooms::spectator), R"({"stones":7,"who":"watches"})");
    EXPECT_TRUE(play->update(1, out));
    EXPECT_EQ(text, R"({"hand":[3]})");
}

TEST_F(TheRules, end_a_game_with_their_results)
{
    set_up();
    act("take");
    answer(R"("ev":[{"e":"took","p":{"open":false,"results":[{"seat":1,"place":1,"points":3},)"
           R"({"seat":0,"place":2,"points":-1},{"seat":99,"place":1},{"place":1},7]}}],)"
           R"("timers":[["turn",null],["again",50]],"over":true)");
    EXPECT_TRUE(verdict->is_over);
    EXPECT_EQ(verdict->timers.size(), 2u);
    EXPECT_FALSE(play->is_open());
    auto const results = play->results();
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(results[0].seat, 1);
    EXPECT_EQ(results[1].points, -1);
}

TEST_F(TheRules, may_be_gone_and_then_nobody_decides)
{
    ask(rooms::Prepare{});
    EXPECT_FALSE(verdict);
    now.steady += options.deadline;
    EXPECT_TRUE(line.ring());
    ASSERT_TRUE(verdict && verdict->undecided);
    EXPECT_EQ(verdict->undecided->code, ErrorCode::unavailable);
    EXPECT_TRUE(play->wants_prepare(seats));
    act("take");
    ASSERT_TRUE(verdict && verdict->undecided) << "it is not set up";

    set_up();
    auto const before = state_of(*play);
    act("take");
    line.disconnected();
    connect();
    hear();
    EXPECT_TRUE(asked.find("again")->boolean().value());
    EXPECT_FALSE(verdict);
    line.disconnected();
    ASSERT_TRUE(verdict && verdict->undecided) << "it may be what they die of";
    EXPECT_EQ(state_of(*play), before);
}

TEST_F(TheRules, may_talk_nonsense_and_then_nobody_decides)
{
    set_up();
    auto const before = state_of(*play);
    for (auto const* const rest :
        {R"("ev":7)", R"("ev":[{"e":"room.opened"}])", R"("failed":"TypeError")",
            R"("ev":[{"e":"x","p":[1]}])", R"("ev":[{"e":"x","p":{"n":1.2345678901234568e20}}])"}) {
        act("take");
        answer(rest);
        ASSERT_TRUE(verdict->undecided) << rest;
        EXPECT_EQ(verdict->undecided->code, ErrorCode::internal) << rest;
        EXPECT_EQ(state_of(*play), before);
    }
    act("take");
    answer(R"("ev":[{"e":"took"}])");
    EXPECT_FALSE(verdict->undecided);
}

TEST_F(TheRules, say_why_they_do_not_set_a_room_up)
{
    connect();
    ask(rooms::Prepare{});
    answer(R"("no":{"code":"bad_request","msg":"stones: at most 5"})");
    EXPECT_FALSE(play->wants_prepare(seats)) << "it would be the same";
    act("take");
    ASSERT_TRUE(verdict && verdict->refusal);
    EXPECT_EQ(verdict->refusal->message, "stones: at most 5");
    seats[1] = Occupant::player;
    EXPECT_TRUE(play->wants_prepare(seats));
}

TEST_F(TheRules, may_answer_late_and_to_nobody)
{
    set_up();
    act("take");
    auto const late = number();
    auto first = std::exchange(verdict, std::nullopt);
    act("take"); // The room waited long enough, and asks the next.
    say(R"({"q":)" + std::to_string(late) + R"(,"ev":[{"e":"late"}]})");
    EXPECT_TRUE(verdict->undecided);
    verdict.reset();
    answer(R"("ev":[{"e":"took","p":{"all":{"stones":1}}}])");
    EXPECT_EQ(history.back().type, "took");
    act("take");
    EXPECT_EQ(asked.find("after")->integer(), number() - 1);
    play.reset();
    say(R"({"q":)" + std::to_string(number()) + R"(,"ev":[{"e":"took"}]})");
    EXPECT_TRUE(verdict->undecided);
}

TEST_F(TheRules, have_a_place_for_state_that_is_bounded)
{
    set_up();
    auto const grow = [this](std::size_t size) {
        act("grow");
        answer(R"("ev":[{"e":"grew","p":{"secret":{"x":")" + std::string(size, 'x') + R"("}}}])");
    };
    for (int i = 0; i < 5; i++) { // All that ever came is more than fits; what is there, is not.
        grow(Document::size_max / 2);
        EXPECT_FALSE(verdict->refusal);
    }
    auto const before = state_of(*play);
    grow(Document::size_max);
    ASSERT_TRUE(verdict->refusal);
    EXPECT_EQ(verdict->refusal->code, ErrorCode::too_large);
    EXPECT_EQ(state_of(*play), before);
}

TEST_F(TheRules, choose_from_options_that_are_an_object_of_some_size)
{
    auto const code_of = [this](std::string const& text) {
        auto const read = rules.read_options(*parser.parse(text));
        return read ? std::nullopt : std::optional(read.error().code);
    };
    EXPECT_FALSE(code_of("{}"));
    EXPECT_FALSE(code_of(R"({"b":{"deep":[0.5,"x",{}]},"a":true})"));
    EXPECT_EQ(code_of("[]"), ErrorCode::bad_request);
    EXPECT_EQ(code_of(R"({"a":null})"), ErrorCode::bad_request);
    EXPECT_EQ(code_of(R"({"a":1.2345678901234568e20})"), ErrorCode::bad_request);
    for (std::size_t levels = 1; levels < 60; levels++) { // What can be chosen can be begun with.
        auto const deep
            = R"({"a":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
        auto const tree = parser.parse(deep);
        ASSERT_TRUE(tree);
        auto const read = rules.read_options(*tree);
        EXPECT_TRUE(!read || rules.begin(*read)) << levels;
    }
    EXPECT_EQ(code_of(R"({"a":")" + std::string(16'384, 'x') + R"("})"), ErrorCode::too_large);
}

TEST_F(TheRules, cannot_be_resumed_from_what_is_no_state)
{
    for (auto const* const state : {"", "\x01", "\xa1\x61", "\x80"})
        EXPECT_EQ(rules.resume(state).error().code, ErrorCode::internal);
    EXPECT_FALSE(play->evolve("took", 2, to_cbor("{}")));
    EXPECT_FALSE(play->evolve("took", 1, to_cbor(R"({"p":7})")));
    EXPECT_FALSE(play->evolve("took", 1, "\xff"));
}

// ---- Whatever it answers

class Whatever {
public:
    explicit Whatever(unsigned seed)
        : luck_(seed)
    { }

    std::string value(int depth)
    {
        static constexpr std::array leaves{"0", "-1", "1.50", "1e3", "-0.0", "true", "\"\\u00e9\"",
            "9007199254740993", "1e17", "18446744073709551615", "2.5e-7", "[]", "{}", "null"};
        if (depth == 0 || luck_() % 3 == 0)
            return leaves[luck_() % leaves.size()];
        return luck_() % 4 == 0 ? "[" + value(depth - 1) + "," + value(depth - 1) + "]"
                                : object(depth);
    }

    std::string object(int depth)
    {
        static constexpr std::array keys{"0", "1", "a", "all", "for", "seats", "watch"};
        std::string text;
        for (auto const* const key : keys)
            if (luck_() % 3 == 0)
                text += (text.empty() ? "" : ",") + ('"' + std::string(key) + "\":")
                    + value(depth - 1);
        return "{" + text + "}";
    }

private:
    std::mt19937 luck_;
};

TEST_F(TheRules, come_to_the_same_live_replayed_and_resumed)
{
    set_up();
    Whatever whatever(7);
    std::map<rooms::Seat, Tree> seen;
    for (auto const audience : {rooms::spectator, 0, 1})
        seen[audience] = *Tree::parse(view_of(*play, audience));
    for (int i = 0; i < 120; i++) {
        act("go");
        answer(R"("ev":[{"e":"went","d":)" + whatever.object(2) + R"(,"p":)" + whatever.object(4)
            + R"(},{"e":"and","p":{"n":)" + std::to_string(i) + "}}]");
        ASSERT_EQ(verdict->events.size(), 2u);
        auto const state = state_of(*play);
        auto const again = replayed();
        auto const woken = rules.resume(state);
        ASSERT_TRUE(woken);
        EXPECT_EQ(state_of(*again), state);
        EXPECT_EQ(state_of(**woken), state);
        for (auto& [audience, view] : seen) {
            std::string patch;
            json::Writer out(patch);
            if (play->update(audience, out))
                view.merge(*Tree::parse(patch));
            EXPECT_EQ(view_of(*again, audience), view_of(**woken, audience));
            EXPECT_EQ(view_of(*again, audience), view.canonical());
        }
    }
}

} // namespace
} // namespace gatehouse::remote
