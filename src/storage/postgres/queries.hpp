// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "storage/log.hpp"
#include "storage/postgres/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// The reading half of storage::Log, in SQL, each of one snapshot of the database. Needs no slot, so
// offline tools may ask too.
namespace gatehouse::storage::postgres {

using Heads = std::vector<events::StreamHead>;
using Memberships = std::vector<events::Membership>;

// Fails with `GH004` where the events were compacted.
[[nodiscard]] Outcome<std::vector<events::Event>> read_events(Connection& connection,
    std::string_view stream, events::Version after, std::size_t events_max);
[[nodiscard]] Outcome<events::History> read_history(
    Connection& connection, std::string_view stream, std::size_t events_max);
[[nodiscard]] Outcome<Heads> read_heads(Connection& connection, Slot slot);
// As EventStore::find() says.
[[nodiscard]] Outcome<Heads> read_heads(Connection& connection, std::string_view name);
// Those of exactly these names.
[[nodiscard]] Outcome<Heads> read_heads(Connection& connection, Column names);
// The streams whose names come after `after`, in order, at most `streams_max`.
[[nodiscard]] Outcome<Heads> read_heads_after(
    Connection& connection, std::string_view after, std::size_t streams_max);
// The unfinished ones, by slot and name, after this slot's stream `after`.
[[nodiscard]] Outcome<Heads> read_unfinished_after(
    Connection& connection, Slot slot, std::string_view after, std::size_t streams_max);
// As storage::Log has them.
[[nodiscard]] Outcome<Memberships> read_memberships(Connection& connection,
    std::string_view subject, std::string_view after, std::size_t memberships_max);
[[nodiscard]] Outcome<Memberships> read_keys(
    Connection& connection, std::uint64_t after, std::size_t memberships_max);
// Its id names the table that the keys are in, of this database of this cluster: what is restored
// elsewhere, or in its place, has another.
[[nodiscard]] Outcome<KeyRing> read_key_ring(Connection& connection);
[[nodiscard]] Outcome<events::LogPage> read_log(
    Connection& connection, events::LogCursor from, std::size_t events_max);

} // namespace gatehouse::storage::postgres
