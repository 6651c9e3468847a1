// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/postgres/wire.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

struct pg_conn;

namespace gatehouse::storage::postgres {

// Where the database is, and how long to wait for it.
struct Target {
    std::string url; // postgresql://…, without a password.
    std::string password{}; // Empty: libpq's own ways to find one (passfile, PGPASSWORD).
    std::chrono::milliseconds answer_within{10'000}; // Of one statement.
    std::chrono::seconds connect_within{3};
};

// Why a statement has no answer.
struct Failure {
    enum class Kind : std::uint8_t {
        refused, // The database holds the statement to be wrong, and always will. Nothing changed.
        passing, // It may succeed another time. Nothing changed.
        lost,    // The connection is gone: UNKNOWN whether it was done.
    };

    Kind kind;
    std::string state; // SQLSTATE, five characters; empty where the server said nothing.
    std::string message;
    std::string detail{};
};

template <typename T>
using Outcome = std::expected<T, Failure>;

// What the port says of it: `unavailable`, `internal` where the outcome is unknown, `stale_base` or
// `not_found` where our own functions say so (GH002, GH004).
[[nodiscard]] Error error_of(Failure const& failure);
// The same of what only reads: nothing is unknown then.
[[nodiscard]] Error read_error_of(Failure const& failure);

// Its text is its identity: prepared at its first use on each connection.
struct Statement {
    char const* name;
    char const* sql;
};

// A connection to PostgreSQL, with a bound on every wait: to connect, for each answer (by the
// server's statement_timeout, and by our own clock where the server says nothing at all). One that
// failed with `lost` stays lost; a new one must be made. Commits are durable once they are
// answered: `synchronous_commit` is on, whatever the server's default. Belongs to one thread.
class Connection {
public:
    // Says in its detail what a person can do about it. Never quotes the password.
    [[nodiscard]] static Result<Connection> open(Target const& target);

    [[nodiscard]] Outcome<Rows> run(Statement const& statement, Parameters const& parameters = {});
    // Any number of statements, without parameters or rows. `within`: how long to wait for their
    // answer; 0: as for any other.
    [[nodiscard]] Outcome<void> script(
        std::string const& sql, std::chrono::milliseconds within = {});

    [[nodiscard]] bool is_lost() const;
    // Between statements: has the server hung up meanwhile? Then it is lost before anything was
    // sent over it.
    void look();
    void close() { connection_.reset(); }

private:
    struct Finish {
        void operator()(pg_conn* connection) const;
    };

    Connection(pg_conn* connection, std::chrono::milliseconds answer_within)
        : connection_(connection)
        , answer_within_(answer_within)
    { }

    Result<void> settle_in();
    Outcome<void> prepare(Statement const& statement, Parameters const& parameters);
    Outcome<Rows> receive() { return receive(answer_within_); }
    Outcome<Rows> receive(std::chrono::milliseconds within);
    Outcome<void> wait_for_answer(std::chrono::milliseconds within);
    Failure lost(std::string what);
    std::string last_words() const;

    std::unique_ptr<pg_conn, Finish> connection_;
    std::chrono::milliseconds answer_within_;
    std::vector<char const*> prepared_; // The names; a handful.
};

} // namespace gatehouse::storage::postgres
