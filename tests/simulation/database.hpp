// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "luck.hpp"
#include "plan.hpp"
#include "storage/postgres/connection.hpp"
#include "tables.hpp"
#include "trace.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::simulation {

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
        std::string client;
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
    [[nodiscard]] Result<std::unique_ptr<Session>> connect(
        std::string_view client, std::chrono::milliseconds within);
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
    // Nothing that this client sends arrives until then.
    void cut_off(std::string client, TimePoint until) { cut_off_[std::move(client)] = until; }
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
    // The standby takes over, without what it has not heard of yet. True: events were lost of which
    // some client may know.
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

    [[nodiscard]] Outcome<Rows> answer(Session& session, std::string_view statement,
        Parameters const& parameters, std::chrono::milliseconds within);
    [[nodiscard]] Outcome<void> change(Session& session, Change change,
        std::chrono::milliseconds within);
    Outcome<void> commit(Change const& change);
    void let_late_ones_arrive(bool all_in_work);
    [[nodiscard]] storage::postgres::Failure lose(Session& session);
    [[nodiscard]] bool is_out_of_reach(std::string_view client) const;
    [[nodiscard]] Outcome<Rows> acquire(Query const& query);
    [[nodiscard]] Outcome<Rows> renew(Query const& query);

    Agenda& agenda_;
    Luck luck_;
    Trace& trace_;
    Plan const& plan_;
    Tables primary_{};
    std::int64_t told_event_ = 0; // Where the events ended when somebody was last answered.
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
    std::map<std::string, TimePoint, std::less<>> cut_off_{};
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
