// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "config/settings.hpp"
#include "storage/log.hpp"
#include "storage/postgres/connection.hpp"
#include "storage/sqlite/open.hpp"

#include <functional>
#include <memory>
#include <string>

namespace gatehouse::server {

// What the owner of a store is told, from any thread.
struct OwnerNews {
    // Somebody else has taken it over: nothing can be kept any more.
    std::function<void(std::string const& why)> lost = [](std::string const&) { };
    // Nobody else can do so before this instant. Never, where a store has one owner by itself.
    std::function<void(TimePoint until)> held = [](TimePoint) { };
    // Its keys were damaged, for this reason, and are put aside: what was in them is lost.
    std::function<void(std::string const& why)> keys_lost = [](std::string const&) {};
};

// The store that the settings name, for the one server that writes it.
[[nodiscard]] Result<std::unique_ptr<storage::Log>> open_store(config::Store const& store,
    OwnerNews news, storage::sqlite::Synchronous synchronous);

// Has it events, and no keys at all? Then they were lost, unless nobody has a name yet.
[[nodiscard]] Result<bool> has_lost_keys(storage::Log& log);

// For offline tools, which change nothing.
[[nodiscard]] Result<std::unique_ptr<storage::Log>> open_store_to_read(config::Store const& store);

// Of a PostgreSQL store.
[[nodiscard]] storage::postgres::Target target_of(config::Store const& store);

} // namespace gatehouse::server
