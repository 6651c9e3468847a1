// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "storage/log.hpp"
#include "storage/postgres/connection.hpp"
#include "storage/sqlite/open.hpp"

#include <functional>
#include <memory>
#include <string>

namespace gatehouse::server {

// The store that the settings name, for the one server that writes it. `on_lost` is told, from any
// thread, when somebody else has taken it over: then nothing can be kept any more.
[[nodiscard]] Result<std::unique_ptr<storage::Log>> open_store(
    config::Store const& store, std::function<void(std::string const& why)> on_lost,
    storage::sqlite::Synchronous synchronous);

// Has it events, and no keys at all? Then they were lost, unless nobody has a name yet.
[[nodiscard]] Result<bool> has_lost_keys(storage::Log& log);

// For offline tools, which change nothing.
[[nodiscard]] Result<std::unique_ptr<storage::Log>> open_store_to_read(config::Store const& store);

// Of a PostgreSQL store.
[[nodiscard]] storage::postgres::Target target_of(config::Store const& store);

} // namespace gatehouse::server
