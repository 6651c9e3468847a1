// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/schema.hpp"

#include "base/digest.hpp"

#include <fmt/core.h>

#include <array>
#include <string>

namespace gatehouse::storage::postgres {

namespace {

std::unexpected<Error> cannot_open(ErrorCode code, std::string why)
{
    return fail(code, "The store cannot be opened.", std::move(why));
}

std::unexpected<Error> cannot_open(Failure const& failure)
{
    return cannot_open(ErrorCode::unavailable, error_of(failure).detail);
}

// The table itself stays as it is, whatever comes.
constexpr char const* lay_foundation = R"(
    BEGIN;
    SELECT pg_advisory_xact_lock(hashtext('gatehouse.migration'));
    CREATE SCHEMA IF NOT EXISTS gatehouse;
    CREATE TABLE IF NOT EXISTS gatehouse.migration (version integer PRIMARY KEY,
        name text NOT NULL, sha256 bytea NOT NULL, at timestamptz NOT NULL DEFAULT now());
    COMMIT)";
constexpr Statement has_foundation{
    "has_foundation", "SELECT to_regclass('gatehouse.migration') IS NOT NULL"};
constexpr Statement applied{
    "applied", "SELECT version, name, sha256 FROM gatehouse.migration ORDER BY version"};
constexpr Statement note_applied{"note_applied",
    "INSERT INTO gatehouse.migration (version, name, sha256)"
    " VALUES ($1::bigint, $2, decode($3, 'hex'))"};

std::string hex(std::string_view bytes)
{
    std::string text;
    for (auto const byte : bytes)
        text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

Outcome<void> apply(Connection& connection, Migration const& migration)
{
    using namespace std::chrono_literals;
    GH_CHECK(connection.script(
        "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;" + std::string(migration.sql),
        24h));
    GH_CHECK(connection.run(note_applied,
        Parameters()
            .integer(migration.version)
            .text(migration.name)
            .text(hex(sha256(migration.sql)))));
    return {};
}

std::unexpected<Error> failed(Connection& connection, std::string_view what, Failure const& why)
{
    static_cast<void>(connection.script("ROLLBACK"));
    return cannot_open(ErrorCode::unavailable,
        fmt::format("{} failed and changed nothing: {}", what, error_of(why).detail));
}

} // namespace

std::span<Migration const> migrations()
{
    static std::array const all{Migration{1, "slots, streams, events", migration_1},
        Migration{2, "links, snapshots, upkeep", migration_2},
        Migration{3, "keys of persons", migration_3},
        Migration{4, "erasing in pieces", migration_4}};
    return all;
}

Result<int> schema_version(Connection& connection, std::span<Migration const> known)
{
    auto const founded = connection.run(has_foundation);
    if (!founded)
        return cannot_open(founded.error());
    if (founded->integer(0, 0) == 0)
        return 0;
    auto const found = connection.run(applied);
    if (!found)
        return cannot_open(found.error());
    for (std::size_t i = 0; i < found->size(); i++) {
        auto const version = found->integer(i, 0);
        if (i >= known.size() || version != known[i].version)
            return cannot_open(ErrorCode::unsupported,
                fmt::format("its schema (migration {}, \"{}\") is of a newer gatehouse than this "
                            "one, which knows {}; upgrade gatehouse first",
                    version, found->bytes(i, 1), known.size()));
        if (found->bytes(i, 2) != sha256(known[i].sql))
            return cannot_open(ErrorCode::unsupported,
                fmt::format("its migration {} (\"{}\") is not the one that this gatehouse knows by "
                            "that number",
                    version, found->bytes(i, 1)));
    }
    return static_cast<int>(found->size());
}

Result<int> migrate(Connection& connection, std::span<Migration const> known)
{
    auto const before = GH_TRY(schema_version(connection, known));
    if (before == 0)
        if (auto const laid = connection.script(lay_foundation); !laid)
            return cannot_open(laid.error());
    auto const locked = connection.script(
        "BEGIN; SELECT pg_advisory_xact_lock(hashtext('gatehouse.migration'))");
    if (!locked)
        return cannot_open(locked.error());
    // Under the lock: somebody else may have been quicker.
    auto const current = schema_version(connection, known);
    if (!current) {
        static_cast<void>(connection.script("ROLLBACK"));
        return std::unexpected(current.error());
    }
    for (auto const& migration : known.subspan(static_cast<std::size_t>(*current)))
        if (auto const done = apply(connection, migration); !done)
            return failed(connection,
                fmt::format("migration {} (\"{}\")", migration.version, migration.name),
                done.error());
    if (auto const done = connection.script("COMMIT"); !done)
        return failed(connection, "what ends the migration", done.error());
    return before;
}

Result<void> check_schema(Connection& connection, std::span<Migration const> known)
{
    auto const version = GH_TRY(schema_version(connection, known));
    if (static_cast<std::size_t>(version) == known.size())
        return {};
    return cannot_open(ErrorCode::unsupported,
        version == 0
            ? std::string("the database has no store yet: gatehouse store migrate lays it")
            : fmt::format("its schema is at migration {} of {}: run gatehouse store migrate, once "
                          "all servers of this store have stopped",
                version, known.size()));
}

} // namespace gatehouse::storage::postgres
