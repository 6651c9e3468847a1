// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "base/ids.hpp"
#include "events/store.hpp"
#include "luck.hpp"
#include "plan.hpp"
#include "storage/postgres/connection.hpp"
#include "trace.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::simulation {

// The tables of migration 3, and what its functions do to them. No more PostgreSQL than that: each
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
    std::set<std::tuple<std::string, std::int64_t, std::int64_t>> actions{}; // event_action
    std::int64_t next_key = 1;
    // By stream and actor.
    std::map<std::pair<std::string, std::int64_t>, Membership> memberships{};

    Outcome<void> append(Append append, TimePoint now, Bug bug);
    Outcome<void> fence(std::int64_t slot, std::int64_t epoch) const;
    Outcome<void> keep(std::string const& stream, Snapshot snapshot);
    Outcome<void> compact(std::string const& stream, std::int64_t up_to);
    Outcome<void> erase(std::string const& stream, std::int64_t version);
    Outcome<void> forget(std::string const& subject, std::int64_t most);
    Outcome<void> drop_keys(std::string const& stream);
};

// A PostgreSQL server as its clients meet it, and a standby that lags behind: what
// storage/postgres/connection.hpp talks to here (postgres_stand_ins.cpp). Statements that change
// anything may be cut off: done or not, the client does not know, and they may even arrive later
// than whatever it does next.
class Database {
public:
    using Rows = storage::postgres::Rows;
    using Parameters = storage::postgres::Parameters;
    template <typename T>
    using Outcome = storage::postgres::Outcome<T>;

    // One client's end; the server may hang up.
    struct Session {
        std::uint64_t life; // Of the server.
        bool is_lost = false;
    };

    Database(Agenda& agenda, Luck luck, Trace& trace, Plan const& plan);
    ~Database();
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;

    // Whom postgres_stand_ins.cpp asks.
    [[nodiscard]] static Database& current();

    // ---- For clients, at store_clock()
    [[nodiscard]] Result<std::unique_ptr<Session>> connect(std::chrono::milliseconds within);
    [[nodiscard]] Outcome<Rows> run(Session& session, std::string_view statement,
        Parameters const& parameters, std::chrono::milliseconds within);
    [[nodiscard]] bool is_cut_off(Session const& session) const;

    // A thread of a client's that wakes up now and then (the lease).
    void begin_pulse(void const* key, Duration every, std::function<void()> beat);
    void end_pulse(void const* key) { pulses_.erase(key); }

    // ---- For fate
    // The client that begun its pulse last sleeps until then.
    [[nodiscard]] void const* newest_pulse() const { return newest_pulse_; }
    void put_to_sleep(void const* pulse, TimePoint until);
    // The next change is the last that a client sends: done, not done, or done later. Then it is
    // silent, until is_silent is false again.
    void expect_last_words() { is_last_ = true; }
    void set_silent(bool is_silent)
    {
        is_silent_ = is_silent;
        is_last_ = false;
    }
    // The server dies and comes back after `away`. With `async_commit`, without its last commits.
    void crash(Duration away);
    // The standby takes over, without what it has not heard of yet. True: events were lost.
    bool fail_over();

    [[nodiscard]] Luck& luck() { return luck_; }
    [[nodiscard]] Agenda& agenda() { return agenda_; }
    [[nodiscard]] std::uint64_t next_owner() { return ++owners_; }
    // Whoever opens it later can see that those before have ended.
    void bury_all() { dead_ = owners_; }
    [[nodiscard]] std::uint64_t dead() const { return dead_; }

    // What a failover has lost was still told to clients: the last look is at that.
    void look_back();

private:
    class Query;
    using Change = std::function<Outcome<void>(Tables&)>;
    struct Late {
        TimePoint arrives;
        Change change;
    };

    [[nodiscard]] Outcome<void> change(Session& session, Change change,
        std::chrono::milliseconds within);
    Outcome<void> commit(Change const& change);
    void let_late_ones_arrive(bool all_in_work);
    [[nodiscard]] storage::postgres::Failure cut_off(Session& session);
    [[nodiscard]] Outcome<Rows> acquire(Query const& query);
    [[nodiscard]] Outcome<Rows> renew(Query const& query);

    Agenda& agenda_;
    Luck luck_;
    Trace& trace_;
    Plan const& plan_;
    Tables primary_{};
    std::optional<Tables> lost_{};
    Tables standby_{};
    struct Shipped {
        TimePoint at;
        Change change;
    };
    std::deque<Shipped> unshipped_{}; // What the standby has not applied.
    struct Pulse {
        Duration every;
        std::function<void()> beat;
        TimePoint asleep_until{};
    };
    void beat_later(std::shared_ptr<Pulse> const& pulse);
    std::map<void const*, std::shared_ptr<Pulse>> pulses_{};
    void const* newest_pulse_ = nullptr;
    bool is_last_ = false;
    bool is_silent_ = false;
    std::vector<Late> late_{};
    std::string last_batch_sent_{};
    std::uint64_t life_ = 1;
    TimePoint away_until_{};
    std::uint64_t owners_ = 0;
    std::uint64_t dead_ = 0; // Owners up to this one.
};

}  // namespace gatehouse::simulation
