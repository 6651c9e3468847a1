// SPDX-License-Identifier: Apache-2.0
#include "players.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gatehouse::load {
namespace {

View view_of(std::string_view text)
{
    json::Parser parser;
    View view;
    view.replace(*parser.parse(text));
    return view;
}

std::string wish(std::string_view text, int seat)
{
    Chance chance(7);
    auto const found = player_of("liap-tui")->wish(view_of(text), seat, chance);
    return found ? std::string(found->action) + " " + found->body : "";
}

TEST(Players, know_their_games)
{
    EXPECT_TRUE(player_of("liap-tui"));
    EXPECT_FALSE(player_of("chess"));
}

TEST(Players, act_only_when_it_is_their_turn)
{
    EXPECT_EQ(wish(R"({"game":{"phase":"declaration","turn":1,"forbidden":[]}})", 2), "");
    EXPECT_EQ(wish(R"({"game":{"phase":"scoring","ready":[2]}})", 2), "");
    EXPECT_EQ(wish(R"({"game":{"phase":"scoring","ready":[1]}})", 2), "ready {}");
    EXPECT_EQ(wish(R"({"room":{"host":1},"game":{"phase":"waiting"}})", 2), "");
    EXPECT_EQ(wish(R"({"room":{"host":2},"game":{"phase":"waiting"}})", 2), "start {}");
    EXPECT_EQ(wish(R"({"game":{"phase":"game_over","winners":[2]}})", 2), "");
}

TEST(Players, declare_what_is_allowed_and_play_what_they_hold)
{
    EXPECT_EQ(wish(R"({"game":{"phase":"declaration","turn":2,"forbidden":[0,1,2,3,5,6,7,8]}})", 2),
        R"(declare {"piles":4})");
    EXPECT_EQ(wish(R"({"game":{"phase":"turn","turn":2,"need":0,"hand":[31]}})", 2),
        R"(play {"pieces":[31]})");
    for (int i = 0; i < 50; i++) {
        Chance chance(static_cast<std::uint64_t>(i));
        auto const view
            = view_of(R"({"game":{"phase":"turn","turn":0,"need":3,"hand":[3,9,17,28]}})");
        auto const pieces = integers_in(player_of("liap-tui")->wish(view, 0, chance)->body);
        ASSERT_EQ(pieces.size(), 3U);
        EXPECT_EQ(std::set(pieces.begin(), pieces.end()).size(), 3U);
    }
}

TEST(Players, prepare_the_table_as_its_host)
{
    auto const room = [](std::string_view seats) {
        return view_of(
            R"({"room":{"status":"open","host":0,"seats":[)" + std::string(seats) + "]}}");
    };
    auto const half
        = room(R"({"by":"player","name":"by"},{"by":"player"},{"by":"bot"},{"by":"nobody"})");
    EXPECT_FALSE(prepare(half, 0, 3).wish); // One is still to come.
    EXPECT_FALSE(prepare(half, 1, 2).wish); // Not the host.
    EXPECT_FALSE(prepare(half, 1, 2).is_complete);
    ASSERT_TRUE(prepare(half, 0, 2).wish);
    EXPECT_EQ(prepare(half, 0, 2).wish->body, R"({"seat":3})");
    auto const full = room(R"({"by":"player"},{"by":"player"},{"by":"bot"},{"by":"bot"})");
    EXPECT_TRUE(prepare(full, 0, 2).is_complete);
    EXPECT_TRUE(prepare(view_of(R"({"room":{"status":"running"}})"), 1, 2).is_complete);
}

}  // namespace
}  // namespace gatehouse::load
