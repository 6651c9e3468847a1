// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include "base/assert.hpp"
#include "store_clock.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;
using storage::postgres::Failure;

namespace {

Database* the_database = nullptr;

}  // namespace

Database::Database(Agenda& agenda, Luck luck, Trace& trace, Plan const& plan)
    : agenda_(agenda)
    , luck_(luck)
    , trace_(trace)
    , plan_(plan)
{
    GH_ASSERT(!the_database);
    the_database = this;
}

Database::~Database() { the_database = nullptr; }

Database& Database::current() { return *the_database; }

void Database::crash(Duration away)
{
    trace_.note(agenda_.now(), "base", 0, "crashes");
    life_++;
    away_until_ = agenda_.now().steady + away;
    if (plan_.bug == Bug::async_commit)
        static_cast<void>(fail_over());
    // What was in work is done or not, and what was under way does not arrive.
    for (auto const& each : std::exchange(late_, {}))
        if (luck_.one_in(2))
            static_cast<void>(commit(each.change));
}

bool Database::fail_over()
{
    life_++;
    late_.clear();
    unshipped_.clear();
    bool const has_lost = standby_.next_event < told_event_;
    trace_.note(agenda_.now(), "base", has_lost ? 1 : 0, "fails over");
    if (has_lost && plan_.bug != Bug::async_commit)
        lost_ = std::move(primary_);
    primary_ = standby_;
    told_event_ = std::min(told_event_, primary_.next_event);
    return has_lost;
}

void Database::look_back()
{
    away_until_ = {};
    if (lost_)
        primary_ = *std::move(lost_);
}

// ---- Threads of clients

void Database::begin_pulse(void const* key, Duration every, std::function<void()> beat)
{
    auto const pulse = std::make_shared<Pulse>(Pulse{every, std::move(beat)});
    pulses_[key] = pulse;
    newest_pulse_ = key;
    beat_later(pulse);
}

void Database::beat_later(std::shared_ptr<Pulse> const& pulse)
{
    agenda_.at(std::max(agenda_.now().steady + pulse->every, pulse->asleep_until),
        [this, weak = std::weak_ptr(pulse)] {
            auto const alive = weak.lock();
            if (!alive)
                return;
            if (agenda_.now().steady >= alive->asleep_until) {
                set_store_clock(agenda_.now().steady);
                alive->beat();
            }
            beat_later(alive);
        });
}

void Database::put_to_sleep(void const* pulse, TimePoint until)
{
    // The first question after it may take a while, as any other.
    if (auto const found = pulses_.find(pulse); found != pulses_.end())
        found->second->asleep_until = until + luck_.between(Duration(0us), found->second->every);
}

// ---- Clients

bool Database::is_out_of_reach(std::string_view client) const
{
    auto const found = cut_off_.find(client);
    return found != cut_off_.end() && store_clock() < found->second;
}

Result<std::unique_ptr<Database::Session>> Database::connect(
    std::string_view client, std::chrono::milliseconds within)
{
    bool const is_away = is_silent_ || store_clock() < away_until_;
    bool const is_lost = !is_away
        && (is_out_of_reach(client) || luck_.one_in(plan_.postgres.connect_error_one_in));
    // A server that is gone refuses at once; one that is out of reach says nothing.
    set_store_clock(store_clock()
        + (is_lost && luck_.one_in(2) ? Duration(within) : luck_.between(200us, 3'000us)));
    if (is_away || is_lost)
        return fail(ErrorCode::unavailable, "The store cannot be opened.", "connection refused");
    return std::make_unique<Session>(Session{.client = std::string(client), .life = life_});
}

bool Database::is_cut_off(Session const& session) const
{
    return session.is_lost || session.life != life_;
}

Failure Database::lose(Session& session)
{
    session.is_lost = true;
    return {Failure::Kind::lost, "", "the connection was cut"};
}

// What still was under way. Whoever takes slots waits for what is in work on their rows.
void Database::let_late_ones_arrive(bool all_in_work)
{
    std::erase_if(late_, [&](Late const& each) {
        bool const is_in_work = all_in_work && luck_.one_in(2);
        if (each.arrives > store_clock() && !is_in_work)
            return false;
        auto const done = commit(each.change);
        trace_.note(agenda_.now(), "base", done ? 0 : 1, "late", done ? "" : done.error().message);
        return true;
    });
}

Database::Outcome<void> Database::commit(Change const& change)
{
    GH_CHECK(change(primary_));
    if (plan_.postgres.standby_lag == 0us)
        return {};
    unshipped_.push_back({store_clock(), change});
    while (unshipped_.front().at + plan_.postgres.standby_lag < store_clock()) {
        static_cast<void>(unshipped_.front().change(standby_));
        unshipped_.pop_front();
    }
    return {};
}

Database::Outcome<void> Database::change(
    Session& session, Change change, std::chrono::milliseconds within)
{
    if (luck_.one_in(plan_.postgres.passing_error_one_in))
        return std::unexpected(
            Failure{Failure::Kind::passing, "53100", "could not extend file: disk full"});
    if (!is_last_ && !luck_.one_in(plan_.postgres.cut_one_in))
        return commit(change);
    is_silent_ = is_last_;
    enum class Fate : std::uint8_t { done, never_came, comes_later };
    auto const fate = static_cast<Fate>(luck_.below(3));
    trace_.note(agenda_.now(), "base", std::to_underlying(fate), "cuts a commit");
    if (luck_.one_in(3))
        set_store_clock(store_clock() + Duration(within));
    if (fate == Fate::done)
        static_cast<void>(commit(change));
    if (fate == Fate::comes_later)
        late_.push_back({store_clock() + luck_.between(Duration(0us), Duration(4s)),
            std::move(change)});
    return std::unexpected(lose(session));
}

}  // namespace gatehouse::simulation
