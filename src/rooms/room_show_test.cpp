// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct RoomShows : Table {
    void pass(Client& who, std::uint64_t from, std::uint64_t count)
    {
        for (auto id = from; id < from + count; id++) {
            bench.act(who, id, "add", R"({"n":1})");
            bench.settle();
        }
    }
    Client come_back(Client& who, std::uint64_t connection)
    {
        bench.ask(who, Gone{});
        bench.settle();
        auto again = who;
        again.who.connection = {connection};
        again.heard.clear();
        return again;
    }
    std::string how(Client const& who) { return who.of_type("joined").back()["how"]; }
};

TEST_F(RoomShows, nothing_again_to_whoever_missed_nothing)
{
    auto again = come_back(bob, 9);
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(how(again), "live");
    EXPECT_FALSE(again.of_type("joined").back().contains("view"));
    pass(ann, 1, 1);
    EXPECT_EQ(again.view["game"]["sum"], 1);
}

TEST_F(RoomShows, what_was_missed_to_whoever_was_away_for_a_moment)
{
    auto again = come_back(bob, 9);
    pass(ann, 1, 5);
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(how(again), "tail");
    EXPECT_EQ(again.of_type("upd").size(), 5);
    EXPECT_EQ(again.view, bench.expected_view(1, bench.kept.size()));
}

TEST_F(RoomShows, the_whole_view_where_the_tail_is_too_short)
{
    bench.options.tail_updates_max = 4;
    auto again = come_back(bob, 9);
    pass(ann, 1, 5);
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(how(again), "snap");
}

TEST_F(RoomShows, the_whole_view_after_a_long_absence_a_fork_or_an_odd_version)
{
    auto again = come_back(bob, 9);
    bench.pass(119s);
    pass(ann, 1, 1);
    auto const odd = bench.kept.size();
    bench.pass(2min);
    pass(ann, 2, 1);
    bench.pass(2min);
    pass(ann, 3, 1); // Nobody watches this audience any more.
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(how(again), "snap");
    pass(ann, 4, 1);
    EXPECT_EQ(again.view, bench.expected_view(1, bench.kept.size()));

    auto third = come_back(again, 10);
    bench.join(third, {.at = Place{2, *third.version}});
    bench.settle();
    EXPECT_EQ(how(third), "snap");
    auto fourth = come_back(third, 11);
    bench.join(fourth, {.at = Place{1, odd + 1'000}});
    bench.settle();
    EXPECT_EQ(how(fourth), "snap");
}

TEST_F(RoomShows, the_whole_view_to_whoever_saw_another_history_of_the_store)
{
    auto again = come_back(bob, 9);
    bench.around.history = 17'900'000'000;
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(how(again), "snap");
    auto const epoch = again.of_type("joined").back()["e"].get<std::uint64_t>();
    EXPECT_EQ(epoch, (17'900'000'000ull << 16) + 1);
    EXPECT_LT(epoch, 1ull << 53);

    auto third = come_back(again, 10);
    bench.join(third, {.at = Place{epoch, *third.version}});
    bench.settle();
    EXPECT_EQ(how(third), "live");
}

TEST_F(RoomShows, nothing_missed_after_a_restart_to_whoever_has_the_last_version)
{
    auto again = bob;
    again.who.connection = {9};
    bench.crash();
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(how(again), "live");
    auto late = ann;
    late.version = *late.version - 1;
    bench.join(late, {.at = Place{1, *late.version}});
    bench.settle();
    EXPECT_EQ(how(late), "snap");
    bench.act(late, 1, "add", R"({"n":4})");
    bench.settle();
    EXPECT_EQ(again.view["game"]["sum"], 4);
}

TEST_F(RoomShows, the_whole_view_to_whoever_sits_down_anew)
{
    bench.join(eve, {.as_spectator = true});
    bench.act(ann, 1, "whisper", R"({"n":42})");
    bench.ask(ann, Leave{9});
    bench.settle();
    auto const place = Place{1, *eve.version};
    bench.ask(eve, Gone{});
    eve.who.ticket = 2;
    bench.join(eve, {.at = place});
    bench.settle();
    EXPECT_EQ(eve.seat, 0);
    EXPECT_EQ(how(eve), "snap") << "a spectator's view is not a player's";
}

TEST_F(RoomShows, the_whole_view_when_a_slow_client_asks)
{
    pass(ann, 1, 3);
    bench.sent.clear();
    bench.ask(bob, Refresh{});
    bench.settle();
    ASSERT_EQ(bench.sent.size(), 1);
    EXPECT_EQ(bench.sent[0].effect, Delivery::Effect::renewal);
    EXPECT_EQ(bob.of_type("upd").back()["view"], bench.expected_view(1, bench.kept.size()));
    bench.ask(eve, Refresh{});
    bench.settle();
    EXPECT_EQ(bench.sent.size(), 1) << "not to whoever is not here";
}

// Else it would be shown nothing ever after: what changes is not sent to whoever lacks the rest.
TEST_F(RoomShows, the_whole_view_to_a_slow_client_however_much_there_is_to_do)
{
    bench.options.queue_max = 1;
    bench.held.is_on = true;
    for (std::uint64_t id = 1; id <= 3; id++)
        bench.act(ann, id, "add", R"({"n":1})");
    bench.ask(bob, Refresh{});
    bench.ask(bob, Refresh{});
    while (!bench.held.answers.empty())
        bench.held.release();
    bench.sent.clear();
    bench.settle();
    auto const renews = [&](Delivery const& each) {
        return each.to == bob.who && each.effect == Delivery::Effect::renewal;
    };
    EXPECT_EQ(std::ranges::count_if(bench.sent, renews), 1);
    EXPECT_EQ(bob.view, bench.expected_view(1, bench.kept.size()));
}

TEST_F(RoomShows, no_tail_to_whoever_was_gone_too_long_though_nothing_happened_since)
{
    pass(ann, 1, 1);
    bench.options.seat_held = 24h;
    auto again = come_back(bob, 9);
    pass(ann, 2, 3);
    ASSERT_TRUE(bench.room->alarm());
    EXPECT_LE(*bench.room->alarm(), bench.now.steady + bench.options.tail_kept);
    bench.after(bench.options.tail_kept + 1ms);
    bench.join(again, {.at = Place{1, *again.version}});
    bench.settle();
    EXPECT_EQ(how(again), "snap");
}

TEST_F(RoomShows, who_is_here_to_all_and_tells_spectators_alone_of_their_coming)
{
    auto const told = ann.of_type("pres").size();
    bench.join(eve, {.as_spectator = true});
    bench.settle();
    EXPECT_EQ(ann.of_type("pres").size(), told);
    EXPECT_EQ(eve.of_type("pres").size(), 1);
    bench.ask(bob, Gone{});
    bench.settle();
    EXPECT_EQ(ann.of_type("pres").back()["seats"], Json::parse(R"({"0":"here","1":"away"})"));
}

TEST_F(RoomShows, player_and_spectator_of_one_principal_each_their_own)
{
    auto screen = bench.add("ann", 9);
    bench.join(screen, {.as_spectator = true});
    bench.act(ann, 1, "whisper", R"({"n":42})");
    bench.settle();
    EXPECT_EQ(ann.view["game"]["secret"], 42);
    EXPECT_FALSE(screen.view["game"].contains("secret"));
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_TRUE(screen.acks.empty());
    EXPECT_TRUE(ann.is_in) << "watching replaces nobody";
}

TEST_F(RoomShows, no_summary_while_it_does_not_know_itself)
{
    bench.act(ann, 1, "pass");
    bench.turn();
    bench.lose();
    EXPECT_FALSE(bench.room->summary());
    bench.reload();
    EXPECT_TRUE(bench.room->summary());
}

TEST_F(RoomShows, a_summary_of_what_is_durable_only)
{
    bench.act(ann, 1, "begin");
    bench.turn();
    EXPECT_EQ(bench.room->summary()->status, Status::open);
    bench.keep();
    EXPECT_EQ(bench.room->summary()->status, Status::running);
}

TEST_F(RoomShows, a_room_with_the_same_bytes_after_replay_to_any_version)
{
    std::vector<std::string> at_version(bench.kept.size() + 1);
    auto const note = [&] {
        bench.settle();
        at_version.resize(bench.kept.size() + 1);
        at_version.back() = state_bytes(bench.room->state());
    };
    std::uint64_t id = 1;
    for (auto const* action : {"begin", "pass", "add", "whisper", "arm", "many", "end"}) {
        std::string const body = std::string_view(action) == "arm"
            ? R"({"timer":"tick","after":9})" : std::string_view("begin pass end").contains(action)
            ? "{}" : R"({"n":4})";
        bench.act(id % 2 ? ann : bob, id, action, body);
        id++;
        note();
    }
    EXPECT_TRUE(ann.errors.empty() && bob.errors.empty());
    RoomState state(Bench::stream);
    state.learn(bench.keys);
    for (auto const& event : bench.kept) {
        ASSERT_TRUE(state.evolve(event, bench.games));
        if (!at_version[event.version].empty()) {
            EXPECT_EQ(state_bytes(state), at_version[event.version]) << event.version;
        }
    }
}

// Whatever two secrets are, what others are sent is the same to the byte.
TEST(RoomSecrets, leave_no_trace_in_what_others_are_sent)
{
    auto const told_with = [](int secret) {
        Bench bench;
        bench.open();
        auto ann = bench.add("ann", 1);
        auto bob = bench.add("bob", 2);
        auto eve = bench.add("eve", 3);
        bench.join(ann);
        bench.join(bob);
        bench.join(eve, {.as_spectator = true});
        bench.settle();
        bench.act(ann, 1, "whisper", R"({"n":)" + std::to_string(secret) + "}");
        bench.settle();
        bench.act(bob, 1, "add", R"({"n":3})");
        bench.ask(bob, Refresh{});
        for (auto* const who : {&ann, &bob, &eve})
            bench.ask(*who, Ask{9, "recall", {}});
        bench.settle();
        EXPECT_EQ(ann.of_type("res").back()["d"]["secret"], secret);
        EXPECT_EQ(ann.of_type("upd").at(ann.of_type("upd").size() - 2)["ev"][0]["d"]["n"], secret);
        EXPECT_FALSE(eve.of_type("res").empty() || bob.of_type("res").empty());
        std::string told;
        for (auto const& each : bench.sent)
            if (each.to != ann.who)
                told += *each.frame + "\n";
        EXPECT_EQ(ann.view["game"]["secret"], secret);
        return told;
    };
    EXPECT_EQ(told_with(17), told_with(99));
}

}  // namespace
}  // namespace gatehouse::rooms
