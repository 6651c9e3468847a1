// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/chain.hpp"
#include "storage/memory_log.hpp"
#include "storage/postgres/postgres_log.hpp"
#include "storage/postgres/server_test.hpp"
#include "storage/sqlite/sqlite_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// The stores that are held to the contract, for the tests that ask the same of each.
namespace gatehouse::storage::testing {

enum class Kind { memory, sqlite, postgres };

inline std::string name_of(::testing::TestParamInfo<Kind> const& each)
{
    constexpr std::array names{"memory", "sqlite", "postgres"};
    return names[static_cast<std::size_t>(each.param)];
}

// A test of one store, which makes its logs; all of them hold the same, except in memory.
class EachStore : public ::testing::TestWithParam<Kind> {
protected:
    void SetUp() override
    {
        if (GetParam() != Kind::postgres)
            return;
        database_server_ = postgres::testing::Server::instance();
        if (!database_server_)
            GTEST_SKIP() << postgres::testing::Server::what_is_missing;
        database_ = database_server_->make_database();
    }

    // Only what keeps its events past its process can be opened again.
    [[nodiscard]] bool can_reopen() const { return GetParam() != Kind::memory; }

    std::unique_ptr<Log> make_log()
    {
        if (GetParam() == Kind::memory)
            return std::make_unique<MemoryLog>();
        if (GetParam() == Kind::postgres)
            return postgres::PostgresLog::open(
                {.target = {.url = database_server_->url(database_)}})
                .value();
        // A checkpoint of heads every 50 events, so that the tests pass over many.
        return sqlite::SqliteLog::open(
            {.file = folder_.path / "store.db", .checkpoint_events_min = 50, .ballast_bytes = 0})
            .value();
    }

private:
    Folder folder_;
    postgres::testing::Server* database_server_ = nullptr;
    std::string database_;
};

// Each event linked to the one before; `before` is the link of the stream's last event.
inline events::StreamAppend linked(events::StreamAppend append, events::Link before)
{
    for (auto& event : append.events)
        before = event.link = events::chain_link(before, event);
    return append;
}

inline events::StreamAppend linked(events::StreamAppend append)
{
    auto const start = events::chain_start(append.stream);
    return linked(std::move(append), start);
}

inline events::StreamSnapshot snapshot_of(
    std::string stream, events::Version version, std::string state = "state")
{
    return {.stream = std::move(stream),
        .snapshot = {.version = version,
            .link = {std::byte(version), std::byte{7}},
            .state = std::move(state),
            .hash = std::string(32, static_cast<char>(version))}};
}

// Of this person; another key for each `generation`.
inline events::MemberKey member_of(
    std::string subject, std::uint32_t actor, char generation = 'k')
{
    std::string key(events::key_size, generation);
    key.back() = static_cast<char>(actor);
    return {.subject = std::move(subject), .actor = actor, .key = std::move(key)};
}

// `append`, with the keys of those who came with it.
inline events::StreamAppend with_keys(
    events::StreamAppend append, std::vector<events::MemberKey> keys)
{
    append.keys = std::move(keys);
    return append;
}

} // namespace gatehouse::storage::testing
