// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gatehouse::liap_tui {

namespace {

std::string told(State const& after, Event const& event)
{
    auto const news = news_of(after, event);
    return std::string(Choice<News>::name_of(news)) + " "
        + std::visit([](auto const& each) { return json_of(each); }, news);
}

TEST(News, tell_what_was_played_and_what_it_is)
{
    Table table;
    table.state.phase = Phase::turn;
    table.state.turn = 0;
    table.state.hands[0] = {2, 3, 9};
    auto const decision = table.act(0, Play{{3, 2}});
    EXPECT_EQ(told(table.state, decision.events.at(0)),
        R"(played {"seat":0,"pieces":[2,3],"kind":"pair","points":24,"forced":false})");
}

TEST(News, tell_scores_with_the_points_that_made_them)
{
    State after;
    after.scores = {7, 1, -2, 0};
    EXPECT_EQ(told(after, Scored{{7, -1, -2, 0}}),
        R"(scored {"deltas":[7,-1,-2,0],"scores":[7,1,-2,0]})");
}

TEST(News, tell_what_everybody_saw_as_it_was)
{
    EXPECT_EQ(told({}, TurnWon{.seat = 2, .piles = 3}), R"(turn_won {"seat":2,"piles":3})");
    EXPECT_EQ(told({}, Declared{.seat = 1, .piles = 0, .forced = true}),
        R"(declared {"seat":1,"piles":0,"forced":true})");
}

std::vector<HeldSet> sets_in(View const& view)
{
    return std::get<HeldSets>(reply_to(view, Sets{}).value()).sets;
}

TEST(Queries, find_just_the_sets_by_the_book)
{
    for (std::uint64_t seed = 1; seed <= 20; seed++) {
        Table table(seed);
        table.act(0, Start{});
        auto const& hand = table.state.hands[2];
        auto const sets = sets_in(view_of(table.state, 2));
        std::size_t expected = 0;
        for (unsigned which = 1; which < 256; which++) {
            std::vector<Piece> pieces;
            for (std::size_t i = 0; i < hand.size(); i++)
                if ((which & 1U << i) != 0)
                    pieces.push_back(hand[i]);
            expected += set_by_the_book(pieces) != SetKind::discard ? 1 : 0;
        }
        EXPECT_EQ(sets.size(), expected);
        EXPECT_TRUE(std::ranges::is_sorted(sets, std::ranges::greater(), &HeldSet::points));
        for (auto const& set : sets)
            EXPECT_EQ(set.kind, set_by_the_book(set.pieces));
    }
}

TEST(Queries, keep_to_the_kind_that_was_led)
{
    View view{.hand = std::vector<Piece>{0, 2, 3, 6, 27, 28}};
    EXPECT_EQ(sets_in(view).front().kind, SetKind::extended_straight);
    view.plays.push_back({.kind = SetKind::pair});
    auto const pairs = sets_in(view);
    ASSERT_EQ(pairs.size(), 2U);
    EXPECT_EQ(pairs[0].points, 24);
    EXPECT_EQ(pairs[1].points, 2);
}

TEST(Queries, are_not_for_spectators)
{
    EXPECT_EQ(reply_to(View{}, Sets{}).error().code, ErrorCode::forbidden);
}

}  // namespace

}  // namespace gatehouse::liap_tui
