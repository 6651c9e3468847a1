// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct RoomNews : Table {
    Json news(Client const& who) { return who.of_type("upd").back().value("ev", Json()); }
};

TEST_F(RoomNews, stand_beside_the_update_that_shows_what_came_of_them)
{
    bench.act(ann, 1, "add", R"({"n":3})");
    bench.act(bob, 1, "add", R"({"n":4})");
    bench.settle();
    EXPECT_EQ(news(ann),
        Json::parse(R"([{"e":"added","d":{"n":3}},{"e":"added","d":{"n":4}}])"));
    bench.act(ann, 2, "pass");
    bench.settle();
    EXPECT_FALSE(ann.of_type("upd").back().contains("ev")) << "each once";
}

TEST_F(RoomNews, tell_each_audience_its_own)
{
    bench.join(eve, {.as_spectator = true});
    bench.settle();
    bench.act(ann, 1, "whisper", R"({"n":42})");
    bench.settle();
    EXPECT_EQ(news(ann), Json::parse(R"([{"e":"whispered","d":{"seat":0,"n":42}}])"));
    EXPECT_EQ(news(bob), Json::parse(R"([{"e":"whispered","d":{"seat":0}}])"));
    EXPECT_EQ(news(eve), news(bob));
}

TEST_F(RoomNews, are_told_when_they_are_durable)
{
    auto const told = bob.of_type("upd").size();
    bench.act(ann, 1, "add", R"({"n":3})");
    bench.turn();
    EXPECT_EQ(bob.of_type("upd").size(), told);
    bench.lose();
    bench.reload();
    EXPECT_TRUE(news(bob).is_null()) << "what never was is no news";
    bench.act(ann, 2, "add", R"({"n":4})");
    bench.settle();
    EXPECT_EQ(news(bob), Json::parse(R"([{"e":"added","d":{"n":4}}])"));
}

TEST_F(RoomNews, are_in_the_tail_for_whoever_was_away_for_a_moment)
{
    bench.ask(bob, Gone{});
    bench.act(ann, 1, "add", R"({"n":3})");
    bench.settle();
    auto again = bob;
    again.who.connection = {9};
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(news(again), Json::parse(R"([{"e":"added","d":{"n":3}}])"));
}

TEST_F(RoomNews, are_in_no_whole_view)
{
    bench.act(ann, 1, "add", R"({"n":3})");
    bench.ask(bob, Refresh{});
    bench.settle();
    EXPECT_TRUE(bob.of_type("upd").back().contains("view"));
    EXPECT_TRUE(news(bob).is_null());
    bench.join(eve, {.as_spectator = true});
    bench.act(ann, 2, "add", R"({"n":3})");
    bench.settle();
    EXPECT_TRUE(eve.of_type("upd").empty()) << "the view that she joined with shows it";
}

TEST_F(RoomNews, are_left_out_whole_where_they_are_too_much_for_a_turn)
{
    bench.act(ann, 1, "add", R"({"n":3})");
    bench.act(ann, 2, "shout", R"({"n":8192})");
    bench.act(ann, 3, "add", R"({"n":3})");
    bench.settle();
    EXPECT_TRUE(news(bob).is_null());
    EXPECT_EQ(bob.view["game"]["sum"], 6);
    bench.act(ann, 4, "shout", R"({"n":8000})");
    bench.settle();
    EXPECT_EQ(news(bob).size(), 1u);
}

TEST_F(RoomNews, that_a_game_cannot_tell_harm_nobody)
{
    bench.act(ann, 1, "add", R"({"n":3})");
    bench.act(ann, 2, "add", R"({"n":663})"); // The sum of which Tally throws.
    bench.settle();
    EXPECT_TRUE(news(bob).is_null());
    EXPECT_EQ(bob.view["game"]["sum"], 666);
    EXPECT_EQ(bench.complaints.back().detail, "no news");
    bench.act(ann, 3, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(news(bob).size(), 1u);
}

}  // namespace
}  // namespace gatehouse::rooms
