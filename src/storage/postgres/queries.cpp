// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/queries.hpp"

#include "storage/log.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::storage::postgres {

using events::Event;
using events::LogCursor;
using events::LogPage;
using events::StreamHead;
using events::Version;

namespace {

constexpr Statement stream_events{"stream_events", R"(
    SELECT version, type, schema, at, actor, action, data
    FROM gatehouse.event WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3)"};
constexpr Statement slot_heads{"slot_heads", R"(
    SELECT id, category, version, finished, deadline
    FROM gatehouse.stream WHERE slot = $1::bigint)"};
constexpr Statement heads_after{"heads_after", R"(
    SELECT id, category, version, finished, deadline
    FROM gatehouse.stream WHERE id > $1 ORDER BY id LIMIT $2)"};
// The page ends with the event that reaches $3 bytes: those with less before them belong to it. The
// size of data is known without reading it. All of one snapshot, the last id too.
constexpr Statement log_page{"log_page", R"(
    SELECT version, type, schema, at, actor, action, data, id, slot, position, stream,
        (SELECT max(id) FROM gatehouse.event)
    FROM (SELECT *, sum(octet_length(data)) OVER (ORDER BY id) - octet_length(data) AS before
        FROM (SELECT * FROM gatehouse.event WHERE id >= $1 ORDER BY id LIMIT $2) page) sized
    WHERE before < $3 ORDER BY id)"};

// PostgreSQL's integers are signed; ours keep their 64 bits. A bound beyond theirs bounds nothing.
std::int64_t to_bound(std::uint64_t value)
{
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(value, most));
}

template <typename Unsigned = std::uint64_t>
Unsigned number(Rows const& rows, std::size_t row, int column)
{
    return static_cast<Unsigned>(rows.integer(row, column));
}

// Of the first seven columns.
Event event_of(Rows const& rows, std::size_t row)
{
    return {.version = number(rows, row, 0),
        .type = std::string(rows.bytes(row, 1)),
        .schema = number<std::uint16_t>(rows, row, 2),
        .at = {rows.integer(row, 3)},
        .cause = {.actor = number<std::uint32_t>(rows, row, 4), .action = number(rows, row, 5)},
        .data = std::string(rows.bytes(row, 6))};
}

std::vector<StreamHead> heads_of(Rows const& rows)
{
    std::vector<StreamHead> heads;
    heads.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); row++) {
        auto const deadline = rows.optional_integer(row, 4);
        heads.push_back({.stream = std::string(rows.bytes(row, 0)),
            .category = std::string(rows.bytes(row, 1)),
            .version = number(rows, row, 2),
            .state = {.finished = rows.integer(row, 3) != 0,
                .deadline = deadline ? std::optional(WallTime{*deadline}) : std::nullopt}});
    }
    return heads;
}

} // namespace

Outcome<std::vector<Event>> read_events(
    Connection& connection, std::string_view stream, Version after, std::size_t events_max)
{
    auto const rows = GH_TRY(connection.run(stream_events,
        Parameters().text(stream).integer(to_bound(after)).integer(to_bound(events_max))));
    std::vector<Event> events;
    events.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); row++)
        events.push_back(event_of(rows, row));
    return events;
}

Outcome<std::vector<StreamHead>> read_heads(Connection& connection, Slot slot)
{
    return heads_of(GH_TRY(connection.run(slot_heads, Parameters().integer(slot))));
}

Outcome<std::vector<StreamHead>> read_heads_after(
    Connection& connection, std::string_view after, std::size_t streams_max)
{
    return heads_of(GH_TRY(connection.run(
        heads_after, Parameters().text(after).integer(to_bound(streams_max)))));
}

Outcome<LogPage> read_log(Connection& connection, LogCursor from, std::size_t events_max)
{
    LogPage page{.events = {}, .next = std::max<LogCursor>(from, 1), .is_last = true};
    auto const count_max = std::clamp<std::size_t>(events_max, 1, page_events_max);
    auto const rows = GH_TRY(connection.run(log_page,
        Parameters()
            .integer(to_bound(page.next))
            .integer(to_bound(count_max))
            .integer(page_bytes_max)));
    page.events.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); row++) {
        page.events.push_back({.slot = number<Slot>(rows, row, 8),
            .position = number(rows, row, 9),
            .stream = std::string(rows.bytes(row, 10)),
            .category = {},
            .state = {},
            .event = event_of(rows, row)});
        page.next = number(rows, row, 7) + 1;
        page.is_last = page.next > number(rows, row, 11);
    }
    return page;
}

} // namespace gatehouse::storage::postgres
