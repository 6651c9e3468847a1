// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: the rooms of one shard over a store whose answers the test lets go.

#include "events/testing.hpp"
#include "rooms/rooms.hpp"
#include "rooms/testing.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::rooms::testing {

using namespace std::chrono_literals;

// A store whose answers the test lets go, and which can be told to fail.
class Store final : public events::testing::UnableStore {
public:
    std::map<std::string, std::vector<events::Event>> streams{};
    std::map<std::string, events::StreamHead> known{};
    std::map<std::string, events::Snapshot> snapshots{};
    std::map<std::string, events::Version> floors{}; // Up to here events were compacted.
    std::map<std::string, std::map<std::uint32_t, events::MemberKey>> keys{};
    std::string keys_lost{};
    std::map<std::string, WallTime> packed{}; // What lies in the archive: when it was finished.
    bool is_archive_down = false;
    std::deque<std::move_only_function<void()>> answers{};
    bool is_down = false;
    bool refuses_snapshots = false;
    std::size_t reads = 0;
    std::vector<std::string> were_read{};
    std::size_t finds = 0;

    Store();
    ~Store() override;
    void append(std::vector<events::StreamAppend> batch, OnAppended done) override;
    void read(std::string stream, events::Version after, std::size_t events_max,
        OnEvents done) override;
    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override;
    void keep(events::StreamSnapshot snapshot, OnKept done) override;
    void heads(Slot slot, OnHeads done) override;
    void find(std::string name, OnHeads done) override;
    void archived(std::string category, std::vector<std::string> names, WallTime since,
        OnNames done) override;
    void log(events::LogCursor, std::size_t, OnPage) override {}

private:
    Result<std::vector<events::Event>> page_of(
        std::string const& stream, events::Version after, std::size_t events_max);
    static std::unexpected<Error> trouble() { return fail(ErrorCode::unavailable, "disk full"); }

    Result<events::Appended> write(events::StreamAppend append);
};

struct RoomsOfAShard : ::testing::Test {
    Now now{TimePoint(1h), WallTime{1'000'000}};
    Held held{};
    Catalogue games{};
    Store store{};
    CountingDice dice{};
    RoomsOptions options{};
    cache::Shared* shared_cache = nullptr;
    std::map<Caller, Client*> clients{};
    std::vector<Error> complaints{};
    std::unique_ptr<Timers> timers{};
    std::unique_ptr<Rooms> rooms{};
    std::optional<Result<std::size_t>> started{};

    RoomsOfAShard();
    ~RoomsOfAShard() override;

    void build();
    void SetUp() override;
    void settle();
    // The store gives the answers that are due now, and no more.
    void answer_once();
    void after(Milliseconds span);
    std::optional<Result<std::string>> create_now(std::string_view code);
    Client client(std::string principal, std::uint64_t connection);
    void ask(std::string const& room, Client& from,
        decltype(Request::what) what);
    std::optional<Result<std::string>> find_code(std::string_view code);
    // A room that ended, and is in the store alone.
    std::string past(std::string_view code);
    // What the archive does with a finished room that sleeps.
    void archive(std::string const& room);
    std::optional<Result<Listing>> describe(std::string const& room);
};

}  // namespace gatehouse::rooms::testing
