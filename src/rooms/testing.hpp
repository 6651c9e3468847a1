// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of this folder share: a bench on which one room of the game Tally is driven by
// hand, its store included. What takes long to compile stands in testing.cpp.

#include "rooms/room.hpp"
#include "rooms/testing_late.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::rooms::testing {

using Json = nlohmann::json;

// Decisions that come when the test says so.
struct Held {
    std::deque<std::move_only_function<void()>> answers{};
    bool is_on = false;

    [[nodiscard]] std::unique_ptr<Rules> rules();
    void release();
};

[[nodiscard]] std::unique_ptr<Rules> tally_rules();
[[nodiscard]] std::string state_bytes(RoomState const& state);
[[nodiscard]] std::string options_bytes(Rules const& rules, std::string_view options = "{}");

// Somebody at the other end of the wire: keeps what is shown, and demands that the chain of updates
// never breaks.
struct Client {
    Caller who;
    std::string principal;
    Json view{};
    std::optional<std::uint64_t> version{};
    std::uint64_t tick = 0;
    Json seat{};
    bool is_in = false;
    std::vector<Json> heard{};
    std::map<std::uint64_t, std::uint64_t> acks{};
    std::map<std::uint64_t, std::string> errors{};

    void hear(Json const& message);
    [[nodiscard]] std::vector<Json> of_type(std::string_view type) const;

private:
    void enter(Json const& message);
    void update(Json const& message);
};

// Never the same bytes twice, for as long as a test takes.
class CountingDice final : public Dice {
public:
    std::string bytes(std::size_t size) override { return std::string(size, ++next_); }

private:
    char next_ = 0;
};

// One room, driven by hand. What it appends waits in `asked` until the test keeps or loses it.
class Bench {
public:
    explicit Bench(RoomOptions const& with = {});
    ~Bench();

    static constexpr char const* stream = "k7qxm.00000001";
    Held held{}; // Outlives the room.
    Now now{TimePoint(std::chrono::hours(1)), WallTime{1'000'000}};
    RoomOptions options;
    Catalogue games{};
    std::deque<events::StreamAppend> asked{};
    std::vector<events::Event> kept{};
    std::vector<events::MemberKey> keys{}; // As the store has them.
    std::optional<events::StreamState> stored_state{};
    std::vector<Error> complaints{};
    std::vector<Delivery> sent{};
    std::size_t touched = 0;
    std::vector<events::Snapshot> snapshots{};
    std::map<Caller, Client*> clients{};
    CountingDice dice{};
    Surroundings around;
    std::unique_ptr<Room> room{};

    void open(std::string const& seed = std::string(64, '0'));
    std::optional<Result<void>> opened{};

    Client add(std::string principal, std::uint64_t connection);
    void ask(Client& from, decltype(Request::what) what);
    void join(Client& from, Join join = {});
    void act(Client& from, std::uint64_t id, std::string name, std::string body = {},
        std::optional<events::Version> base = {});

    // Ends the turn; what it appends goes on its way.
    void turn();
    // The store answers its oldest question: kept.
    void keep();
    enum class Fate : std::uint8_t { lost, kept_unknown };
    void lose(Fate fate = Fate::lost);
    // As Rooms does after each answer.
    void reload();
    void settle();
    // A new process: nothing but the store is left.
    void crash();
    // The store does, and the room is told.
    void forget(std::string_view subject);
    void pass(Milliseconds span);
    // Time goes by, and alarms ring when they are due.
    void after(Milliseconds span);

    // What the audience should see, from the stored events alone.
    [[nodiscard]] Json expected_view(Seat seat, std::size_t version) const;
    [[nodiscard]] RoomState replayed() const;
    [[nodiscard]] int sum() const { return expected_view(spectator, kept.size())["game"]["sum"]; }

private:
    std::optional<events::StreamAppend> write_oldest();
    void route(Delivery delivery);
};

// A room with two players at the table, and somebody else.
struct Table : ::testing::Test {
    Bench bench{};
    Client ann = bench.add("ann", 1);
    Client bob = bench.add("bob", 2);
    Client eve = bench.add("eve", 3);

    Table();
    ~Table() override;
    void SetUp() override;
};

}  // namespace gatehouse::rooms::testing
