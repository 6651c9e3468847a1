// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

#include <random>

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct RoomGate : Table {
    void SetUp() override
    {
        Table::SetUp();
        bench.join(eve, {.as_spectator = true});
        bench.settle();
        bench.sent.clear();
        for (auto* each : {&ann, &bob, &eve})
            each->heard.clear();
    }
    void add(Client& who, std::uint64_t id, int n)
    {
        bench.act(who, id, "add", R"({"n":)" + std::to_string(n) + "}");
    }
};

TEST_F(RoomGate, holds_everything_of_a_turn_until_its_events_are_durable)
{
    add(ann, 1, 5);
    bench.turn();
    EXPECT_TRUE(bench.sent.empty());
    bench.keep();
    EXPECT_EQ(ann.view["game"]["sum"], 5);
    EXPECT_EQ(bob.view["game"]["sum"], 5);
    EXPECT_EQ(ann.acks[1], bench.kept.size());
}

TEST_F(RoomGate, gives_whoever_acted_update_and_answers_in_one_batch)
{
    add(ann, 1, 5);
    add(ann, 2, 0);
    add(ann, 3, 7);
    bench.settle();
    ASSERT_EQ(std::ranges::count(bench.sent, ann.who, &Delivery::to), 1);
    auto const& batch = *std::ranges::find(bench.sent, ann.who, &Delivery::to);
    EXPECT_EQ(batch.answered, 3);
    auto const messages = Json::parse(*batch.frame);
    ASSERT_EQ(messages.size(), 4);
    EXPECT_EQ(messages[0]["t"], "upd");
    EXPECT_EQ(messages[0]["me"], 3);
    EXPECT_EQ(messages[1]["id"], 1);
    EXPECT_EQ(messages[2]["code"], "rejected");
    EXPECT_EQ(messages[3]["s"], messages[0]["s"]);
}

// A refusal can tell of what was refused for: "the starter played 3".
TEST_F(RoomGate, holds_what_could_only_be_said_because_of_what_is_not_durable_yet)
{
    add(ann, 1, 5);
    bench.turn();
    bench.act(bob, 1, "fly");
    bench.turn();
    bench.join(eve, {.as_spectator = true});
    bench.turn();
    EXPECT_TRUE(bench.sent.empty());
    bench.keep();
    EXPECT_EQ(bob.errors[1], "bad_request");
    EXPECT_EQ(eve.view["game"]["sum"], 5);
}

TEST_F(RoomGate, shares_one_frame_among_all_who_see_the_same)
{
    auto mia = bench.add("mia", 4);
    bench.join(mia, {.as_spectator = true});
    bench.settle();
    bench.sent.clear();
    add(ann, 1, 5);
    bench.settle();
    auto const frame_of = [&](Client const& who) {
        return std::ranges::find(bench.sent, who.who, &Delivery::to)->frame;
    };
    EXPECT_EQ(frame_of(eve), frame_of(mia));
}

TEST_F(RoomGate, drops_what_was_lost_and_shows_everybody_the_whole_view)
{
    add(ann, 1, 5);
    bench.act(bob, 1, "fly");
    bench.turn();
    bench.lose();
    EXPECT_TRUE(bench.sent.empty());
    bench.reload();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_EQ(bob.errors[1], "unavailable") << "what refused it was a state that never was";
    for (auto* each : {&ann, &bob, &eve}) {
        ASSERT_EQ(each->of_type("upd").size(), 1);
        EXPECT_EQ(each->of_type("upd")[0]["view"]["game"]["sum"], 0);
    }
    add(ann, 1, 5);
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1)) << "it was never applied, so it may come again";
    EXPECT_EQ(bench.sum(), 5);
}

TEST_F(RoomGate, acks_what_is_kept_though_the_store_said_it_may_not_be)
{
    add(ann, 1, 5);
    bench.turn();
    bench.lose(Bench::Fate::kept_unknown);
    bench.reload();
    EXPECT_EQ(ann.acks[1], bench.kept.size());
    EXPECT_TRUE(ann.errors.empty());
    EXPECT_EQ(ann.view["game"]["sum"], 5);
}

TEST_F(RoomGate, waits_for_all_answers_when_the_first_of_several_appends_fails)
{
    add(ann, 1, 5);
    bench.turn();
    add(bob, 1, 6);
    bench.turn();
    bench.join(eve, {.as_spectator = true});
    bench.turn();
    bench.lose();
    bench.reload();
    EXPECT_FALSE(bench.room->wants_events()) << "one append is still under way";
    EXPECT_TRUE(bench.sent.empty());
    bench.asked.pop_front();
    bench.room->lost({ErrorCode::stale_base, "expected another version"});
    bench.reload();
    EXPECT_TRUE(bench.room->is_live());
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_EQ(bob.errors[1], "unavailable");
    EXPECT_EQ(ann.view["game"]["sum"], 0);
    add(bob, 1, 6);
    bench.settle();
    EXPECT_EQ(bench.sum(), 6);
}

// The answer of the first was lost on its way, both are there.
TEST_F(RoomGate, believes_history_where_an_unknown_append_is_followed_by_a_durable_one)
{
    add(ann, 1, 5);
    bench.turn();
    add(bob, 1, 6);
    bench.turn();
    bench.lose(Bench::Fate::kept_unknown);
    bench.keep();
    bench.reload();
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_TRUE(bob.acks.contains(1));
    EXPECT_EQ(bench.sum(), 11);
}

TEST_F(RoomGate, refuses_a_join_that_was_lost_and_ends_it)
{
    auto mia = bench.add("mia", 4);
    bench.join(mia);
    bench.act(mia, 1, "add", R"({"n":1})");
    bench.turn();
    bench.lose();
    bench.act(mia, 2, "pass");
    bench.reload();
    EXPECT_FALSE(mia.is_in);
    EXPECT_EQ(mia.errors[1], "unavailable");
    EXPECT_EQ(bench.room->attendances(), 3);
    EXPECT_EQ(bench.room->state().members().size(), 2);
}

TEST_F(RoomGate, refuses_a_join_for_no_reason_that_was_lost)
{
    auto mia = bench.add("mia", 4);
    auto zoe = bench.add("zoe", 5);
    bench.join(mia);
    bench.join(zoe); // The last seat is mia's; but that is not kept.
    bench.turn();
    bench.lose();
    bench.reload();
    EXPECT_EQ(zoe.of_type("err").size(), 1);
    EXPECT_EQ(zoe.errors[1], "unavailable");
}

// A store that hangs fills no memory.
TEST_F(RoomGate, holds_no_more_turns_than_it_may_and_says_so_at_once)
{
    bench.options.gate_max = 3;
    auto const kept = bench.kept.size();
    for (std::uint64_t id = 1; id <= 3; id++) {
        add(ann, id, 1);
        bench.turn();
    }
    add(ann, 4, 1);
    EXPECT_EQ(ann.errors[4], "busy");
    EXPECT_EQ(bench.sent.back().answered, 1);
    auto mia = bench.add("mia", 4);
    bench.join(mia);
    EXPECT_EQ(mia.errors[1], "busy");
    EXPECT_EQ(bench.sent.back().effect, Delivery::Effect::ended);
    bench.turn();
    bench.settle();
    EXPECT_EQ(bench.kept.size(), kept + 3);
    EXPECT_EQ(ann.acks.size(), 3);
    add(ann, 4, 1);
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(4));
}

TEST_F(RoomGate, lets_alarms_wait_while_it_holds_all_that_it_may)
{
    bench.act(ann, 1, "arm", R"({"timer":"tick","after":500})");
    bench.settle();
    bench.options.gate_max = 1;
    add(ann, 2, 1);
    bench.turn();
    EXPECT_FALSE(bench.room->alarm());
    bench.pass(600ms);
    bench.room->ring();
    bench.turn();
    EXPECT_EQ(bench.asked.size(), 1) << "it waits";
    bench.settle();
    ASSERT_TRUE(bench.room->alarm());
    bench.after(0ms);
    EXPECT_EQ(bench.sum(), 101);
}

TEST_F(RoomGate, keeps_nothing_of_a_turn_that_says_nothing)
{
    bench.options.gate_max = 2;
    add(ann, 1, 1);
    for (int i = 0; i < 10; i++)
        bench.turn();
    add(ann, 2, 1);
    bench.settle();
    EXPECT_EQ(ann.acks.size(), 2);
}

TEST_F(RoomGate, lets_requests_wait_while_history_is_read)
{
    add(ann, 1, 5);
    bench.turn();
    bench.lose();
    bench.turn();
    add(bob, 1, 6);
    bench.ask(eve, Gone{});
    bench.turn();
    EXPECT_TRUE(bob.acks.empty());
    bench.reload();
    bench.settle();
    EXPECT_TRUE(bob.acks.contains(1));
    EXPECT_EQ(bench.room->attendances(), 2);
}

TEST_F(RoomGate, refuses_all_who_wait_where_history_cannot_be_read)
{
    add(ann, 1, 5);
    bench.turn();
    bench.lose();
    add(bob, 1, 6);
    bench.room->starve({ErrorCode::unavailable, "cannot read"});
    bench.turn();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_EQ(bob.errors[1], "unavailable");
    EXPECT_TRUE(bench.room->wants_events()) << "and waits on";
    bench.reload();
    add(ann, 1, 5);
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1));
}

TEST_F(RoomGate, lets_go_whoever_leaves_though_history_cannot_be_read)
{
    add(ann, 1, 5);
    bench.turn();
    bench.lose();
    bench.ask(bob, Leave{1});
    bench.ask(eve, Gone{});
    bench.room->starve({ErrorCode::unavailable, "cannot read"});
    bench.turn();
    EXPECT_FALSE(bob.is_in);
    EXPECT_EQ(bench.room->attendances(), 1);
}

TEST_F(RoomGate, tells_the_opener_only_when_the_room_is_durable)
{
    Bench other;
    other.room = std::make_unique<Room>("k7qxm.00000002", other.options, other.around);
    std::optional<Result<void>> answer;
    other.room->open({.game = "tally", .rules = 1, .code = "K7QXM", .seed = std::string(64, '0'),
                         .options = to_hex(options_bytes(*other.games.find("tally")))},
        [&](Result<void> kept) { answer = kept; });
    other.turn();
    EXPECT_FALSE(answer);
    EXPECT_FALSE(other.room->summary());
    other.lose();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().code, ErrorCode::unavailable);
    other.reload();
    EXPECT_TRUE(other.room->never_was());
}

// The negative control of the torture test.
TEST_F(RoomGate, leaks_when_it_is_off)
{
    bench.options.gate_off = true;
    auto const kept = bench.kept.size();
    add(ann, 1, 5);
    bench.turn();
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(bench.kept.size(), kept);
}

// Against a naive model: at any moment clients know no version and no ack beyond what is stored,
// and their views equal replay; in the end an action is stored, once, if and only if it was acked.
class RoomGateAtRandom : public ::testing::TestWithParam<unsigned> {};

TEST_P(RoomGateAtRandom, shows_nothing_that_is_not_stored)
{
    std::mt19937 random(GetParam());
    Bench bench;
    bench.open();
    std::deque<Client> clients;
    for (std::uint64_t i = 0; i < 4; i++)
        clients.push_back(bench.add("p" + std::to_string(i), i + 1));
    for (auto& each : clients)
        bench.join(each, {.as_spectator = &each == &clients.back()});
    bench.settle();
    std::map<std::string, std::uint64_t> next;

    auto const check = [&] {
        for (auto& each : clients) {
            ASSERT_LE(*each.version, bench.kept.size());
            for (auto const& [id, version] : each.acks)
                ASSERT_LE(version, bench.kept.size());
            auto const seat = each.seat.is_null() ? spectator : each.seat.get<Seat>();
            ASSERT_EQ(each.view, bench.expected_view(seat, *each.version)) << each.principal;
        }
    };
    for (int step = 0; step < 150; step++) {
        auto& who = clients[random() % 3];
        switch (random() % 10) {
        case 0: case 1: case 2: case 3:
            bench.act(who, ++next[who.principal], random() % 4 ? "add" : "whisper",
                R"({"n":)" + std::to_string(random() % 9) + "}");
            break;
        case 4: case 5: bench.turn(); break;
        case 6: case 7: case 8:
            if (!bench.asked.empty())
                bench.keep();
            bench.reload();
            break;
        default:
            if (!bench.asked.empty() && random() % 2 == 0)
                bench.lose(random() % 2 ? Bench::Fate::lost : Bench::Fate::kept_unknown);
            // What followed the loss expects another version.
            while (!bench.asked.empty() && bench.asked.front().expected != bench.kept.size()) {
                bench.asked.pop_front();
                bench.room->lost({ErrorCode::stale_base, "expected another version"});
            }
            bench.reload();
        }
        check();
        if (::testing::Test::HasFatalFailure())
            return;
    }
    while (!bench.asked.empty()) {
        bench.keep();
        bench.reload();
    }
    bench.settle();
    check();

    std::map<std::pair<std::uint32_t, std::uint64_t>, int> applied;
    for (auto const& event : bench.kept)
        if (event.cause.actor != 0)
            applied[{event.cause.actor, event.cause.action}]++;
    for (std::uint32_t actor = 1; actor <= 3; actor++)
        for (std::uint64_t id = 1; id <= next[clients[actor - 1].principal]; id++) {
            bool const is_acked = clients[actor - 1].acks.contains(id);
            EXPECT_EQ(applied.count({actor, id}), is_acked ? 1 : 0) << actor << " " << id;
        }
    EXPECT_EQ(state_bytes(bench.replayed()), state_bytes(bench.room->state()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoomGateAtRandom, ::testing::Range(1u, 25u));

}  // namespace
}  // namespace gatehouse::rooms
