// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct RoomAdmits : ::testing::Test {
    Bench bench{};
    Client ann = bench.add("ann", 1);
    Client bob = bench.add("bob", 2);
    Client cid = bench.add("cid", 3);
    Client dan = bench.add("dan", 4);

    void SetUp() override { bench.open(); }
    void join_all()
    {
        for (auto* each : {&ann, &bob, &cid})
            bench.join(*each);
        bench.settle();
    }
};

TEST_F(RoomAdmits, people_to_the_seats_in_the_order_in_which_they_come)
{
    join_all();
    EXPECT_EQ(ann.seat, 0);
    EXPECT_EQ(bob.seat, 1);
    EXPECT_EQ(cid.seat, 2);
    bench.join(dan);
    bench.settle();
    EXPECT_EQ(dan.errors[1], "room_full");
    EXPECT_EQ(bench.sent.back().effect, Delivery::Effect::ended);
}

TEST_F(RoomAdmits, people_to_the_seat_they_ask_for_if_it_is_free)
{
    bench.join(ann, {.seat = 2});
    bench.join(bob, {.seat = 2});
    bench.join(cid, {.seat = 3});
    bench.settle();
    EXPECT_EQ(ann.seat, 2);
    EXPECT_EQ(bob.errors[1], "room_full");
    EXPECT_EQ(cid.errors[1], "bad_request");
}

TEST_F(RoomAdmits, nobody_new_once_the_game_runs_but_spectators)
{
    bench.join(ann);
    bench.act(ann, 1, "begin");
    bench.settle();
    bench.join(bob);
    bench.join(cid, {.as_spectator = true});
    bench.settle();
    EXPECT_EQ(bob.errors[1], "room_closed");
    EXPECT_TRUE(cid.is_in);
    EXPECT_TRUE(cid.seat.is_null());
    bench.act(cid, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(cid.errors[1], "forbidden");
}

TEST_F(RoomAdmits, an_action_in_the_very_turn_of_the_join)
{
    bench.join(ann);
    bench.act(ann, 1, "add", R"({"n":5})");
    bench.settle();
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ(ann.acks[1], bench.kept.size());
    EXPECT_EQ(ann.view["game"]["sum"], 5);
}

TEST_F(RoomAdmits, a_leave_in_the_very_turn_of_the_join)
{
    bench.join(ann);
    bench.ask(ann, Leave{2});
    bench.settle();
    EXPECT_FALSE(ann.is_in);
    EXPECT_EQ(ann.of_type("left").size(), 1);
    EXPECT_EQ(bench.room->attendances(), 0);
    EXPECT_EQ(bench.room->state().chairs()[0].by, Occupant::nobody);
}

TEST_F(RoomAdmits, no_action_of_whoever_did_not_join)
{
    bench.act(ann, 1, "add", R"({"n":5})");
    bench.ask(bob, Leave{7});
    bench.settle();
    EXPECT_EQ(ann.errors[1], "not_found");
    EXPECT_EQ(bob.of_type("left").size(), 1) << "who wants to be out is out";
}

TEST_F(RoomAdmits, each_action_once_and_answers_repetitions_alike)
{
    join_all();
    bench.act(ann, 3, "many", R"({"n":3})");
    bench.settle();
    auto const first = ann.acks[3];
    EXPECT_EQ(first, bench.kept.size());
    bench.act(bob, 1, "add", R"({"n":1})");
    bench.settle();
    ann.acks.clear();
    bench.act(ann, 3, "many", R"({"n":3})");
    bench.act(ann, 3, "nonsense that nobody reads");
    bench.settle();
    EXPECT_EQ(ann.acks[3], first);
    EXPECT_EQ(bench.sum(), 4);
}

TEST_F(RoomAdmits, no_id_below_the_last_one_applied)
{
    join_all();
    bench.act(ann, 3, "pass");
    bench.act(ann, 2, "pass");
    bench.act(ann, 9, "add", R"({"n":0})");
    bench.act(ann, 4, "pass");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(3));
    EXPECT_EQ(ann.errors[2], "out_of_order");
    EXPECT_EQ(ann.errors[9], "rejected");
    EXPECT_TRUE(ann.acks.contains(4)) << "refusals are not stored: gaps are fine";
}

TEST_F(RoomAdmits, remembers_more_answers_than_may_be_in_flight)
{
    join_all();
    for (std::uint64_t id = 1; id <= 40; id++)
        bench.act(ann, id, "pass");
    bench.settle();
    auto const acks = std::exchange(ann.acks, {});
    for (std::uint64_t id = 1; id <= 40; id++)
        bench.act(ann, id, "pass");
    bench.settle();
    for (std::uint64_t id = 40 - 31; id <= 40; id++)
        EXPECT_EQ(ann.acks[id], acks.at(id));
    EXPECT_EQ(ann.errors[8], "out_of_order");
}

TEST_F(RoomAdmits, an_action_on_the_version_it_was_meant_for)
{
    join_all();
    auto const version = bench.room->state().version();
    bench.act(ann, 1, "add", R"({"n":1})", version);
    bench.act(bob, 1, "add", R"({"n":1})", version);
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(bob.errors[1], "stale_base");
}

TEST_F(RoomAdmits, nothing_when_the_game_is_over)
{
    join_all();
    bench.act(ann, 1, "end");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1));
    bench.act(ann, 2, "pass");
    bench.act(ann, 1, "end");
    bench.join(dan);
    bench.settle();
    EXPECT_EQ(ann.errors[2], "room_closed");
    EXPECT_FALSE(ann.errors.contains(1)) << "a repetition is answered for ever";
    EXPECT_EQ(dan.errors[1], "room_closed");
    EXPECT_EQ(ann.view["room"]["seed"], std::string(64, '0'));
    EXPECT_TRUE(bench.stored_state->finished);
}

TEST_F(RoomAdmits, the_newer_connection_of_a_player_instead_of_the_older)
{
    join_all();
    auto phone = bench.add("ann", 9);
    bench.join(phone);
    bench.settle();
    EXPECT_EQ(ann.of_type("left").back()["why"], "replaced");
    EXPECT_EQ(phone.seat, 0);
    bench.act(ann, 1, "pass");
    bench.act(phone, 1, "pass");
    bench.settle();
    EXPECT_EQ(ann.errors[1], "not_found");
    EXPECT_TRUE(phone.acks.contains(1));
}

TEST_F(RoomAdmits, two_connections_of_a_player_in_one_turn_to_one_seat)
{
    auto phone = bench.add("ann", 9);
    bench.join(ann);
    bench.join(phone);
    bench.settle();
    EXPECT_FALSE(ann.is_in);
    EXPECT_EQ(ann.errors[1], "out_of_order") << "every join is answered";
    EXPECT_EQ(ann.of_type("err").back()["retry"], false) << "or she would throw out her phone";
    EXPECT_TRUE(ann.of_type("left").empty()) << "for she was not in";
    EXPECT_TRUE(phone.is_in);
    EXPECT_EQ(bench.room->attendances(), 1);
}

TEST_F(RoomAdmits, a_rejoin_in_the_turn_of_the_parting)
{
    join_all();
    auto again = ann;
    again.who.ticket = 2;
    bench.ask(ann, Gone{});
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(again.seat, 0);
    EXPECT_EQ(again.of_type("joined").back()["how"], "live");
    for (auto const& each : bob.of_type("pres"))
        EXPECT_EQ(each["seats"]["0"], "here") << "nobody was away";
}

TEST_F(RoomAdmits, no_more_requests_than_it_can_keep)
{
    bench.options.queue_max = 4;
    join_all();
    bench.held.is_on = true;
    for (std::uint64_t id = 1; id <= 8; id++)
        bench.act(ann, id, "pass");
    bench.turn();
    EXPECT_EQ(ann.errors.size(), 3) << "one is being decided, four wait";
    EXPECT_EQ(ann.errors[6], "busy");
    bench.ask(bob, Leave{1});
    while (!bench.held.answers.empty())
        bench.held.release();
    bench.settle();
    EXPECT_EQ(ann.acks.size(), 5);
    EXPECT_FALSE(bob.is_in) << "who goes is always heard";
}

TEST_F(RoomAdmits, no_more_watchers_than_it_may)
{
    bench.options.attendances_max = 3;
    join_all();
    bench.join(dan, {.as_spectator = true});
    bench.settle();
    EXPECT_EQ(dan.errors[1], "busy");
}

TEST_F(RoomAdmits, bots_from_the_host_alone)
{
    bench.join(ann);
    bench.join(bob);
    bench.act(bob, 1, "room.bot", R"({"seat":2})");
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.act(ann, 2, "room.bot", R"({"seat":2})");
    bench.act(ann, 3, "room.bot", R"({"seat":7})");
    bench.act(ann, 4, "room.unbot", R"({"seat":1})");
    bench.act(ann, 5, "room.fly");
    bench.settle();
    EXPECT_EQ(bob.errors[1], "forbidden");
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(ann.errors[2], "room_full");
    EXPECT_EQ(ann.errors[3], "bad_request");
    EXPECT_EQ(ann.errors[4], "bad_request");
    EXPECT_EQ(ann.errors[5], "bad_request");
    EXPECT_EQ(ann.view["room"]["seats"][2]["by"], "bot");
    bench.act(ann, 6, "room.unbot", R"({"seat":2})");
    bench.settle();
    EXPECT_EQ(ann.view["room"]["seats"][2]["by"], "nobody");
    bench.act(ann, 7, "begin");
    bench.act(ann, 8, "room.bot", R"({"seat":2})");
    bench.settle();
    EXPECT_EQ(ann.errors[8], "wrong_phase");
}

TEST_F(RoomAdmits, names_of_one_to_24_characters)
{
    bench.join(ann);
    bench.act(ann, 1, "room.name", R"({"name":"麻雀🀄"})");
    bench.settle();
    EXPECT_EQ(ann.view["room"]["seats"][0]["name"], "麻雀🀄");
    bench.act(ann, 2, "room.name", R"({"name":""})");
    bench.act(ann, 3, "room.name", R"({"name":")" + std::string(25, 'a') + R"("})");
    bench.act(ann, 4, "room.name", R"({"name":17})");
    bench.settle();
    EXPECT_EQ(ann.errors.size(), 3);
}

}  // namespace
}  // namespace gatehouse::rooms
