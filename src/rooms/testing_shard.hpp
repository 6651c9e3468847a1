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
    std::deque<std::move_only_function<void()>> answers{};
    bool is_down = false;
    bool refuses_snapshots = false;
    std::size_t reads = 0;
    std::vector<std::string> were_read{};
    std::size_t finds = 0;

    void append(std::vector<events::StreamAppend> batch, OnAppended done) override
    {
        std::vector<Result<events::Appended>> results;
        for (auto& append : batch)
            results.push_back(write(std::move(append)));
        answers.push_back([results = std::move(results), done = std::move(done)]() mutable {
            done(std::move(results));
        });
    }
    void read(std::string stream, events::Version after, std::size_t events_max,
        OnEvents done) override
    {
        answers.push_back(
            [page = page_of(stream, after, events_max), done = std::move(done)]() mutable {
                done(std::move(page));
            });
    }
    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override
    {
        events::History history;
        if (snapshots.contains(stream))
            history.snapshot = snapshots[stream];
        for (auto const& [actor, key] : keys[stream])
            history.keys.push_back(key);
        auto const after = history.snapshot ? history.snapshot->version : 0;
        Result<events::History> answer = trouble();
        if (auto page = page_of(stream, after, events_max)) {
            history.events = std::move(*page);
            answer = std::move(history);
        } else {
            answer = std::unexpected(page.error());
        }
        answers.push_back([answer = std::move(answer), done = std::move(done)]() mutable {
            done(std::move(answer));
        });
    }
    void keep(events::StreamSnapshot snapshot, OnKept done) override
    {
        Result<void> kept;
        if (refuses_snapshots)
            kept = fail(ErrorCode::busy, "not now");
        else
            snapshots[snapshot.stream] = std::move(snapshot.snapshot);
        answers.push_back([kept, done = std::move(done)]() mutable { done(kept); });
    }
    void heads(Slot slot, OnHeads done) override
    {
        Result<std::vector<events::StreamHead>> found = trouble();
        if (!is_down) {
            found.emplace();
            for (auto const& [name, head] : known)
                if (slot_of(name) == slot && !head.state.finished)
                    found->push_back(head);
        }
        answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
            done(std::move(found));
        });
    }
    void find(std::string name, OnHeads done) override
    {
        finds++;
        Result<std::vector<events::StreamHead>> found = trouble();
        if (!is_down) {
            found.emplace();
            for (auto const& [stream, head] : known)
                if (stream == name || stream.starts_with(name + "."))
                    found->push_back(head);
        }
        answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
            done(std::move(found));
        });
    }
    void log(events::LogCursor, std::size_t, OnPage) override {}

private:
    Result<std::vector<events::Event>> page_of(
        std::string const& stream, events::Version after, std::size_t events_max)
    {
        reads++;
        were_read.push_back(stream);
        if (is_down)
            return trouble();
        if (after < floors[stream])
            return fail(ErrorCode::not_found, "compacted");
        std::vector<events::Event> page;
        for (auto const& event : streams[stream])
            if (event.version > after && page.size() < events_max)
                page.push_back(event);
        return page;
    }
    static std::unexpected<Error> trouble() { return fail(ErrorCode::unavailable, "disk full"); }

    Result<events::Appended> write(events::StreamAppend append)
    {
        auto& stream = streams[append.stream];
        if (is_down)
            return trouble();
        if (append.expected != stream.size())
            return fail(ErrorCode::stale_base, "expected another version");
        stream.insert(stream.end(), append.events.begin(), append.events.end());
        for (auto const& key : append.keys)
            keys[append.stream][key.actor] = key;
        known[append.stream]
            = {append.stream, append.category, stream.size(), append.state, stream.back().at};
        return events::Appended{};
    }
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

    RoomsOfAShard() { games.add(held.rules()); }

    void build()
    {
        rooms.reset();
        store.answers.clear();
        started.reset();
        timers = std::make_unique<Timers>(now.steady);
        rooms = std::make_unique<Rooms>(options, games,
            Rooms::Ports{.store = store, .timers = *timers, .now = now, .dice = dice,
                .frame = [](std::string_view json) { return make_frame(std::string(json)); },
                .deliver = [this](Delivery const& delivery) {
                    if (auto const found = clients.find(delivery.to); found != clients.end())
                        found->second->hear(Json::parse(*delivery.frame));
                },
                .complain = [this](std::string_view, Error const& error) {
                    complaints.push_back(error);
                },
                .shared_cache = shared_cache});
        std::vector<Slot> slots;
        for (Slot slot = 0; slot < slots_total; slot++)
            slots.push_back(slot);
        rooms->start(slots, [this](Result<std::size_t> count) { started = count; });
    }
    void SetUp() override
    {
        build();
        settle();
    }
    void settle()
    {
        rooms->end_turn();
        while (!store.answers.empty()) {
            for (auto& answer : std::exchange(store.answers, {}))
                answer();
            rooms->end_turn();
        }
    }
    // The store gives the answers that are due now, and no more.
    void answer_once()
    {
        rooms->end_turn();
        for (auto& answer : std::exchange(store.answers, {}))
            answer();
        rooms->end_turn();
    }
    void after(Milliseconds span)
    {
        now.steady += span;
        now.wall = now.wall + span;
        timers->run(now.steady);
        settle();
    }
    std::optional<Result<std::string>> create_now(std::string_view code)
    {
        std::optional<Result<std::string>> room;
        rooms->create(*games.find("tally"), options_bytes(*games.find("tally")), code,
            [&](Result<std::string> made) { room = made; });
        settle();
        return room;
    }
    Client client(std::string principal, std::uint64_t connection)
    {
        return {.who = {0, {connection}, 1}, .principal = std::move(principal)};
    }
    void ask(std::string const& room, Client& from,
        std::variant<Join, Act, Leave, Gone, Refresh> what)
    {
        clients[from.who] = &from;
        if (auto* join = std::get_if<Join>(&what))
            join->principal = from.principal;
        rooms->ask(room, {from.who, std::move(what)});
    }
    std::optional<Result<std::string>> find_code(std::string_view code)
    {
        std::optional<Result<std::string>> room;
        rooms->find_code(code, [&](Result<std::string> found) { room = std::move(found); });
        settle();
        return room;
    }
    // A room that ended, and is in the store alone.
    std::string past(std::string_view code)
    {
        auto const room = **create_now(code);
        auto ann = client("ann", 99);
        ask(room, ann, Join{.id = 1});
        ask(room, ann, Act{.id = 1, .name = "end"});
        ask(room, ann, Gone{});
        settle();
        after(1ms);
        return room;
    }
    std::optional<Result<Listing>> describe(std::string const& room)
    {
        std::optional<Result<Listing>> listing;
        rooms->describe(room, [&](Result<Listing> found) { listing = found; });
        settle();
        return listing;
    }
};

}  // namespace gatehouse::rooms::testing
