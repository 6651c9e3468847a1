// SPDX-License-Identifier: Apache-2.0
#include "remote/line.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>

namespace gatehouse::remote {
namespace {

using json::Tree;

std::string frame_of(std::string_view json)
{
    std::string frame;
    for (int shift = 24; shift >= 0; shift -= 8)
        frame += static_cast<char>(json.size() >> shift);
    return frame += json;
}

// A line, and who stands at its other end.
class Table {
public:
    static constexpr std::uint64_t refused_first = 1'000'000;

    explicit Table(LineOptions options = {}) : options_(options) {}

    Line& line() { return line_; }
    void wait(Milliseconds time) { now_.steady += time; }

    void connect(std::string_view games = R"({"g":{"tag":"1"}})")
    {
        line_.connected();
        EXPECT_EQ(written(), R"([{"hello":"gatehouse.rules.v1"}])");
        say(R"([{"hello":"gatehouse.rules.v1","games":)" + std::string(games) + "}]");
    }

    // The number under which it is asked; one of its own where it is refused at once.
    std::uint64_t ask(std::string game = "g", std::optional<Held> held = {})
    {
        auto const number = asked_ + 1;
        line_.ask({.game = std::move(game), .room = "r",
                      .state = std::make_shared<Tree const>(*Tree::parse(R"({"n":1})")),
                      .held = held, .what = Ring{"t"}, .seed = std::string(32, 'x'),
                      .seats = {}},
            [this, number](Result<Answer> answer) {
                EXPECT_TRUE(answers_.emplace(number, std::move(answer)).second);
            });
        auto refused = answers_.extract(number);
        if (refused.empty())
            return asked_ = number;
        refused.key() = refused_first + refused_++;
        return answers_.insert(std::move(refused)).position->first;
    }

    std::string written()
    {
        std::string out;
        return line_.write(out) ? out.substr(4) : "";
    }

    Result<void> say(std::string_view json) { return line_.received(frame_of(json)); }
    Result<void> answer(std::uint64_t number)
    {
        return say("[{\"q\":" + std::to_string(number) + ",\"ev\":[]}]");
    }

    // "ok", the code of its error, or "" where there is none yet.
    std::string heard(std::uint64_t number) const
    {
        auto const found = answers_.find(number);
        if (found == answers_.end())
            return "";
        return found->second ? "ok" : std::string(name_of(found->second.error().code));
    }
    Answer const& answer_to(std::uint64_t number) const { return *answers_.at(number); }
    Error const& error_of(std::uint64_t number) const { return answers_.at(number).error(); }

private:
    LineOptions options_;
    Now now_{};
    Line line_{options_, now_};
    std::uint64_t asked_ = 0;
    std::uint64_t refused_ = 0;
    std::map<std::uint64_t, Result<Answer>> answers_{};
};

bool holds(std::string const& text, std::string_view part)
{
    return text.find(part) != text.npos;
}

TEST(Line, asks_what_waited_once_somebody_is_there)
{
    Table table;
    auto const early = table.ask();
    EXPECT_EQ(table.written(), "");
    table.connect();
    auto const second = table.ask();
    auto const frame = table.written();
    EXPECT_EQ(Tree::parse(frame)->elements().size(), 2u);
    EXPECT_EQ(table.written(), "");
    EXPECT_TRUE(table.answer(second));
    EXPECT_EQ(table.heard(early), "");
    EXPECT_TRUE(table.answer(early));
    EXPECT_EQ(table.heard(early) + table.heard(second), "okok");
}

TEST(Line, puts_into_a_frame_what_fits)
{
    Table table;
    table.connect();
    std::string const large(300'000, 'x');
    for (int i = 0; i < 5; i++)
        table.line().ask({.game = "g", .room = large, .state = std::make_shared<Tree const>(),
                             .what = Prepare{}, .seed = {}, .seats = {}},
            [](Result<Answer> const&) {});
    std::vector<std::size_t> sizes;
    for (std::string frame; !(frame = table.written()).empty();)
        sizes.push_back(Tree::parse(frame)->elements().size());
    EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 2}));
}

TEST(Line, takes_answers_cut_at_every_byte)
{
    Table table;
    table.connect();
    auto const first = table.ask();
    auto const second = table.ask();
    (void)table.written();
    auto const bytes = frame_of(R"([{"q":1,"ev":[{"e":"done","p":{"a":1}}]}])")
        + frame_of(R"([{"q":2,"no":{"msg":"no"}}])");
    for (auto const byte : bytes)
        ASSERT_TRUE(table.line().received({&byte, 1}));
    ASSERT_EQ(table.heard(first), "ok");
    EXPECT_EQ(table.answer_to(first).events.at(0).patch->canonical(), R"({"a":1})");
    EXPECT_EQ(table.answer_to(second).refusal->code, ErrorCode::rejected);
}

TEST(Line, waits_for_nobody_longer_than_its_deadline)
{
    Table table({.deadline = Milliseconds(100)});
    auto const unsaid = table.ask();
    table.wait(Milliseconds(60));
    table.connect();
    auto const said = table.ask();
    (void)table.written();
    table.wait(Milliseconds(40));
    EXPECT_TRUE(table.line().ring());
    EXPECT_EQ(table.heard(unsaid), "unavailable");
    EXPECT_EQ(table.heard(said), "");
    EXPECT_TRUE(table.answer(unsaid)); // Late, and yet a sign of life.
    table.wait(Milliseconds(60));
    EXPECT_TRUE(table.line().ring());
    EXPECT_EQ(table.heard(said), "unavailable");
    EXPECT_EQ(table.line().alarm(), std::nullopt);
    EXPECT_TRUE(table.answer(said)); // Late: nobody hears it.
    EXPECT_EQ(table.heard(said), "unavailable");
}

TEST(Line, finds_out_that_a_process_hangs)
{
    Table table({.deadline = Milliseconds(100)});
    table.ask();
    table.wait(Milliseconds(60));
    table.connect();
    (void)table.written();
    table.wait(Milliseconds(40));
    EXPECT_TRUE(table.line().ring()) << "it had less than half of the time";
    auto const asked = table.ask();
    (void)table.written();
    table.wait(Milliseconds(100));
    auto const rung = table.line().ring();
    ASSERT_FALSE(rung);
    EXPECT_EQ(rung.error().detail, "it does not answer");
    EXPECT_EQ(table.heard(asked), "unavailable");
    table.line().disconnected();
    table.connect();
    EXPECT_TRUE(table.line().ring());
}

TEST(Line, is_busy_beyond_its_bound)
{
    Table table({.questions_max = 2});
    table.ask();
    table.ask();
    EXPECT_EQ(table.heard(table.ask()), "busy");
    EXPECT_EQ(table.line().questions(), 2u);
}

TEST(Line, asks_once_more_after_a_cut_and_then_no_more)
{
    Table table;
    table.connect();
    auto const asked = table.ask("g", Held{1, 7});
    EXPECT_TRUE(holds(table.written(), "\"after\":7"));
    auto const unasked = table.ask();
    table.line().disconnected();
    table.connect();
    auto const frame = *Tree::parse(table.written());
    ASSERT_EQ(frame.elements().size(), 2u);
    EXPECT_EQ(frame.elements()[0].find("again")->boolean(), true);
    EXPECT_TRUE(frame.elements()[0].find("state")); // The new one holds nothing.
    EXPECT_FALSE(frame.elements()[1].find("again"));
    table.line().disconnected();
    EXPECT_EQ(table.heard(asked), "unavailable");
    table.connect();
    (void)table.written();
    EXPECT_TRUE(table.answer(unasked));
    EXPECT_EQ(table.heard(unasked), "ok");
}

TEST(Line, does_not_count_a_cut_against_what_was_not_asked)
{
    Table table;
    auto const number = table.ask();
    for (int i = 0; i < 5; i++) {
        table.line().connected();
        (void)table.written();
        table.line().disconnected();
    }
    table.connect();
    (void)table.written();
    EXPECT_TRUE(table.answer(number));
    EXPECT_EQ(table.heard(number), "ok");
}

TEST(Line, does_not_count_a_dial_that_failed_as_a_cut)
{
    Table table;
    table.line().disconnected(); // Before there was any connection.
    auto const early = table.ask();
    table.line().disconnected();
    table.connect();
    EXPECT_FALSE(holds(table.written(), "again"));
    for (int i = 0; i < 3; i++)
        table.line().disconnected();
    EXPECT_EQ(table.heard(early), "");
    table.connect();
    EXPECT_TRUE(holds(table.written(), R"("again":true)"));
    EXPECT_TRUE(table.answer(early));
    EXPECT_EQ(table.heard(early), "ok");
}

TEST(Line, takes_no_answer_to_what_this_connection_was_not_asked)
{
    Table table;
    table.connect();
    auto const number = table.ask();
    (void)table.written();
    table.line().disconnected();
    table.connect();
    EXPECT_TRUE(table.answer(number)); // Of the connection before: not asked here yet.
    EXPECT_EQ(table.heard(number), "");
    (void)table.written();
    EXPECT_TRUE(table.answer(number));
    EXPECT_EQ(table.heard(number), "ok");
    EXPECT_EQ(table.answer_to(number).held, (Held{2, number}));
    EXPECT_TRUE(table.answer(number)); // Twice.
}

TEST(Line, sends_the_state_that_is_needed_after_all)
{
    Table table;
    table.connect();
    auto const number = table.ask("g", Held{1, 7});
    EXPECT_FALSE(holds(table.written(), "\"state\""));
    EXPECT_TRUE(table.say(R"([{"q":1,"need":true}])"));
    EXPECT_TRUE(holds(table.written(), R"("state":{"n":1})"));
    EXPECT_TRUE(table.say(R"([{"q":1,"need":true}])")); // It has it.
    EXPECT_EQ(table.heard(number), "internal");
}

TEST(Line, refuses_games_that_the_process_does_not_know)
{
    Table table;
    auto const early = table.ask("other");
    table.connect();
    EXPECT_EQ(table.heard(early), "unavailable");
    EXPECT_EQ(table.heard(table.ask("other")), "unavailable");
    EXPECT_EQ(table.line().tag("g"), "1");
    EXPECT_TRUE(table.say(
        R"([{"hello":"gatehouse.rules.v1","games":{"g":{"tag":"2"},"other":{"tag":"1"}}}])"));
    EXPECT_EQ(table.line().tag("g"), "2");
    EXPECT_EQ(table.heard(table.ask("other")), "");
    table.line().disconnected();
    EXPECT_EQ(table.line().tag("g"), std::nullopt);
}

TEST(Line, says_which_answer_is_none_and_why)
{
    struct Case {
        std::string_view answer, why;
    };
    for (auto const& [answer, why] : {Case{R"("x":1)", "expected ev, no, need or failed"},
             Case{R"("failed":"Error: oh")", "they failed: Error: oh"},
             Case{R"("ev":{})", "/ev: expected an array of at most 256"},
             Case{R"("ev":[{"e":"room.opened"}])", "/ev/e: expected a snake_case word"},
             Case{R"("ev":[{"e":"done","p":[]}])", "/ev/p: expected a merge patch"},
             Case{R"("ev":[],"timers":[["a"]])", "/timers: expected [name, milliseconds or null]"},
             Case{R"("ev":[],"timers":[["a",-1]])", "/timers: expected milliseconds"},
             Case{R"("ev":[],"timers":[["a",1e3]])", "/timers: expected milliseconds"},
             Case{R"("ev":[],"over":1)", "/over: expected true or false"},
             Case{R"("no":{})", "/no/msg: expected a text"},
             Case{R"("no":{"msg":"x","code":"internal"})", "/no/code: expected one"}}) {
        Table table;
        table.connect();
        auto const number = table.ask();
        (void)table.written();
        EXPECT_TRUE(table.say(R"([{"q":1,)" + std::string(answer) + "}]"));
        ASSERT_EQ(table.heard(number), "internal");
        EXPECT_TRUE(holds(table.error_of(number).detail, why)) << table.error_of(number).detail;
    }
}

TEST(Line, parts_with_who_does_not_speak_the_protocol)
{
    struct Case {
        std::string_view said, why;
    };
    for (auto const& [said, why] : {Case{"{}", "a frame that is no array of messages"},
             Case{"[", "not valid JSON at byte 1"}, Case{"[1]", "expected q"},
             Case{R"([{"q":0}])", "expected q"}, Case{R"([{"q":2,"ev":[]}])", "never asked"},
             Case{R"([{"hello":"gatehouse.rules.v2"}])", "/hello: expected"},
             Case{R"([{"hello":"gatehouse.rules.v1"}])", "/games: expected"},
             Case{R"([{"hello":"gatehouse.rules.v1","games":{"g":{"tag":""}}}])",
                 "/games/g/tag: expected"}}) {
        Table table;
        table.connect();
        table.ask();
        (void)table.written();
        auto const taken = table.say(said);
        ASSERT_FALSE(taken) << said;
        EXPECT_TRUE(holds(taken.error().detail, why)) << taken.error().detail;
    }
    Table table;
    table.line().connected();
    EXPECT_EQ(table.say(R"([{"hello":"gatehouse.rules.v1","games":{}}])").error().detail,
        "hello before it was said to");
    auto const again = [&table] {
        table.line().disconnected();
        table.line().connected();
        (void)table.written();
    };
    again();
    EXPECT_EQ(table.answer(1).error().detail, "an answer before hello");
    again();
    auto const large = table.line().received(std::string(4, '\x7f'));
    ASSERT_FALSE(large);
    EXPECT_TRUE(holds(large.error().detail, "a frame of"));
    again();
    EXPECT_TRUE(table.line().ring());
    table.wait(Milliseconds(5'000));
    auto const late = table.line().ring();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().detail, "no hello in time");
}

// Whatever happens: one answer to each question, and `ok` only by who was asked over the connection
// that stands.
TEST(Line, answers_each_question_once_whatever_happens)
{
    std::mt19937 random(7);
    for (int round = 0; round < 300; round++) {
        Table table({.deadline = Milliseconds(50), .questions_max = 8});
        std::map<std::uint64_t, int> asked_here; // What this connection was asked.
        std::map<std::uint64_t, int> times;
        std::uint64_t last = 0;
        bool is_there = false;
        for (int step = 0; step < 200; step++) {
            switch (random() % 8) {
            case 0:
            case 1:
            case 2: {
                auto const number = table.ask("g", Held{random() % 3, 1});
                last = number < Table::refused_first ? number : last;
                break;
            }
            case 3:
                if (std::exchange(is_there, !is_there))
                    table.line().disconnected();
                else
                    table.connect();
                asked_here.clear();
                break;
            case 4:
                if (auto const frame = table.written(); !frame.empty())
                    for (auto const messages = *Tree::parse(frame);
                         auto const& each : messages.elements()) {
                        auto const number = static_cast<std::uint64_t>(*each.find("q")->integer());
                        asked_here[number]++;
                        times[number]++;
                    }
                break;
            case 5: table.wait(Milliseconds(random() % 30)); break;
            case 6:
                if (!table.line().ring()) {
                    EXPECT_TRUE(std::exchange(is_there, false));
                    table.line().disconnected();
                    asked_here.clear();
                }
                break;
            default:
                if (is_there && !times.empty()) {
                    auto const number = random() % times.rbegin()->first + 1;
                    bool const is_open = table.heard(number).empty();
                    EXPECT_TRUE(table.answer(number));
                    if (is_open) {
                        EXPECT_EQ(table.heard(number), asked_here.contains(number) ? "ok" : "");
                    }
                }
            }
            EXPECT_LE(table.line().questions(), 8u);
        }
        table.wait(Milliseconds(50));
        (void)table.line().ring();
        EXPECT_EQ(table.line().questions(), 0u);
        for (std::uint64_t number = 1; number <= last; number++)
            EXPECT_NE(table.heard(number), "") << number;
        for (auto const& [number, count] : times)
            EXPECT_LE(count, 2) << number;
    }
}

}  // namespace
}  // namespace gatehouse::remote
