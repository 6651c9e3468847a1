// SPDX-License-Identifier: Apache-2.0
#include "server/store.hpp"

#include "storage/memory_log.hpp"
#include "storage/postgres/postgres_log.hpp"
#include "storage/postgres/reader.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <utility>

namespace gatehouse::server {

Result<std::unique_ptr<storage::Log>> open_store(
    config::Store const& store, OwnerNews news, storage::sqlite::Synchronous synchronous)
{
    switch (store.kind) {
    case config::Store::Kind::memory: return std::make_unique<storage::MemoryLog>();
    case config::Store::Kind::sqlite:
        return storage::sqlite::SqliteLog::open({.file = store.path.text,
            .synchronous = synchronous,
            .on_keys_lost = [tell = std::move(news.keys_lost)](
                                std::string const& why, std::filesystem::path const& kept) {
                tell(why + "; the damaged file was kept as " + kept.native());
            }});
    case config::Store::Kind::postgres:
        return storage::postgres::PostgresLog::open(
            {.target = target_of(store), .on_lost = std::move(news.lost),
                .on_held = std::move(news.held)});
    }
    std::unreachable();
}

Result<bool> has_lost_keys(storage::Log& log)
{
    auto const keys = log.keys(0, 1);
    if (!keys && keys.error().code == ErrorCode::internal)
        return false; // Some are there, and damaged.
    auto const events = log.log(0, 1);
    bool const has_events = !events || !events->events.empty(); // Damaged ones, too.
    return GH_TRY(keys).empty() && has_events;
}

Result<std::unique_ptr<storage::Log>> open_store_to_read(config::Store const& store)
{
    switch (store.kind) {
    case config::Store::Kind::memory:
        return fail(ErrorCode::unavailable, "The store cannot be opened.",
            "a store in memory has no files to read");
    case config::Store::Kind::sqlite:
        return storage::sqlite::SqliteLog::open(
            {.file = store.path.text, .access = storage::sqlite::Access::read_only});
    case config::Store::Kind::postgres: return storage::postgres::Reader::open(target_of(store));
    }
    std::unreachable();
}

storage::postgres::Target target_of(config::Store const& store)
{
    return {.url = store.url, .password = store.password.value};
}

} // namespace gatehouse::server
