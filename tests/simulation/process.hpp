// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "committer.hpp"
#include "luck.hpp"
#include "network.hpp"
#include "node/node.hpp"
#include "plan.hpp"
#include "trace.hpp"
#include "witness.hpp"

#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace gatehouse::simulation {

// What all processes of all worlds share, and nobody changes.
struct Scenery {
    rooms::Catalogue games;
    identity::SigningKey key;
};

// The world that a process lives in.
struct Surroundings {
    Agenda& agenda;
    Network& network;
    Trace& trace;
    Plan const& plan;
    Scenery const& scenery;
    Luck& luck;
    Witness& witness;
    std::shared_ptr<gateway::Config const> gateway;
    std::uint64_t life; // Processes are numbered as they come.
};

class Process;

// One shard, driven in turns as server/shard.cpp drives it: whatever came in until a turn starts is
// its input, then the timers ring, the turn ends, and what was sent leaves.
class Shard final : public ServerEnd, gateway::Wire, node::Neighbours, observe::LogSink {
public:
    Shard(Surroundings around, Process& process, Committer& committer, ShardIndex index);
    ~Shard();

    using Input = std::move_only_function<void(node::Node&)>;
    void take(Input input);
    // Nothing happens here until then.
    [[nodiscard]] std::uint64_t rooms_slept() { return node_.rooms().put_to_sleep(); }
    void stall(Duration length);
    void start();
    // Every connection loses its server.
    void orphan_links();
    [[nodiscard]] node::Node& node() { return node_; }

    // ServerEnd
    void opened(LinkPointer link) override;
    void received(ConnectionId id, std::string bytes) override;
    void drained(ConnectionId id) override;
    void ended(ConnectionId id) override;
    void closed(ConnectionId id, gateway::CloseReason reason) override;

private:
    // gateway::Wire
    void send(ConnectionId id, std::string_view bytes) override;
    void send(ConnectionId id, Frame frame) override { send(id, std::string_view(*frame)); }
    void finish(ConnectionId id) override { close(id); }
    void close(ConnectionId id) override;
    void reset(ConnectionId id) override;
    void pause(ConnectionId id) override;
    void resume(ConnectionId id) override;
    [[nodiscard]] std::size_t backlog(ConnectionId id) const override;
    void drop_waiting(ConnectionId id) override;
    ConnectionId dial(std::string_view) override { return {}; } // There are no upstreams here.

    void post(ShardIndex to, Letter letter) override;
    void write(observe::Level level, std::string_view line) override;

    [[nodiscard]] rooms::Catalogue build_games();
    void schedule(TimePoint when);
    void turn();
    [[nodiscard]] LinkPointer find(ConnectionId id) const;
    [[nodiscard]] std::string address_of(Link const& link) const;

    Surroundings around_;
    Process& process_;
    ShardIndex index_;
    Luck luck_;
    std::shared_ptr<bool> life_ = std::make_shared<bool>(true); // The dead do nothing.
    Now now_;
    Timers timers_;
    std::map<ConnectionId, LinkPointer> links_;
    std::vector<LinkPointer> written_; // In this turn.
    std::deque<Input> inputs_;
    std::vector<TimePoint> mail_at_;
    TimePoint answers_at_{};
    TimePoint stalled_until_{};
    TimePoint turn_at_ = TimePoint::max();
    std::uint64_t turn_number_ = 0;
    std::unique_ptr<events::EventStore> store_;
    rooms::Catalogue games_;
    node::Node node_;
};

// One life of gatehouse, from start to crash or drain.
class Process {
public:
    static constexpr ShardIndex shards_count = 2;

    Process(Surroundings around, std::unique_ptr<storage::Log> log);

    void start();
    // Without a word, as kill -9. What is left of its store is the caller's.
    [[nodiscard]] Committer::Remains crash();
    // As server/server.cpp does on SIGTERM. `done` when all is said, or time is up.
    void drain(Agenda::Task done);
    // After a drain.
    void stop();
    // As SIGSTOP.
    void stand_still(TimePoint until);
    // Its store is surely its own until then.
    void note_lease(TimePoint until);
    [[nodiscard]] std::uint64_t rooms_slept();
    [[nodiscard]] bool is_accepting() const { return is_accepting_; }
    [[nodiscard]] Shard& shard(ShardIndex index) { return *shards_[index]; }

private:
    void check_idle(TimePoint until, std::shared_ptr<Agenda::Task> done);

    void orphan_links();

    Surroundings around_;
    Committer committer_;
    std::vector<std::unique_ptr<Shard>> shards_;
    bool is_accepting_ = false;
    std::shared_ptr<bool> life_ = std::make_shared<bool>(true);
};

}  // namespace gatehouse::simulation
