// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "storage/postgres/connection.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

// The reading half of storage::Log, in SQL. Needs no slot, so offline tools may ask too.
namespace gatehouse::storage::postgres {

[[nodiscard]] Outcome<std::vector<events::Event>> read_events(Connection& connection,
    std::string_view stream, events::Version after, std::size_t events_max);
[[nodiscard]] Outcome<std::vector<events::StreamHead>> read_heads(
    Connection& connection, Slot slot);
// The streams whose names come after `after`, in order, at most `streams_max`.
[[nodiscard]] Outcome<std::vector<events::StreamHead>> read_heads_after(
    Connection& connection, std::string_view after, std::size_t streams_max);
[[nodiscard]] Outcome<events::LogPage> read_log(
    Connection& connection, events::LogCursor from, std::size_t events_max);

} // namespace gatehouse::storage::postgres
