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
        return storage::sqlite::SqliteLog::open(
            {.file = store.path.text, .synchronous = synchronous});
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
    return GH_TRY(keys).empty() && !GH_TRY(log.log(0, 1)).events.empty();
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
