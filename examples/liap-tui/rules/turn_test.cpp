// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace gatehouse::liap_tui {

namespace {

Table playing(int leader, BySeat<std::vector<Piece>> hands)
{
    Table table;
    table.state.phase = Phase::turn;
    table.state.round = 1;
    table.state.turn = leader;
    table.state.hands = std::move(hands);
    table.state.declared = {1, 1, 1, 1};
    return table;
}

// Chariots are 10 11 (red) and 12 13, horses 14 15 and 16 17, cannons 18 19 and 20 21, soldiers
// 22-26 and 27-31.

TEST(Turn, is_led_with_a_set_of_pieces_that_the_leader_holds)
{
    auto const table = playing(0, {{{2, 3, 10, 14, 18, 30}, {}, {}, {}}});
    EXPECT_EQ(table.refusal(1, Play{{2}}), ErrorCode::not_your_turn);
    for (auto const& pieces : std::vector<std::vector<Piece>>{{}, {0}, {2, 2}, {2, 10}, {-1}, {32},
             {1'000'000}, {2, 3, 10}, {2, 3, 10, 14, 18, 30, 31}})
        EXPECT_EQ(table.refusal(0, Play{pieces}), ErrorCode::rejected) << json_of(pieces);
    for (auto const& pieces : std::vector<std::vector<Piece>>{{30}, {3, 2}, {18, 10, 14}})
        EXPECT_EQ(table.refusal(0, Play{pieces}), std::nullopt) << json_of(pieces);
}

TEST(Turn, is_followed_with_as_many_pieces_of_any_kind)
{
    auto table = playing(3, {{{2, 9, 30}, {}, {}, {22, 23, 24}}});
    table.act(3, Play{{22, 23}});
    EXPECT_EQ(view_of(table.state, 0).need, 2);
    EXPECT_EQ(table.state.turn, 0);
    EXPECT_EQ(table.refusal(0, Play{{2}}), ErrorCode::rejected);
    EXPECT_EQ(table.refusal(0, Play{{2, 9, 30}}), ErrorCode::rejected);
    EXPECT_EQ(table.refusal(0, Play{{2, 31}}), ErrorCode::rejected);
    table.act(0, Play{{9, 2}});
    auto const& laid = table.state.plays.at(1);
    EXPECT_EQ(laid.kind, SetKind::discard);
    EXPECT_EQ(laid.pieces, (std::vector{2, 9}));
    EXPECT_EQ(laid.points, 21);
    EXPECT_EQ(table.state.hands[0], (std::vector{30}));
}

TEST(Turn, goes_to_the_highest_set_which_takes_as_many_piles_and_leads)
{
    auto table = playing(0, {{{12, 13, 31}, {2, 4, 30}, {10, 11, 29}, {14, 15, 28}}});
    table.act(0, Play{{12, 13}});
    table.act(1, Play{{2, 4}}); // 23 points, but a red and a black one are no pair.
    EXPECT_EQ(view_of(table.state, 3).best, 0);
    table.act(2, Play{{10, 11}});
    EXPECT_EQ(view_of(table.state, 3).best, 2);
    auto const decision = table.act(3, Play{{14, 15}});
    EXPECT_EQ(the<TurnWon>(decision).seat, 2);
    EXPECT_EQ(the<TurnWon>(decision).piles, 2);
    EXPECT_EQ(table.state.won, (BySeat<int>{0, 0, 2, 0}));
    EXPECT_EQ(table.state.turn, 2);
    EXPECT_TRUE(table.state.plays.empty());
    EXPECT_EQ(table.state.last_turn->plays.size(), 4U);
    EXPECT_EQ(table.state.last_turn->winner, 2);
}

TEST(Turn, goes_to_the_earlier_of_equal_sets)
{
    auto table = playing(1, {{{3, 9}, {10, 20}, {2, 21}, {27, 28}}});
    table.act(1, Play{{10}});
    table.act(2, Play{{2}});
    table.act(3, Play{{27}});
    EXPECT_EQ(the<TurnWon>(table.act(0, Play{{3}})).seat, 2);
}

TEST(Turn, does_not_let_a_set_of_another_kind_compete)
{
    auto table = playing(0, {{{27, 28, 29, 20}, {0, 2, 6, 21}, {22, 23, 24, 19}, {1, 4, 8, 18}}});
    table.act(0, Play{{27, 28, 29}});
    table.act(1, Play{{0, 2, 6}}); // A straight of 36 points.
    table.act(2, Play{{22, 23, 24}});
    EXPECT_EQ(table.state.plays[1].kind, SetKind::discard);
    EXPECT_EQ(the<TurnWon>(table.act(3, Play{{1, 4, 8}})).seat, 2);
}

TEST(Turn, compares_four_of_a_kind_only_with_its_like)
{
    auto table = playing(
        0, {{{27, 28, 29, 30, 31}, {10, 11, 14, 18, 0}, {22, 23, 24, 25, 26}, {1, 2, 3, 4, 5}}});
    table.act(0, Play{{27, 28, 29, 30}});
    table.act(1, Play{{10, 11, 14, 18}});
    table.act(2, Play{{22, 23, 24, 25}});
    EXPECT_EQ(the<TurnWon>(table.act(3, Play{{1, 2, 3, 4}})).seat, 2);
}

TEST(Turn, plays_the_weakest_pieces_of_who_does_not_answer)
{
    auto table = playing(0, {{{2, 9, 30}, {3, 10, 29}, {4, 11, 28}, {5, 12, 27}}});
    auto const lead = the<Played>(table.ring());
    EXPECT_EQ(lead.pieces, (std::vector{30}));
    EXPECT_TRUE(lead.forced);

    table = playing(0, {{{22, 23, 30}, {3, 10, 29}, {4, 11, 28}, {5, 12, 27}}});
    table.act(0, Play{{22, 23}});
    EXPECT_EQ(the<Played>(table.ring()).pieces, (std::vector{10, 29}));
    EXPECT_TRUE(table.state.plays[1].forced);
}

TEST(Turn, takes_no_more_from_a_hand_than_it_holds)
{
    auto table = playing(0, {{{2, 3}, {30}, {}, {}}});
    table.act(0, Play{{2, 3}});
    EXPECT_THROW(table.ring(), std::out_of_range);
}

TEST(Turn, ends_the_round_when_the_hands_are_empty)
{
    auto table = playing(0, {{{10}, {11}, {2}, {27}}});
    table.act(0, Play{{10}});
    table.act(1, Play{{11}});
    table.act(2, Play{{2}});
    auto const decision = table.act(3, Play{{27}});
    EXPECT_EQ(decision.events.size(), 3U);
    EXPECT_EQ(the<Scored>(decision).deltas, (BySeat<int>{-1, -1, 6, -1}));
    EXPECT_EQ(table.state.phase, Phase::scoring);
    EXPECT_EQ(table.state.turn, std::nullopt);
    EXPECT_EQ(*decision.timers.at(0).after, std::chrono::seconds(7));
}

}  // namespace

}  // namespace gatehouse::liap_tui
