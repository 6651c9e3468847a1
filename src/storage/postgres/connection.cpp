// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/connection.hpp"

#include <fmt/core.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace gatehouse::storage::postgres {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int version_min = 150'000;

std::string one_line(std::string_view text)
{
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    std::string line(text);
    std::ranges::replace(line, '\n', ' ');
    return line;
}

std::unexpected<Error> cannot_open(ErrorCode code, std::string why)
{
    return fail(code, "The store cannot be opened.", std::move(why));
}

// What may succeed another time, and what never will: data that does not fit (22), a constraint
// (23), a limit of the database (54), and our own checks (GH). All else (deadlocks, a full disk, a
// timeout, a database that became read-only, …) is about the moment, not about the statement.
Failure::Kind kind_of(std::string_view state)
{
    constexpr std::array<std::string_view, 4> refusals{"22", "23", "54", "GH"};
    // The server ends the connection, perhaps in mid-commit.
    if (state.starts_with("57P") || state.starts_with("08"))
        return Failure::Kind::lost;
    return std::ranges::find(refusals, state.substr(0, 2)) != refusals.end()
        ? Failure::Kind::refused
        : Failure::Kind::passing;
}

Failure failure_of(PGresult const* result)
{
    auto const field = [result](int code) {
        auto const* const value = PQresultErrorField(result, code);
        return one_line(value ? value : "");
    };
    auto state = field(PG_DIAG_SQLSTATE);
    if (state.empty())
        return {Failure::Kind::lost, {}, one_line(PQresultErrorMessage(result))};
    auto const kind = kind_of(state);
    return {kind, std::move(state), field(PG_DIAG_MESSAGE_PRIMARY),
        field(PG_DIAG_MESSAGE_DETAIL)};
}

} // namespace

void Connection::Finish::operator()(pg_conn* connection) const
{
    PQfinish(connection);
}

// What the URL says itself comes later, and wins.
Result<Connection> Connection::open(Target const& target)
{
    auto const connect_within = std::to_string(target.connect_within.count());
    auto const silence_ms = std::to_string(target.answer_within.count());
    std::array constexpr keys{"connect_timeout", "keepalives_idle", "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "application_name", "dbname", "password",
        static_cast<char const*>(nullptr)};
    std::array const values{connect_within.c_str(), "5", "2", "3", silence_ms.c_str(), "gatehouse",
        target.url.c_str(), target.password.empty() ? nullptr : target.password.c_str(),
        static_cast<char const*>(nullptr)};
    Connection connection(
        PQconnectdbParams(keys.data(), values.data(), 1), target.answer_within);
    if (connection.is_lost())
        return cannot_open(ErrorCode::unavailable, connection.last_words());
    // Notices go nowhere: what matters of them is an error too.
    PQsetNoticeProcessor(connection.connection_.get(), [](void*, char const*) { }, nullptr);
    GH_CHECK(connection.settle_in());
    return connection;
}

Result<void> Connection::settle_in()
{
    auto* const connection = connection_.get();
    if (auto const version = PQserverVersion(connection); version < version_min)
        return cannot_open(ErrorCode::unsupported,
            fmt::format("the server is PostgreSQL {}; 15 or newer is needed", version / 10'000));
    if (PQsetnonblocking(connection, 1) != 0)
        return cannot_open(ErrorCode::unavailable, last_words());
    constexpr Statement settings{"settings", R"(
        SELECT current_setting('fsync') = 'on', getdatabaseencoding() = 'UTF8',
            set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
            set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false),
            set_config('idle_in_transaction_session_timeout', $1, false),
            set_config('client_encoding', 'UTF8', false), set_config('jit', 'off', false),
            set_config('search_path', 'pg_catalog', false))"};
    // Shorter than our own patience, so that it is the server who says why.
    auto const patience = std::to_string(answer_within_.count() * 4 / 5);
    auto const found = run(settings, Parameters().text(patience));
    if (!found)
        return cannot_open(ErrorCode::unavailable, error_of(found.error()).detail);
    if (found->integer(0, 0) == 0)
        return cannot_open(ErrorCode::unsupported,
            "the server runs with fsync = off: it would lose what was promised; turn it on");
    if (found->integer(0, 1) == 0)
        return cannot_open(ErrorCode::unsupported,
            "the database's encoding is not UTF8; make it with CREATE DATABASE … ENCODING 'UTF8'");
    return {};
}

Outcome<Rows> Connection::run(Statement const& statement, Parameters const& parameters)
{
    if (std::ranges::find(prepared_, statement.name) == prepared_.end())
        if (auto const prepared = prepare(statement, parameters); !prepared)
            return std::unexpected(prepared.error());
    std::vector<char const*> values(parameters.size());
    std::vector<int> sizes(parameters.size());
    std::vector<int> const formats(parameters.size(), 1);
    for (std::size_t i = 0; i < parameters.size(); i++) {
        values[i] = parameters.values()[i].data();
        sizes[i] = static_cast<int>(parameters.values()[i].size());
    }
    if (PQsendQueryPrepared(connection_.get(), statement.name, static_cast<int>(values.size()),
            values.data(), sizes.data(), formats.data(), 1)
        != 1)
        return std::unexpected(lost(last_words()));
    return receive();
}

Outcome<void> Connection::prepare(Statement const& statement, Parameters const& parameters)
{
    if (PQsendPrepare(connection_.get(), statement.name, statement.sql,
            static_cast<int>(parameters.size()), parameters.types().data())
        != 1)
        return std::unexpected(lost(last_words()));
    GH_CHECK(receive());
    prepared_.push_back(statement.name);
    return {};
}

Outcome<void> Connection::script(std::string const& sql, std::chrono::milliseconds within)
{
    if (PQsendQuery(connection_.get(), sql.c_str()) != 1)
        return std::unexpected(lost(last_words()));
    GH_CHECK(receive(within > within.zero() ? within : answer_within_));
    return {};
}

// Reads to the end of the answer, and gives the last result or the first failure.
Outcome<Rows> Connection::receive(std::chrono::milliseconds within)
{
    Outcome<Rows> answer(Rows(nullptr));
    while (true) {
        GH_CHECK(wait_for_answer(within));
        auto* const result = PQgetResult(connection_.get());
        if (!result)
            break;
        Rows rows(result);
        auto const status = PQresultStatus(result);
        if (!answer || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
            if (answer)
                answer = std::move(rows);
        } else {
            answer = std::unexpected(failure_of(result));
        }
    }
    if (is_lost())
        return std::unexpected(lost(answer ? last_words() : answer.error().message));
    if (!answer && answer.error().kind == Failure::Kind::lost)
        close();
    return answer;
}

Outcome<void> Connection::wait_for_answer(std::chrono::milliseconds within)
{
    auto* const connection = connection_.get();
    auto const deadline = Clock::now() + within;
    int unsent = 1;
    while (unsent != 0 || PQisBusy(connection) != 0) {
        unsent = unsent != 0 ? PQflush(connection) : 0;
        if (unsent == 0 && PQisBusy(connection) == 0)
            break;
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd socket{.fd = PQsocket(connection),
            .events = static_cast<short>(unsent != 0 ? POLLIN | POLLOUT : POLLIN),
            .revents = 0};
        if (unsent < 0 || left.count() <= 0)
            return std::unexpected(lost(unsent < 0 ? last_words() : "the server says nothing"));
        ::poll(&socket, 1, static_cast<int>(left.count()));
        if ((socket.revents & ~POLLOUT) != 0 && PQconsumeInput(connection) != 1)
            return std::unexpected(lost(last_words()));
    }
    return {};
}

Failure Connection::lost(std::string what)
{
    close();
    return {Failure::Kind::lost, {}, std::move(what)};
}

bool Connection::is_lost() const
{
    return PQstatus(connection_.get()) != CONNECTION_OK;
}

void Connection::look()
{
    pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    // Its last words come before the end.
    while (connection_ && ::poll(&socket, 1, 0) > 0)
        if (PQconsumeInput(connection_.get()) != 1)
            close();
}

std::string Connection::last_words() const
{
    return connection_ ? one_line(PQerrorMessage(connection_.get())) : "the connection is closed";
}

} // namespace gatehouse::storage::postgres
