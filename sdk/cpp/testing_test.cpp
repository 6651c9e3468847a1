// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/testing.hpp"

#include "hello-game/hello_game.hpp"
#include "high-card/high_card.hpp"
#include "rooms/testing_snails.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>

// Games with a mistake each, which the kit must find; and sound ones, in which it must find none.

namespace gatehouse::testing {
namespace {

using high_card::HighCard;

template <Game G>
PlayOptions<G> few()
{
    return {.actions = 3'000};
}

auto const permute_hello = [](HelloGame::State& state, Seat, Rng& rng) {
    auto const size = static_cast<std::uint32_t>(state.high - state.low + 1);
    state.secret = state.low + static_cast<int>(rng.below(size));
};

TEST(TestKit, finds_nothing_in_a_sound_game)
{
    auto const report = fuzz<HelloGame>(few<HelloGame>());
    EXPECT_TRUE(report) << report.text();
    EXPECT_GT(report.finished, 50U);
    EXPECT_GT(report.accepted, report.actions / 10);
    EXPECT_LT(report.accepted, report.actions);
    EXPECT_EQ(report.compared, report.actions);
}

TEST(TestKit, plays_the_same_games_for_the_same_seed)
{
    auto const first = determinism<HelloGame>(few<HelloGame>());
    auto const again = determinism<HelloGame>(few<HelloGame>());
    auto const other = determinism<HelloGame>({.actions = 3'000, .seed = 2});
    EXPECT_TRUE(first) << first.text();
    EXPECT_EQ(first.fingerprint, again.fingerprint);
    EXPECT_NE(first.fingerprint, other.fingerprint);
    // On every machine, for ever: a change here is a change of the kit's dice or of the game.
    EXPECT_EQ(first.fingerprint.size(), 64U);
}

// A member that `fields` forgets is gone after a restart.
struct Forgetful : HelloGame {
    struct State : HelloGame::State {
        int forgotten = 0;
    };
    static Decision<Event> decide(
        State const& state, Seat seat, Action const& action, Context const& room)
    {
        return HelloGame::decide(state, seat, action, room);
    }
    static void evolve(State& state, Event const& event)
    {
        HelloGame::evolve(state, event);
        if (++state.forgotten % 4 == 0)
            state.high++;
    }
    static View view(State const& state, Seat seat) { return HelloGame::view(state, seat); }
};

TEST(TestKit, finds_a_member_of_the_state_that_is_not_stored)
{
    auto const report = fuzz<Forgetful>(few<Forgetful>());
    EXPECT_FALSE(report) << report.text();
}

struct Unsteady : HelloGame {
    static void evolve(State& state, Event const& event)
    {
        static int calls = 0;
        HelloGame::evolve(state, event);
        state.secret += ++calls % 7 == 0 ? 1 : 0;
    }
};

TEST(TestKit, finds_an_evolve_that_is_not_a_function)
{
    EXPECT_FALSE(fuzz<Unsteady>(few<Unsteady>()));
    EXPECT_FALSE(determinism<Unsteady>(few<Unsteady>()));
}

struct Moody : HelloGame {
    static Decision<Event> decide(
        State const& state, Seat seat, Action const& action, Context const& room)
    {
        static int calls = 0;
        if (++calls % 50 == 0)
            return Decision<Event>::refuse("not in the mood");
        return HelloGame::decide(state, seat, action, room);
    }
};

TEST(TestKit, finds_a_decide_that_remembers)
{
    EXPECT_TRUE(fuzz<Moody>(few<Moody>()));
    EXPECT_FALSE(determinism<Moody>(few<Moody>()));
}

struct Talkative : HelloGame {
    static View view(State const& state, Seat seat)
    {
        auto view = HelloGame::view(state, seat);
        if (seat == 3)
            view.low = std::max(state.low, state.secret - 50);
        return view;
    }
};

TEST(TestKit, finds_what_a_seat_can_tell_of_a_secret)
{
    auto const sound = leaks<HelloGame>(permute_hello, few<HelloGame>());
    EXPECT_TRUE(sound) << sound.text();
    auto const report = leaks<Talkative>(permute_hello, few<Talkative>());
    ASSERT_FALSE(report);
    EXPECT_TRUE(report.findings[0].contains("the view of seat 3 hangs on what is secret"))
        << report.text();
}

TEST(TestKit, finds_that_nothing_was_permuted)
{
    EXPECT_FALSE(leaks<HelloGame>([](auto&, Seat, Rng&) {}, few<HelloGame>()));
}

struct Fragile : HelloGame {
    static Decision<Event> decide(
        State const& state, Seat seat, Action const& action, Context const& room)
    {
        if (std::get<Guess>(action).number == std::numeric_limits<int>::max())
            throw std::runtime_error("too far");
        return HelloGame::decide(state, seat, action, room);
    }
    static std::optional<Action> bot(View const& view, Seat, Rng& rng)
    {
        return Guess{view.low + static_cast<int>(rng.below(200))};
    }
};

TEST(TestKit, finds_what_throws_and_bots_that_are_refused)
{
    auto const report = fuzz<Fragile>({.actions = 20'000});
    std::string all = report.text();
    EXPECT_TRUE(all.contains("the bot was refused: it is somewhere else")) << all;
    EXPECT_EQ(report.findings.size(), Report::findings_max);

    struct Throws : Fragile {
        static std::optional<Action> bot(View const& view, Seat, Rng&) { return Guess{view.low}; }
    };
    all = fuzz<Throws>({.actions = 20'000}).text();
    EXPECT_TRUE(all.contains("it threw after this: too far")) << all;
}

struct Boastful : HelloGame {
    static std::vector<rooms::Standing> results(State const& state)
    {
        return {{.seat = *state.winner, .place = 1}, {.seat = *state.winner, .place = 2}};
    }
};

TEST(TestKit, finds_results_that_a_room_would_not_keep)
{
    auto const report = fuzz<Boastful>(few<Boastful>());
    ASSERT_FALSE(report);
    EXPECT_TRUE(report.findings[0].contains("its results name a seat twice")) << report.text();
}

TEST(TestKit, asks_what_must_hold_after_each_step)
{
    PlayOptions<HighCard> options{.actions = 500};
    options.invariant = [](Step<HighCard> const& step) -> std::optional<std::string> {
        if (step.after.cards[0] != 0 && step.after.cards[0] == step.after.cards[1])
            return "two equal cards";
        return std::nullopt;
    };
    auto const report = fuzz<HighCard>(options);
    ASSERT_FALSE(report);
    EXPECT_TRUE(report.findings[0].ends_with("asks for draw {}: two equal cards"))
        << report.text();
}

// ---- Histories of rooms

std::string read(std::string const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string write(std::string const& name, std::string const& text)
{
    auto const path = ::testing::TempDir() + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

TEST(TestKit, replays_what_a_room_has_left)
{
    std::string const history = "tests/corpus/high-card-1.events.jsonl";
    auto const plain = replay<HighCard>(history);
    EXPECT_TRUE(plain) << plain.text();
    EXPECT_EQ(plain.finished, 1U);
    EXPECT_EQ(plain.fingerprint.size(), 64U);

    // With its room's name the chain is looked at, too.
    std::string const header = R"({"room":"k7qxm.00000001"})";
    auto const named = replay<HighCard>(write("named.jsonl", header + "\n" + read(history)));
    EXPECT_TRUE(named) << named.text();
    EXPECT_EQ(named.fingerprint, plain.fingerprint);
}

// ---- Games in fixed steps

using rooms::testing::snails::Snails;

TEST(TestKit, takes_steps_between_actions)
{
    auto const report = fuzz<Snails>(few<Snails>());
    EXPECT_TRUE(report) << report.text();
    EXPECT_GT(report.finished, 10U) << "most games end between two actions";
    auto const again = determinism<Snails>(few<Snails>());
    EXPECT_TRUE(again) << again.text();
    EXPECT_EQ(again.fingerprint, determinism<Snails>(few<Snails>()).fingerprint);
}

struct Slippery : Snails {
    static void tick(State& state)
    {
        static int calls = 0;
        Snails::tick(state);
        state.snails[0].at += ++calls % 50 == 0 ? 1 : 0;
    }
};

TEST(TestKit, finds_a_step_that_hangs_on_more_than_the_state)
{
    EXPECT_FALSE(fuzz<Slippery>(few<Slippery>()));
    EXPECT_FALSE(determinism<Slippery>(few<Slippery>()));
}

TEST(TestKit, replays_the_steps_that_a_room_took)
{
    auto const report = replay<Snails>("tests/corpus/snails-1.events.jsonl");
    EXPECT_TRUE(report) << report.text();
    EXPECT_EQ(report.finished, 1U);
    EXPECT_FALSE(replay<Slippery>("tests/corpus/snails-1.events.jsonl"));
}

TEST(TestKit, finds_what_is_wrong_with_a_history)
{
    auto const lines = read("tests/corpus/high-card-1.events.jsonl");
    std::string const other = R"({"room":"zzzzz.00000001"})";
    auto const told = [](std::string const& text) {
        auto const report = replay<HighCard>(write("wrong.jsonl", text));
        EXPECT_FALSE(report);
        return report.text();
    };
    EXPECT_TRUE(told(other + "\n" + lines).contains("its link does not fit"));
    EXPECT_TRUE(told(lines.substr(lines.find('\n') + 1)).contains("expected version 1"));
    EXPECT_TRUE(told(lines + "nonsense\n").contains("line"));
    EXPECT_TRUE(told("").contains("there is no"));
    EXPECT_FALSE(replay<HelloGame>("tests/corpus/high-card-1.events.jsonl"));
    EXPECT_FALSE(replay<HighCard>("nowhere.jsonl"));
}

// ---- The tutorial shows what is compiled.

TEST(Tutorial, quotes_the_game_word_for_word)
{
    auto const page = read("docs/writing-a-game.md");
    std::string game;
    for (auto const* file : {"hello_game.hpp", "main.cpp", "test.cpp", "CMakeLists.txt"})
        game += read(std::string("examples/hello-game/") + file);
    int quotes = 0;
    for (std::string const opening : {"```cpp\n", "```cmake\n"})
        for (auto at = page.find(opening); at != page.npos; at = page.find(opening, at + 1)) {
            auto const from = at + opening.size();
            auto const quote = page.substr(from, page.find("```", from) - from);
            EXPECT_NE(game.find(quote), game.npos) << quote;
            quotes++;
        }
    EXPECT_GT(quotes, 5);
}

}  // namespace
}  // namespace gatehouse::testing
