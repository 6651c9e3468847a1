// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"
#include "audit.hpp"
#include "commands.hpp"

#include "server/mapping.hpp"
#include "server/store.hpp"
#include "storage/postgres/schema.hpp"
#include "storage/postgres/tenure.hpp"
#include "storage/sqlite/open.hpp"

#include <cstdio>

namespace gatehouse::cli {
namespace {

namespace postgres = storage::postgres;
using Kind = config::Store::Kind;

// One line that says how the store is; the text of what is wrong otherwise.
Result<std::string> describe_postgres(config::Store const& store)
{
    auto connection = GH_TRY(postgres::Connection::open(server::target_of(store)));
    auto const version = GH_TRY(postgres::schema_version(connection));
    auto text = "migration " + std::to_string(version) + " of "
        + std::to_string(postgres::migrations().size());
    if (version == 0)
        return text + ": empty; the first start lays it";
    if (static_cast<std::size_t>(version) < postgres::migrations().size())
        return text + ": gatehouse store migrate brings it up to date";
    return text + "; " + GH_TRY(postgres::describe_holder(connection));
}

Result<std::string> migrate_postgres(config::Store const& store)
{
    auto connection = GH_TRY(postgres::Connection::open(server::target_of(store)));
    if (GH_TRY(postgres::schema_version(connection)) > 0)
        GH_CHECK(postgres::check_nobody_holds(connection));
    auto const before = GH_TRY(postgres::migrate(connection));
    auto const now = postgres::migrations().size();
    if (static_cast<std::size_t>(before) == now)
        return "at migration " + std::to_string(now) + " already; there is nothing to do";
    return "migrated from " + std::to_string(before) + " to " + std::to_string(now);
}

Result<std::string> describe_sqlite(config::Store const& store)
{
    auto database = GH_TRY(storage::sqlite::open_database(
        {.file = store.path.text, .access = storage::sqlite::Access::read_only}));
    auto const layout = GH_TRY(database.integer("PRAGMA user_version"));
    return "layout " + std::to_string(layout) + "; there is nothing to migrate";
}

// Opened for writing, it is brought to today's layout.
Result<std::string> migrate_sqlite(config::Store const& store)
{
    storage::sqlite::Options const options{.file = store.path.text};
    auto const before = storage::sqlite::layout_of(options).value_or(0);
    auto database = GH_TRY(storage::sqlite::open_database(options));
    auto const now = GH_TRY(database.integer("PRAGMA user_version"));
    if (before == now)
        return "layout " + std::to_string(now) + " already; there is nothing to do";
    if (before == 0)
        return "laid anew, in layout " + std::to_string(now);
    return "migrated from layout " + std::to_string(before) + " to " + std::to_string(now);
}

// A server brings what it opens to its own layout.
Result<std::string> describe(config::Settings const& settings)
{
    auto const& store = settings.store;
    if (store.kind == Kind::sqlite)
        if (auto const server = running_server(settings))
            return "up to date; held by the server at http://" + server->address().to_string();
    switch (store.kind) {
    case Kind::memory: return "gone with its server; there is nothing to migrate";
    case Kind::sqlite: return describe_sqlite(store);
    case Kind::postgres: return describe_postgres(store);
    }
    std::unreachable();
}

Result<std::string> migrate(config::Settings const& settings)
{
    auto const& store = settings.store;
    switch (store.kind) {
    case Kind::memory: return describe(settings);
    case Kind::sqlite: return migrate_sqlite(store);
    case Kind::postgres: return migrate_postgres(store);
    }
    std::unreachable();
}

// Recorded when it is done: what is not at today's layout takes no entry.
Result<std::string> migrate_audited(config::Settings const& settings)
{
    auto const migrated = GH_TRY(migrate(settings));
    auto const& store = settings.store;
    if (store.kind == Kind::memory)
        return migrated;
    auto const log = GH_TRY(server::open_store(store, {}, storage::sqlite::Synchronous::full));
    return audited(
        *log, {.what = "store migrate", .with = migrated}, [&] { return migrated; });
}

template <typename Ask>
int say(ConfigArguments const& arguments, Ask ask)
{
    auto const loaded = load(arguments);
    if (!loaded) {
        std::fputs(loaded.error().c_str(), stderr);
        return 1;
    }
    auto const name = server::store_name(loaded->settings.store);
    auto const answer = ask(loaded->settings);
    if (answer) {
        std::printf("%s: %s\n", name.c_str(), answer->c_str());
        return 0;
    }
    return complain(answer.error());
}

} // namespace

int store_status(ConfigArguments const& arguments)
{
    return say(arguments, describe);
}

int store_migrate(ConfigArguments const& arguments)
{
    return say(arguments, migrate_audited);
}

} // namespace gatehouse::cli
