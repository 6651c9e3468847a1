// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network.hpp"

#include "storage/memory_log.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>

namespace gatehouse::scenarios {

struct HouseOptions {
    Milliseconds overdue_grace{0}; // So that a restart does not move alarms.
    Milliseconds bot_after{20'000};
    bool takes_snapshots = false; // At each chance, so that whoever wakes does from one.
};

// One shard of gatehouse under a clock that the scenario turns: a node, a store that answers in the
// turn after the question, dice with a seed. `restart` keeps nothing but what was stored.
class House final : node::Neighbours, events::EventStore, Dice, observe::LogSink {
public:
    explicit House(std::unique_ptr<Network> network);
    ~House() override;

    void configure(HouseOptions options);
    void restart();

    [[nodiscard]] Network& network() { return *network_; }
    [[nodiscard]] rooms::Catalogue const& games() const { return games_; }
    [[nodiscard]] storage::MemoryLog& log() { return log_; }
    [[nodiscard]] Now const& now() const { return now_; }
    void set_room_seed(std::string seed) { room_seed_ = std::move(seed); }

    // One turn; true where anything happened.
    bool turn();
    void pass(Milliseconds span);
    // Empty: no alarm is set.
    [[nodiscard]] std::optional<Milliseconds> until_next_alarm() const;

private:
    void build();
    template <typename Answer, typename Done>
    void answer(Answer answer, Done done);

    void post(ShardIndex, Letter letter) override { letters_.push_back(std::move(letter)); }
    void append(std::vector<events::StreamAppend> batch, OnAppended done) override;
    void read(std::string stream, events::Version after, std::size_t events_max,
        OnEvents done) override;
    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override;
    void keep(events::StreamSnapshot snapshot, OnKept done) override;
    void heads(Slot slot, OnHeads done) override;
    void find(std::string name, OnHeads done) override;
    void streams(std::string after, std::size_t streams_max, OnHeads done) override;
    void memberships(std::string subject, std::string after, std::size_t memberships_max,
        OnMemberships done) override;
    void forget(std::string subject, OnForgotten done) override;
    void log(events::LogCursor from, std::size_t events_max, OnPage done) override;
    std::string bytes(std::size_t size) override;
    void write(observe::Level, std::string_view) override {}

    std::unique_ptr<Network> network_;
    HouseOptions options_{};
    rooms::Catalogue games_{};
    storage::MemoryLog log_{};
    std::mt19937_64 random_{7};
    std::string room_seed_{};
    Now now_{TimePoint(std::chrono::hours(1)), WallTime{1'790'000'000'000}};
    std::unique_ptr<Timers> timers_{};
    std::deque<Letter> letters_{};
    std::deque<std::move_only_function<void()>> answers_{};
    std::unique_ptr<node::Node> node_{};
};

}  // namespace gatehouse::scenarios
