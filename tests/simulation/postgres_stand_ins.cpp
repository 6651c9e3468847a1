// SPDX-License-Identifier: Apache-2.0
// What storage/postgres asks of the world, in the place of its connection.cpp (sockets), lease.cpp
// (a thread), owner.cpp (/proc), schema.cpp (SQL to lay tables) and of runtime/dice.cpp: linked
// here, those of the libraries are not. All else of storage/postgres is as it is.
#include "database.hpp"
#include "runtime/dice.hpp"
#include "storage/postgres/lease.hpp"
#include "storage/postgres/owner.hpp"
#include "storage/postgres/schema.hpp"
#include "store_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace gatehouse {

using simulation::Database;

std::string runtime::KernelDice::bytes(std::size_t size)
{
    return Database::current().luck().bytes(size);
}

namespace storage::postgres {

namespace {

Database::Session* session_of(pg_conn* connection)
{
    return reinterpret_cast<Database::Session*>(connection);
}

}  // namespace

// ---- connection.cpp

void Connection::Finish::operator()(pg_conn* connection) const { delete session_of(connection); }

Result<Connection> Connection::open(Target const& target)
{
    auto session = GH_TRY(Database::current().connect(target.url, target.connect_within));
    return Connection(reinterpret_cast<pg_conn*>(session.release()), target.answer_within);
}

Outcome<Rows> Connection::run(Statement const& statement, Parameters const& parameters)
{
    return Database::current().run(
        *session_of(connection_.get()), statement.name, parameters, answer_within_);
}

bool Connection::is_lost() const
{
    return !connection_ || session_of(connection_.get())->is_lost;
}

void Connection::look()
{
    if (!is_lost())
        session_of(connection_.get())->is_lost
            = Database::current().is_cut_off(*session_of(connection_.get()));
}

// ---- lease.cpp

Lease::Lease(Target target, std::string owner, std::chrono::milliseconds lease,
    std::function<void(std::string const& why)> on_lost,
    std::function<void(TimePoint until)> on_held)
    : target_(std::move(target))
    , owner_(std::move(owner))
    , lease_(lease)
    , on_lost_(std::move(on_lost))
    , on_held_(std::move(on_held))
    , worker_(clock_, {.name = "gh-lease"})
    , due_([this] { renew(); })
{
    target_.answer_within = std::min(target_.answer_within, lease_ / 3);
    Database::current().begin_pulse(this, lease_ / 3, [this] { renew(); });
}

Lease::~Lease() { Database::current().end_pulse(this); }

void Lease::renew()
{
    constexpr Statement renew_slots{"renew_slots", ""};
    if (!connection_ || connection_->is_lost()) {
        connection_.reset();
        if (auto opened = Connection::open(target_))
            connection_.emplace(*std::move(opened));
        else
            return;
    }
    auto const asked = simulation::store_clock();
    auto const held
        = connection_->run(renew_slots, Parameters().text(owner_).integer(lease_.count()));
    if (held && held->integer(0, 0) != slots_total)
        on_lost_("another gatehouse has taken the store over");
    else if (held)
        on_held_(asked + Milliseconds(held->integer(0, 1)));
}

// ---- owner.cpp

std::string new_owner()
{
    return fmt::to_string(Database::current().next_owner());
}

bool has_ended(std::string_view owner)
{
    std::uint64_t number = 0;
    std::from_chars(owner.data(), owner.data() + owner.size(), number);
    return number != 0 && number <= Database::current().dead();
}

std::string describe_owner(std::string_view owner)
{
    return fmt::format("process {}", owner);
}

// ---- schema.cpp: the tables are there.

Result<int> schema_version(Connection&, std::span<Migration const>) { return 3; }

Result<int> migrate(Connection&, std::span<Migration const>) { return 3; }

Result<void> check_schema(Connection&, std::span<Migration const>) { return {}; }

std::span<Migration const> migrations() { return {}; }

}  // namespace storage::postgres

}  // namespace gatehouse
