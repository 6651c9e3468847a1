// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "plan.hpp"
#include "storage/postgres/connection.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace gatehouse::simulation {

// The tables of migration 4, and what its functions do to them. No more PostgreSQL than that: each
// statement is one transaction, and all come one after the other.
class Tables {
public:
    using Failure = storage::postgres::Failure;
    template <typename T>
    using Outcome = storage::postgres::Outcome<T>;

    struct Slot {
        std::int64_t epoch = 0;
        std::string owner{};
        std::int64_t lease_until = 0; // In nanoseconds of the steady clock.
        std::int64_t next_position = 1;
        std::optional<std::string> last_batch{};
    };
    struct Event {
        std::int64_t id;
        std::string stream;
        std::int64_t version, slot, position;
        std::string type;
        std::int64_t schema, at, actor, action, begins_action;
        std::string data, link;
        std::int64_t finished;
        std::optional<std::int64_t> deadline;
    };
    struct Stream {
        std::int64_t slot;
        std::string category;
        std::int64_t version;
        std::int64_t finished;
        std::optional<std::int64_t> deadline;
        std::int64_t at;
        std::int64_t floor = 0;
        std::deque<std::int64_t> events{}; // Their ids.
    };
    struct Snapshot {
        std::int64_t version;
        std::string link, state, hash;
    };
    struct Membership {
        std::int64_t number;
        std::string stream;
        std::int64_t actor;
        std::string subject, key;
    };
    // gatehouse.append, its parameters by name.
    struct Append {
        std::string batch;
        std::int64_t ttl_ms;
        std::vector<std::int64_t> slots, epochs, first_positions, counts;
        std::map<std::string, std::pair<std::int64_t, Stream>, std::less<>> streams; // With before.
        std::vector<Event> events;
        std::vector<Membership> keys;
    };

    std::array<Slot, slots_total> slots{};
    std::int64_t next_event = 1;
    std::map<std::string, Stream, std::less<>> streams{};
    std::map<std::int64_t, Event> events{};
    std::map<std::string, Snapshot, std::less<>> snapshots{};
    std::map<std::string, std::deque<std::int64_t>, std::less<>> remains{}; // Ids of their events.
    std::set<std::tuple<std::string, std::int64_t, std::int64_t>> actions{}; // event_action
    std::int64_t next_key = 1;
    // By stream and actor.
    std::map<std::pair<std::string, std::int64_t>, Membership> memberships{};

    Outcome<void> append(Append append, TimePoint now, Bug bug);
    Outcome<void> fence(std::int64_t slot, std::int64_t epoch) const;
    Outcome<void> keep(std::string const& stream, Snapshot snapshot);
    Outcome<void> compact(std::string const& stream, std::int64_t up_to, std::int64_t most);
    Outcome<void> erase(std::string const& stream, std::int64_t version);
    Outcome<void> clear(std::string const& stream, std::int64_t most);
    Outcome<void> forget(std::string const& subject, std::int64_t most);
    Outcome<void> drop_keys(std::string const& stream);
};

// As the database knows moments.
[[nodiscard]] std::int64_t nanoseconds(TimePoint at);
[[nodiscard]] std::int64_t lease_end(TimePoint now, std::int64_t ttl_ms);
// What a function of migration 4 raises.
[[nodiscard]] std::unexpected<storage::postgres::Failure> refuse(
    char const* state, std::string message);

}  // namespace gatehouse::simulation
