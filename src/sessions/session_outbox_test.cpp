// SPDX-License-Identifier: Apache-2.0
#include "sessions/testing.hpp"

#include <random>

namespace gatehouse::sessions {
namespace {

using namespace testing;
using namespace std::chrono_literals;

TEST_F(SessionsTest, hold_back_for_the_slow_and_let_updates_collapse_into_one_whole_view)
{
    auto const id = enter();
    auto const here = ticket();
    auto& peer = wire.peers[id];
    peer.backlog = options.kernel_backlog_max + 1;
    auto const heard = peer.heard.size();
    Json const fat{{"t", "upd"}, {"d", std::string(10'000, 'x')}};
    for (int i = 0; i < 30; i++)
        deliver(id, here, fat, rooms::Delivery::Effect::update);
    deliver(id, here, {{"t", "ack"}}, rooms::Delivery::Effect::none, 1);
    EXPECT_EQ(peer.heard.size(), heard);
    peer.backlog = 0;
    sessions->drained(id);
    EXPECT_EQ(peer.heard.size(), heard + 1) << "the answer is not dropped";
    EXPECT_EQ(peer.heard.back()["t"], "ack");
    ASSERT_EQ(door.count<rooms::Refresh>(), 1);
    deliver(id, here, fat, rooms::Delivery::Effect::update);
    EXPECT_EQ(peer.heard.size(), heard + 1) << "of no use before the whole view";
    deliver(id, here, {{"t", "upd"}, {"view", 1}}, rooms::Delivery::Effect::renewal);
    deliver(id, here, {{"t", "upd"}, {"d", 1}}, rooms::Delivery::Effect::update);
    EXPECT_EQ(peer.heard.size(), heard + 3);
}

TEST_F(SessionsTest, ask_for_the_whole_view_once)
{
    auto const id = enter();
    auto& peer = wire.peers[id];
    peer.backlog = options.kernel_backlog_max + 1;
    Json const fat{{"t", "upd"}, {"d", std::string(options.outbox_bytes_max, 'x')}};
    deliver(id, ticket(), fat, rooms::Delivery::Effect::update);
    peer.backlog = 0;
    sessions->drained(id);
    sessions->drained(id);
    EXPECT_EQ(door.count<rooms::Refresh>(), 1);
}

TEST_F(SessionsTest, count_answers_that_wait_for_the_view_as_in_flight)
{
    auto const id = enter();
    auto const here = ticket();
    wire.peers[id].backlog = options.kernel_backlog_max + 1;
    Json const fat{{"t", "upd"}, {"d", std::string(options.outbox_bytes_max, 'x')}};
    deliver(id, here, fat, rooms::Delivery::Effect::update);
    for (std::uint64_t act = 1; act <= 20; act++) {
        say(id, {{"t", "act"}, {"id", act}, {"room", "r.1"}, {"a", "x"}});
        deliver(id, here, {{"t", "upd"}}, rooms::Delivery::Effect::update, 1, {{"t", "ack"}});
    }
    EXPECT_EQ(door.count<rooms::Act>(), options.in_flight_max);
    wire.peers[id].backlog = 0;
    deliver(id, here, {{"t", "upd"}, {"view", 1}}, rooms::Delivery::Effect::renewal);
    say(id, {{"t", "act"}, {"id", 21}, {"room", "r.1"}, {"a", "x"}});
    EXPECT_EQ(door.count<rooms::Act>(), options.in_flight_max + 1);
}

TEST_F(SessionsTest, give_the_answers_that_wait_before_a_room_is_left)
{
    auto const id = enter();
    auto const here = ticket();
    auto& peer = wire.peers[id];
    peer.backlog = options.kernel_backlog_max + 1;
    Json const fat{{"t", "upd"}, {"d", std::string(options.outbox_bytes_max, 'x')}};
    deliver(id, here, fat, rooms::Delivery::Effect::update, 1, {{"t", "ack"}});
    peer.backlog = 0;
    deliver(id, here, {{"t", "left"}}, rooms::Delivery::Effect::ended);
    EXPECT_EQ((peer.heard.rbegin() + 1)->at("t"), "ack");
    EXPECT_EQ(peer.heard.back()["t"], "left");
}

// Against a naive room: whatever collapses, the chain of a client's updates never breaks, no ack
// comes before what it acks is seen, and in the end everything is known and answered.
struct SlowClient : SessionsTest {
    using Effect = rooms::Delivery::Effect;
    ConnectionId id{};
    std::uint32_t here = 0;
    std::uint64_t version = 0;
    std::uint64_t acted = 0;
    std::size_t refreshed = 0;

    void step(std::mt19937& chance)
    {
        auto& peer = wire.peers[id];
        Json update{{"t", "upd"}, {"p", version}, {"s", version + 1}};
        update["d"] = std::string(chance() % 600, 'x');
        switch (chance() % 8) {
        case 0: case 1: case 2:
            version++;
            return deliver(id, here, update, Effect::update);
        case 3: case 4: {
            version++;
            Json const ack{{"t", "ack"}, {"id", ++acted}, {"s", version}};
            return deliver(id, here, {update, ack}, Effect::update, 1, Json::array({ack}));
        }
        case 5: peer.backlog = options.kernel_backlog_max + 1; return;
        case 6:
            peer.backlog = 0;
            return sessions->drained(id);
        default: refresh();
        }
    }
    void refresh()
    {
        for (; refreshed < door.count<rooms::Refresh>(); refreshed++)
            deliver(id, here, {{"t", "upd"}, {"p", version}, {"s", version}, {"view", 1}},
                Effect::renewal);
    }
    void look_back()
    {
        std::uint64_t seen = 0;
        std::uint64_t acked = 0;
        for (auto const& each : wire.peers[id].heard) {
            if (each["t"] == "upd") {
                ASSERT_TRUE(each.contains("view") || each["p"] == seen) << each;
                seen = each["s"];
            } else if (each["t"] == "ack") {
                ASSERT_EQ(each["id"], ++acked);
                ASSERT_LE(each["s"], seen);
            }
        }
        EXPECT_EQ(seen, version);
        EXPECT_EQ(acked, acted);
    }
};

TEST_F(SlowClient, misses_nothing_and_hears_no_ack_before_its_view)
{
    options.outbox_bytes_max = 2'000;
    options.outbox_messages_max = 8;
    build();
    std::size_t collapsed = 0;
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937 chance(seed);
        id = enter();
        here = ticket();
        version = acted = 0;
        for (int i = 0; i < 300; i++)
            step(chance);
        wire.peers[id].backlog = 0;
        for (int i = 0; i < 3; i++) {
            sessions->drained(id);
            refresh();
        }
        ASSERT_NO_FATAL_FAILURE(look_back()) << "seed " << seed;
        ASSERT_FALSE(wire.peers[id].close_code);
        collapsed += refreshed;
        sessions->closed(id);
    }
    EXPECT_GT(collapsed, 1'000);
}

TEST_F(SessionsTest, close_the_slow_4204_when_nothing_is_left_to_collapse)
{
    auto const id = enter();
    wire.peers[id].backlog = options.kernel_backlog_max + 1;
    Json const answer{{"t", "joined"}, {"view", std::string(100'000, 'x')}};
    for (int i = 0; i < 11; i++)
        deliver(id, ticket(), answer);
    auto const& peer = wire.peers[id];
    EXPECT_EQ(peer.close_code, 4204);
    EXPECT_TRUE(peer.is_closed);
    EXPECT_EQ(peer.drops, 1) << "what waits would only keep it from knowing";
    EXPECT_EQ(peer.heard.back()["t"], "bye");
    EXPECT_EQ(peer.heard.back()["retry"], true);
    EXPECT_EQ(door.count<rooms::Gone>(), 1) << "it may take its time to close";
    after(options.closing_within - 1ms);
    EXPECT_FALSE(peer.is_reset) << "it may still be reading on";
    after(2ms);
    EXPECT_TRUE(peer.is_reset);
}

// Though all that waits for it collapses.
TEST_F(SessionsTest, close_4204_who_takes_nothing_for_long)
{
    auto const stuck = enter();
    auto const here = ticket();
    auto const slow = enter("r.2");
    for (auto const id : {stuck, slow})
        wire.peers[id].backlog = 500'000;
    for (int turn = 1; turn <= 50; turn++) {
        after(500ms);
        wire.peers[slow].backlog -= 1;
        for (auto const id : {stuck, slow})
            say(id, Json::object());
        Json const fat{{"t", "upd"}, {"d", std::string(100'000, 'x')}};
        deliver(stuck, here, fat, rooms::Delivery::Effect::update);
        ASSERT_TRUE(turn > 39 || !wire.peers[stuck].close_code) << turn;
    }
    EXPECT_EQ(wire.peers[stuck].close_code, 4204);
    EXPECT_FALSE(wire.peers[slow].close_code) << "it reads on, if slowly";
}

TEST_F(SessionsTest, drop_nothing_on_the_way_out_of_who_keeps_up)
{
    auto const id = enter();
    deliver(id, ticket(), {{"t", "ack"}});
    frame(id, "{}", websocket::Opcode::binary);
    EXPECT_EQ(wire.peers[id].close_code, 1003);
    EXPECT_EQ(wire.peers[id].drops, 0);
}

}  // namespace
}  // namespace gatehouse::sessions
