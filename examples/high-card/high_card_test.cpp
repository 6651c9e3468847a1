// SPDX-License-Identifier: Apache-2.0
#include "high_card.hpp"

#include "gatehouse/testing.hpp"
#include "rooms/rules_of.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace gatehouse::high_card {
namespace {

using rooms::Occupant;

struct Round {
    std::unique_ptr<rooms::Rules> rules = rooms::rules_of<HighCard>();
    std::unique_ptr<rooms::Play> play = begin();
    rooms::Chance chance{std::string(32, 's')};
    std::vector<Occupant> seats{Occupant::player, Occupant::player};
    std::vector<rooms::GameEvent> history{};
    json::Parser parser{};

    [[nodiscard]] std::unique_ptr<rooms::Play> begin() const
    {
        json::Parser empty;
        return rules->begin(rules->read_options(empty.parse("{}").value()).value()).value();
    }
    rooms::Verdict act(rooms::Seat seat, std::string_view action)
    {
        rooms::Verdict verdict;
        auto const body = parser.parse("{}").value();
        play->decide(rooms::SeatAction{seat, action, body}, {{}, chance, seats},
            [&](rooms::Verdict answer) { verdict = std::move(answer); });
        for (auto const& event : verdict.events) {
            EXPECT_TRUE(play->evolve(event.type, event.schema, event.data));
            history.push_back(event);
        }
        return verdict;
    }
    [[nodiscard]] std::string view(rooms::Seat seat) const
    {
        std::string text;
        json::Writer out(text);
        play->show(seat, out);
        return text;
    }
};

TEST(HighCard, is_over_when_both_have_drawn_and_hides_a_card_until_then)
{
    Round round;
    EXPECT_FALSE(round.act(0, "draw").is_over);
    EXPECT_NE(round.view(0), R"({"cards":[0,0]})");
    EXPECT_EQ(round.view(1), R"({"cards":[0,0]})");
    EXPECT_EQ(round.view(rooms::spectator), R"({"cards":[0,0]})");

    EXPECT_TRUE(round.act(1, "draw").is_over);
    EXPECT_EQ(round.view(0), round.view(1));
    EXPECT_EQ(round.view(0).find("0,"), std::string::npos);
}

TEST(HighCard, refuses_in_words_what_the_rules_forbid)
{
    Round round;
    round.act(0, "draw");
    EXPECT_EQ(round.act(0, "draw").refusal->message, "you have a card");
    EXPECT_EQ(round.act(1, "peek").refusal->code, ErrorCode::bad_request);
    EXPECT_EQ(round.history.size(), 1U);
}

TEST(HighCard, has_no_options_no_timers_and_an_open_door)
{
    Round round;
    EXPECT_FALSE(round.rules->read_options(round.parser.parse(R"({"goal":50})").value()));
    EXPECT_TRUE(round.play->is_open());
    round.act(0, "draw");
    EXPECT_TRUE(round.play->is_open());

    rooms::Verdict verdict{.is_over = true};
    round.play->decide(rooms::TimerRang{"never set"}, {{}, round.chance, round.seats},
        [&](rooms::Verdict answer) { verdict = std::move(answer); });
    EXPECT_TRUE(verdict.events.empty());
    EXPECT_FALSE(verdict.is_over || verdict.refusal);
}

TEST(HighCard, is_what_its_events_say)
{
    auto const fuzzed = testing::fuzz<HighCard>();
    EXPECT_TRUE(fuzzed) << fuzzed.text();
    auto const repeated = testing::determinism<HighCard>();
    EXPECT_TRUE(repeated) << repeated.text();
}

TEST(HighCard, shows_nobody_a_card_before_both_are_out)
{
    auto const permute = [](HighCard::State& state, rooms::Seat seat, rooms::Rng& rng) {
        bool const is_open = state.cards[0] != 0 && state.cards[1] != 0;
        for (auto const other : {0, 1})
            if (!is_open && other != seat && state.cards[std::size_t(other)] != 0)
                state.cards[std::size_t(other)] = 1 + int(rng.below(52));
    };
    auto const report = testing::leaks<HighCard>(permute);
    EXPECT_TRUE(report) << report.text();
}

// ---- The documents show what is compiled here.

std::string read(char const* path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Readme, quotes_the_game_word_for_word)
{
    auto const readme = read("README.md");
    auto const game = read("examples/high-card/high_card.hpp");
    constexpr std::string_view opening = "```cpp\n";
    int quotes = 0;
    for (auto at = readme.find(opening); at != readme.npos; at = readme.find(opening, at + 1)) {
        auto const from = at + opening.size();
        auto const quote = readme.substr(from, readme.find("```", from) - from);
        EXPECT_NE(game.find(quote), game.npos) << quote;
        quotes++;
    }
    EXPECT_GT(quotes, 0);
}

}  // namespace
}  // namespace gatehouse::high_card
