// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config.hpp"
#include "node/node.hpp"
#include "events/testing.hpp"
#include "rooms/testing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// A process for tests: some nodes over one store, all in one thread, whose letters and answers
// arrive when `run` says so.
namespace gatehouse::node {

using namespace std::chrono_literals;

// What waits for its turn, in order.
using Later = std::deque<std::move_only_function<void()>>;

// Keeps everything, or fails everything.
struct MemoryStore final : events::testing::UnableStore {
    explicit MemoryStore(Later& to_come) : later(to_come) {}

    void append(std::vector<events::StreamAppend> batch, OnAppended done) override
    {
        std::vector<Result<events::Appended>> results;
        for (auto& each : batch)
            results.push_back(keep(std::move(each)));
        answer(std::move(done), std::move(results));
    }
    void read(std::string stream, events::Version after, std::size_t events_max,
        OnEvents done) override
    {
        reads++;
        std::vector<events::Event> found;
        for (auto const& event : streams_kept[stream].events)
            if (event.version > after && found.size() < events_max)
                found.push_back(event);
        answer(std::move(done), Result<std::vector<events::Event>>(std::move(found)));
    }
    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override
    {
        reads++;
        events::History history;
        for (auto const& event : streams_kept[stream].events)
            if (history.events.size() < events_max)
                history.events.push_back(event);
        for (auto const& [actor, key] : streams_kept[stream].keys)
            history.keys.push_back(key);
        answer(std::move(done), Result<events::History>(std::move(history)));
    }
    void heads(Slot slot, OnHeads done) override
    {
        reads++;
        std::vector<events::StreamHead> found;
        for (auto const& [name, stream] : streams_kept)
            if (slot_of(name) == slot && !stream.events.empty())
                found.push_back(stream.head);
        answer(std::move(done), Result<std::vector<events::StreamHead>>(std::move(found)));
    }
    void find(std::string name, OnHeads done) override
    {
        reads++;
        std::vector<events::StreamHead> found;
        for (auto const& [stream, kept] : streams_kept)
            if (stream == name || stream.starts_with(name + "."))
                found.push_back(kept.head);
        answer(std::move(done), Result<std::vector<events::StreamHead>>(std::move(found)));
    }
    void streams(std::string after, std::size_t streams_max, OnHeads done) override
    {
        reads++;
        std::vector<events::StreamHead> found;
        for (auto at = streams_kept.upper_bound(after);
             at != streams_kept.end() && found.size() < streams_max; ++at)
            found.push_back(at->second.head);
        answer(std::move(done), Result<std::vector<events::StreamHead>>(std::move(found)));
    }
    void memberships(std::string subject, std::string after, std::size_t memberships_max,
        OnMemberships done) override
    {
        reads++;
        std::vector<events::Membership> found;
        for (auto const& [name, stream] : streams_kept)
            for (auto const& [actor, key] : stream.keys)
                if (key.subject == subject && name > after && found.size() < memberships_max)
                    found.push_back({.stream = name, .member = key});
        answer(std::move(done), Result<std::vector<events::Membership>>(std::move(found)));
    }
    // One at a time.
    void forget(std::string subject, OnForgotten done) override
    {
        on_forget();
        std::uint64_t gone = 0;
        for (auto& [name, stream] : streams_kept)
            if (gone == 0)
                gone = std::erase_if(stream.keys,
                    [&](auto const& each) { return each.second.subject == subject; });
        answer(std::move(done), Result<std::uint64_t>(gone));
    }
    void log(events::LogCursor, std::size_t, OnPage done) override
    {
        reads++;
        answer(std::move(done), Result<events::LogPage>(events::LogPage{}));
    }

    Result<events::Appended> keep(events::StreamAppend append)
    {
        if (is_failing)
            return fail(ErrorCode::unavailable, "The store cannot write.");
        auto& stream = streams_kept[append.stream];
        if (stream.head.version != append.expected)
            return fail(ErrorCode::stale_base, "The stream has another version.");
        stream.head = {.stream = append.stream, .category = append.category,
            .version = append.events.back().version, .state = append.state};
        std::ranges::move(append.events, std::back_inserter(stream.events));
        for (auto& key : append.keys)
            stream.keys[key.actor] = std::move(key);
        return events::Appended{.slot = slot_of(append.stream), .first_position = 1};
    }

    template <typename Done, typename Value>
    void answer(Done done, Value value)
    {
        later.push_back([done = std::move(done), value = std::move(value)]() mutable {
            done(std::move(value));
        });
    }

    struct Stream {
        events::StreamHead head;
        std::vector<events::Event> events;
        std::map<std::uint32_t, events::MemberKey> keys{};
    };
    Later& later;
    std::map<std::string, Stream> streams_kept;
    bool is_failing = false;
    std::size_t reads = 0; // Questions of all kinds.
    std::function<void()> on_forget = [] { };
};

struct CountingDice final : Dice {
    std::string bytes(std::size_t size) override
    {
        std::string out;
        while (out.size() < size)
            out += static_cast<char>(next++ * 37 >> 3);
        return out;
    }
    unsigned next = 1;
};

struct World;

// One shard: sockets that take everything, neighbours next door.
struct TestShard final : gateway::Wire, Neighbours, observe::LogSink {
    struct Socket {
        std::string sent;
        bool is_closed = false;
    };

    TestShard(World& around, ShardIndex shard, projections::Boards* boards = nullptr);

    void send(ConnectionId id, std::string_view bytes) override { sockets[id].sent += bytes; }
    void send(ConnectionId id, Frame frame) override { sockets[id].sent += *frame; }
    void finish(ConnectionId) override { }
    void close(ConnectionId id) override
    {
        sockets[id].is_closed = true;
    }
    void reset(ConnectionId id) override { close(id); }
    void pause(ConnectionId) override { }
    void resume(ConnectionId) override { }
    [[nodiscard]] std::size_t backlog(ConnectionId) const override { return 0; }
    ConnectionId dial(std::string_view) override { return {}; }
    void post(ShardIndex to, Letter letter) override;
    void write(observe::Level, std::string_view line) override { lines.emplace_back(line); }

    World& world;
    std::map<ConnectionId, Socket> sockets;
    std::vector<std::string> lines;
    Timers timers;
    Node node;
};

struct World {
    static constexpr ShardIndex shards_count = 3;

    World()
    {
        games.add(rooms::testing::tally_rules());
        for (ShardIndex shard = 0; shard < shards_count; shard++)
            shards.push_back(std::make_unique<TestShard>(*this, shard));
    }

    void start()
    {
        for (auto& each : shards)
            each->node.start([this](Result<std::size_t> rooms) { started += rooms ? 1 : 0; });
        run();
    }

    // All turns, until nothing is left to do.
    void run()
    {
        do {
            while (!later.empty()) {
                auto task = std::move(later.front());
                later.pop_front();
                task();
            }
            for (auto& each : shards) {
                each->timers.run(now.steady);
                each->node.end_turn();
            }
        } while (!later.empty());
    }

    void advance(Duration time)
    {
        now.steady += time;
        now.wall.ms += time / 1ms;
        run();
    }

    ConnectionId connect(
        ShardIndex shard, gateway::Listener listener = gateway::Listener::front)
    {
        ConnectionId const id{++last_id};
        shards[shard]->node.opened(id, {.listener = listener, .ip = "192.0.2.7"});
        return id;
    }

    // What comes back.
    std::string say(ShardIndex shard, ConnectionId id, std::string bytes)
    {
        shards[shard]->node.received(id, bytes);
        run();
        return std::exchange(shards[shard]->sockets[id].sent, {});
    }

    // One request on a connection of its own.
    std::string ask(ShardIndex shard, std::string_view line, std::string_view fields = "",
        std::string_view body = "", gateway::Listener listener = gateway::Listener::front)
    {
        auto const length = body.empty() ? "" : fmt::format("Content-Length: {}\r\n", body.size());
        return say(shard, connect(shard, listener),
            fmt::format("{} HTTP/1.1\r\nHost: h\r\n{}{}\r\n{}", line, fields, length, body));
    }

    static Matches matches()
    {
        return {{"tally", {.game = {.queue = {.players = 2, .players_min = 1, .patience = 30s}},
                              .join_within = 20s}}};
    }

    static std::shared_ptr<gateway::Config const> config()
    {
        gateway::GatewayOptions options;
        options.limits = {{.name = "few", .rate = 4, .per = 60s}};
        options.routes
            = {{.path = "/v1/**", .target = gateway::Target::rooms, .auth = {"guests"}},
                {.path = "/v1/games", .target = gateway::Target::rooms, .limits = {"few"}},
                {.path = "/admin/**", .target = gateway::Target::admin}};
        return gateway::compile(std::move(options)).value();
    }

    Now now{TimePoint{1h}, {1'763'733'787'000}};
    Later later;
    MemoryStore store{later};
    CountingDice dice;
    rooms::Catalogue games;
    identity::SigningKey key = identity::SigningKey::from_seed(std::string(32, 'k'));
    std::vector<std::unique_ptr<TestShard>> shards;
    std::uint64_t last_id = 0;
    int started = 0;
};

inline TestShard::TestShard(World& around, ShardIndex shard, projections::Boards* boards)
    : world(around)
    , timers(around.now.steady)
    , node({.shard = shard, .shards = World::shards_count, .version = "1.2.3",
               .store_name = "sqlite:/srv/x.db", .matches = World::matches()},
          {.wire = *this, .neighbours = *this, .store = around.store, .timers = timers,
              .now = around.now, .dice = around.dice, .log = *this,
              .boards = boards},
          around.games, around.key, World::config())
{
}

inline void TestShard::post(ShardIndex to, Letter letter)
{
    world.later.push_back([&there = world.shards[to], letter = std::move(letter)]() mutable {
        letter(there->node);
    });
}

}  // namespace gatehouse::node
