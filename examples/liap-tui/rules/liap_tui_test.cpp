// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/liap_tui.hpp"

#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace gatehouse::liap_tui {

namespace {

TEST(LiapTui, starts_when_all_four_seats_are_taken_by_people_or_bots)
{
    Table table;
    table.seats = {rooms::Occupant::player, rooms::Occupant::bot, rooms::Occupant::nobody,
        rooms::Occupant::bot};
    EXPECT_TRUE(LiapTui::is_open(table.state));
    EXPECT_EQ(table.refusal(0, Start{}), ErrorCode::rejected);
    table.seats[2] = rooms::Occupant::bot;
    auto const dealt = the<Dealt>(table.act(3, Start{}));
    EXPECT_EQ(dealt.round, 1);
    EXPECT_EQ(dealt.deal, 1);
    EXPECT_EQ(std::ranges::count(dealt.hands[index_of(dealt.starter)], red_general), 1);
    EXPECT_FALSE(LiapTui::is_open(table.state));
    EXPECT_EQ(table.refusal(0, Start{}), ErrorCode::wrong_phase);
}

TEST(LiapTui, refuses_what_belongs_to_another_phase_and_whoever_only_watches)
{
    Table table;
    for (Action const& action : {Action(Redeal{true}), Action(Declare{1}), Action(Play{{1}}),
             Action(Ready{})}) {
        EXPECT_EQ(table.refusal(0, action), ErrorCode::wrong_phase);
        EXPECT_EQ(table.refusal(rooms::spectator, action), ErrorCode::forbidden);
    }
    EXPECT_EQ(table.refusal(rooms::spectator, Start{}), ErrorCode::forbidden);
    EXPECT_EQ(table.refusal(4, Start{}), ErrorCode::forbidden);
}

TEST(LiapTui, leaves_alone_alarms_that_are_not_its_own)
{
    Table table;
    table.act(0, Start{});
    auto const decision = LiapTui::decide_timer(table.state, "other", table.context());
    EXPECT_TRUE(decision.events.empty() && decision.timers.empty() && !decision.refusal);
}

TEST(LiapTui, keeps_options_within_their_bounds)
{
    auto const low = LiapTui::begin({-5, -5, -5, -5, -5, -5, -5}).options;
    EXPECT_EQ(json_of(low),
        R"({"goal":1,"rounds":1,"redeals":0,"preparation_seconds":1,"declaration_seconds":1,)"
        R"("turn_seconds":1,"scoring_seconds":1})");
    auto const high = LiapTui::begin({9999, 9999, 9999, 9999, 9999, 9999, 9999}).options;
    EXPECT_EQ(json_of(high),
        R"({"goal":1000,"rounds":100,"redeals":10,"preparation_seconds":600,)"
        R"("declaration_seconds":600,"turn_seconds":600,"scoring_seconds":600})");
}

TEST(LiapTui, reads_options_that_name_only_some)
{
    json::Parser parser;
    Options options;
    auto const node = parser.parse(R"({"turn_seconds":5})");
    ASSERT_TRUE(node && read_json(*node, options));
    EXPECT_EQ(options.turn_seconds, 5);
    EXPECT_EQ(options.goal, 50);
}

// Made with the openssl command and twenty lines of Python that follow README.md.
TEST(LiapTui, deals_as_the_readme_says)
{
    Table table;
    std::string seed(32, '\0');
    std::iota(seed.begin(), seed.end(), '\0');
    table.chance = rooms::Chance(seed);
    EXPECT_EQ(the<Dealt>(table.act(0, Start{})).hands,
        (Hands{{{8, 10, 15, 16, 19, 20, 23, 25}, {0, 1, 9, 11, 21, 22, 27, 29},
            {2, 12, 13, 14, 17, 18, 26, 31}, {3, 4, 5, 6, 7, 24, 28, 30}}}));
    EXPECT_EQ(table.state.starter, 1);
}

TEST(LiapTui, calls_a_deal_unfair_that_the_seed_does_not_give)
{
    Table table;
    auto const before = table.state;
    auto dealt = the<Dealt>(table.act(0, Start{}));
    EXPECT_EQ(LiapTui::unfair(before, dealt, table.chance), std::nullopt);
    EXPECT_TRUE(LiapTui::unfair(table.state, dealt, table.chance)); // The same stream again.
    EXPECT_EQ(LiapTui::unfair(before, Kept{}, table.chance), std::nullopt);

    auto stacked = dealt;
    std::swap(stacked.hands[0][0], stacked.hands[1][0]);
    EXPECT_TRUE(LiapTui::unfair(before, stacked, table.chance));
    EXPECT_TRUE(LiapTui::unfair(before, dealt, rooms::Chance(std::string(32, 'x'))));
    dealt.deal = 2;
    EXPECT_TRUE(LiapTui::unfair(before, dealt, table.chance));
}

TEST(View, is_on_the_wire_what_the_readme_shows)
{
    Table table;
    auto& state = table.state;
    state.phase = Phase::turn;
    state.round = 3;
    state.deal = 4;
    state.starter = 2;
    state.turn = 0;
    state.hands = {{{2, 3, 9, 10, 11}, {5, 12, 13, 22, 30}, {0, 1, 4, 6, 7}, {14, 15, 16, 17, 18}}};
    state.declared = {2, 1, 3, 0};
    state.won = {1, 0, 2, 0};
    state.scores = {12, -1, 9, 3};
    table.act(0, Play{{3, 2}});
    EXPECT_EQ(json_of(view_of(state, 1)),
        R"({"phase":"turn","round":3,"multiplier":1,"deal":4,"starter":2,"turn":1,)"
        R"("hand":[5,12,13,22,30],"hand_sizes":[3,5,5,5],"declared":[2,1,3,0],"won":[1,0,2,0],)"
        R"("scores":[12,-1,9,3],"kept":[],"forbidden":[],"need":2,)"
        R"("plays":[{"seat":0,"pieces":[2,3],"kind":"pair","points":24,"forced":false}],"best":0,)"
        R"("ready":[],"winners":[],)"
        R"("options":{"goal":50,"rounds":20,"redeals":3,"preparation_seconds":15,)"
        R"("declaration_seconds":30,"turn_seconds":30,"scoring_seconds":7}})");
    EXPECT_FALSE(view_of(state, rooms::spectator).hand);
}

TEST(View, of_a_room_that_waits_names_neither_starter_nor_turn)
{
    auto const view = json_of(view_of(Table().state, 0));
    EXPECT_EQ(view.find("starter"), std::string::npos);
    EXPECT_EQ(view.find("\"turn\":"), std::string::npos);
    EXPECT_EQ(view.find("null"), std::string::npos);
}

TEST(LiapTui, does_not_follow_a_damaged_event_out_of_its_tables)
{
    for (auto const& damaged : std::vector<Event>{Declared{.seat = 4}, Declared{.seat = -1},
             Played{.seat = 1 << 20}, Played{.seat = 0, .pieces = {99}},
             Played{.seat = 0, .pieces = {-1}}, TurnWon{.seat = 7}, Dealt{.starter = -3}}) {
        State state;
        EXPECT_THROW(evolve(state, damaged), std::out_of_range);
    }
}

}  // namespace

}  // namespace gatehouse::liap_tui
