// SPDX-License-Identifier: Apache-2.0
// All clients are cut off at once, and come back: the store is not asked.
#include "node/world_test.hpp"

#include "websocket/frame.hpp"

#include <gtest/gtest.h>

namespace gatehouse::node {
namespace {

using rooms::testing::Json;

std::string frame(Json const& message)
{
    std::string out;
    websocket::append_frame(
        out, websocket::Opcode::text, message.dump(), websocket::MaskKey{'m', 'a', 's', 'k'});
    return out;
}

Json body_of(std::string const& answer)
{
    return Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
}

struct Player {
    std::string token;
    std::string room;
    std::string code;
    ShardIndex shard = 0;
    ConnectionId connection{};
    Json resume{};
    Json at{};
    Json joined{};
    Json view{};
    std::vector<std::string> errors{};
};

struct Storm : testing::Test {
    static constexpr int tables = 20;
    static constexpr int seats = 3;

    World world;
    std::vector<Player> players;

    Storm()
    {
        world.start();
        for (int table = 0; table < tables; table++) {
            auto const token = session();
            auto const made = body_of(world.ask(0, "POST /v1/rooms",
                "Authorization: Bearer " + token + "\r\n", R"({"game":"tally"})"));
            world.advance(1ms); // Codes are drawn from the instant, too.
            for (int seat = 0; seat < seats; seat++)
                players.push_back({.token = session(), .room = made["room"], .code = made["code"]});
        }
    }

    std::string session() { return body_of(world.ask(0, "POST /v1/sessions"))["token"]; }

    void connect(Player& player, ShardIndex shard)
    {
        player.shard = shard;
        player.connection = world.connect(shard);
        Json hello{{"t", "hello"}, {"v", 1}, {"auth", player.token}};
        if (!player.resume.is_null())
            hello["resume"] = player.resume;
        world.shards[shard]->node.received(player.connection,
            bytes_of("GET /v1/connect HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: "
                     "websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                     "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: gatehouse.v1.json\r\n\r\n"
                + frame(hello)));
    }

    // All of them, each on another shard than before; then they join.
    enum class By : bool { room, code };
    void connect_all(std::size_t round, By by = By::room)
    {
        for (std::size_t i = 0; i < players.size(); i++)
            connect(players[i], static_cast<ShardIndex>((i + round) % World::shards_count));
        listen_all();
        for (auto& each : players) {
            Json join{{"t", "join"}, {"id", 1}};
            join[by == By::room ? "room" : "code"] = by == By::room ? each.room : each.code;
            if (!each.at.is_null())
                join["at"] = each.at;
            each.joined = {};
            world.shards[each.shard]->node.received(each.connection, bytes_of(frame(join)));
        }
        listen_all();
    }

    std::span<char> bytes_of(std::string text)
    {
        sent_ = std::move(text);
        return sent_;
    }

    void listen(Player& player)
    {
        auto const bytes
            = std::exchange(world.shards[player.shard]->sockets[player.connection].sent, {});
        auto const head = bytes.find("\r\n\r\n");
        std::string_view frames = bytes;
        if (bytes.starts_with("HTTP/1.1 101"))
            frames.remove_prefix(head + 4);
        while (!frames.empty()) {
            auto const got = websocket::take_frame(frames);
            auto const message = Json::parse(got.payload);
            for (auto const& each : message.is_array() ? message : Json::array({message}))
                hear(player, each);
        }
    }

    static void hear(Player& player, Json const& message)
    {
        auto const type = message.value("t", "");
        if (type == "welcome")
            player.resume = {{"sid", message["sid"]}, {"tok", message["tok"]}};
        if (type == "joined") {
            player.joined = message;
            player.at = {{"e", message["e"]}, {"s", message["s"]}};
        }
        if (type == "upd")
            player.at["s"] = message["s"];
        if (type == "err" || type == "bye")
            player.errors.push_back(message.dump());
    }

    void listen_all()
    {
        world.run();
        for (auto& each : players)
            listen(each);
    }

    void cut_all()
    {
        for (auto& each : players)
            world.shards[each.shard]->node.closed(each.connection, gateway::CloseReason::failed);
        world.run();
    }

private:
    std::string sent_;
};

TEST_F(Storm, of_clients_that_come_back_to_warm_rooms_reads_nothing)
{
    connect_all(0);
    for (auto& each : players)
        ASSERT_EQ(each.joined.value("how", ""), "snap") << each.room;
    for (std::size_t round = 1; round <= 3; round++) {
        world.store.reads = 0;
        cut_all();
        world.advance(2s);
        connect_all(round, round == 3 ? By::code : By::room);
        for (auto const& each : players) {
            EXPECT_EQ(each.joined.value("room", ""), each.room);
            EXPECT_TRUE(each.errors.empty()) << each.errors.front();
        }
        EXPECT_EQ(world.store.reads, 0u) << "in round " << round;
    }
}

// The control: what is counted is counted.
TEST_F(Storm, of_clients_that_come_to_rooms_asleep_reads_each_once)
{
    connect_all(0);
    cut_all();
    for (int minute = 0; minute < 21; minute++)
        world.advance(60s); // Seats are free after ten, and rooms sleep ten later.
    world.store.reads = 0;
    connect_all(1);
    for (auto const& each : players) {
        EXPECT_EQ(each.joined.value("room", ""), each.room);
        EXPECT_TRUE(each.errors.empty()) << each.errors.front();
    }
    EXPECT_EQ(world.store.reads, static_cast<std::size_t>(tables));
}

} // namespace
} // namespace gatehouse::node
