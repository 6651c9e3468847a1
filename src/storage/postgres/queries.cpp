// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/queries.hpp"

#include "events/page.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace gatehouse::storage::postgres {

using events::Event;
using events::History;
using events::Link;
using events::LogCursor;
using events::LogPage;
using events::StreamState;
using events::Version;

namespace {

constexpr Statement stream_events{"stream_events", R"(
    SELECT e.version, e.type, e.schema, e.at, e.actor, e.action, e.data, e.link,
        s.floor > $2 AND s.version > $2
    FROM gatehouse.stream s LEFT JOIN LATERAL (
        SELECT *, sum(octet_length(data)) OVER (ORDER BY version) - octet_length(data) AS before
        FROM (SELECT * FROM gatehouse.event e
            WHERE e.stream = s.id AND e.version > $2 ORDER BY e.version LIMIT $3) page
    ) e ON e.before < $4
    WHERE s.id = $1 ORDER BY e.version)"};
// The snapshot comes with the first event after it; alone, where there is none.
constexpr Statement stream_history{"stream_history", R"(
    SELECT e.version, e.type, e.schema, e.at, e.actor, e.action, e.data, e.link, k.version,
        CASE WHEN e.n > 1 THEN NULL ELSE k.link END, CASE WHEN e.n > 1 THEN NULL ELSE k.state END,
        CASE WHEN e.n > 1 THEN NULL ELSE k.hash END
    FROM gatehouse.stream s LEFT JOIN gatehouse.snapshot k ON k.stream = s.id
    LEFT JOIN LATERAL (SELECT *, row_number() OVER (ORDER BY version) AS n,
            sum(octet_length(data)) OVER (ORDER BY version) - octet_length(data) AS before
        FROM (SELECT * FROM gatehouse.event e
            WHERE e.stream = s.id AND e.version > coalesce(k.version, 0)
            ORDER BY e.version LIMIT $2) page
    ) e ON e.before < $3
    WHERE s.id = $1 ORDER BY e.version)"};
constexpr Statement slot_heads{"slot_heads", R"(
    SELECT id, category, version, finished, deadline, at, floor
    FROM gatehouse.stream WHERE slot = $1 AND NOT finished)"};
constexpr Statement heads_found{"heads_found", R"(
    SELECT id, category, version, finished, deadline, at, floor
    FROM gatehouse.stream WHERE id = $1 OR (id >= $2 AND id < $3) ORDER BY id)"};
constexpr Statement heads_named{"heads_named", R"(
    SELECT id, category, version, finished, deadline, at, floor
    FROM gatehouse.stream WHERE id = ANY ($1))"};
constexpr Statement heads_after{"heads_after", R"(
    SELECT id, category, version, finished, deadline, at, floor
    FROM gatehouse.stream WHERE id > $1 ORDER BY id LIMIT $2)"};
constexpr Statement unfinished_after{"unfinished_after", R"(
    SELECT id, category, version, finished, deadline, at, floor
    FROM gatehouse.stream WHERE NOT finished AND (slot, id) > ($1, $2)
    ORDER BY slot, id LIMIT $3)"};
constexpr Statement stream_keys{"stream_keys", R"(
    SELECT number, stream, actor, subject, key
    FROM gatehouse.membership WHERE stream = $1 ORDER BY actor)"};
constexpr Statement subject_keys{"subject_keys", R"(
    SELECT number, stream, actor, subject, key FROM gatehouse.membership
    WHERE subject = $1 AND stream > $2 ORDER BY stream, actor LIMIT $3)"};
constexpr Statement keys_after{"keys_after", R"(
    SELECT number, stream, actor, subject, key
    FROM gatehouse.membership WHERE number > $1 ORDER BY number LIMIT $2)"};
constexpr Statement key_ring{"key_ring", R"(
    SELECT substr(sha256(convert_to(concat_ws(' ', c.system_identifier, d.oid,
            'gatehouse.membership'::regclass::oid), 'UTF8')), 1, 16),
        r.forgotten, (SELECT coalesce(max(number), 0) FROM gatehouse.membership)
    FROM gatehouse.ring r, pg_control_system() c, pg_database d
    WHERE d.datname = current_database())"};
// The page ends with the event that reaches $3 bytes: those with less before them belong to it. The
// size of data is known without reading it. All of one snapshot, the last id too.
constexpr Statement log_page{"log_page", R"(
    SELECT e.version, e.type, e.schema, e.at, e.actor, e.action, e.data, e.link, e.id, e.slot,
        e.position, e.stream, s.category, e.finished, e.deadline,
        (SELECT max(id) FROM gatehouse.event)
    FROM (SELECT *, sum(octet_length(data)) OVER (ORDER BY id) - octet_length(data) AS before
        FROM (SELECT * FROM gatehouse.event
            WHERE id >= $1 AND stream <> ALL (ARRAY(SELECT stream FROM gatehouse.remains))
            ORDER BY id LIMIT $2) page) e
    JOIN gatehouse.stream s ON s.id = e.stream
    WHERE before < $3 ORDER BY e.id)"};

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

Link link_of(std::string_view bytes)
{
    Link link{};
    std::memcpy(link.data(), bytes.data(), std::min(bytes.size(), link.size()));
    return link;
}

StreamState state_of(Rows const& rows, std::size_t row, int finished, int deadline)
{
    auto const at = rows.optional_integer(row, deadline);
    return {.finished = rows.integer(row, finished) != 0,
        .deadline = at ? std::optional(WallTime{*at}) : std::nullopt};
}

// Of the first eight columns.
Event event_of(Rows const& rows, std::size_t row)
{
    return {.version = number(rows, row, 0),
        .type = std::string(rows.bytes(row, 1)),
        .schema = number<std::uint16_t>(rows, row, 2),
        .at = {rows.integer(row, 3)},
        .cause = {.actor = number<std::uint32_t>(rows, row, 4), .action = number(rows, row, 5)},
        .data = std::string(rows.bytes(row, 6)),
        .link = link_of(rows.bytes(row, 7))};
}

// No row says more than that there is a stream where its version is NULL.
std::vector<Event> events_of(Rows const& rows)
{
    std::vector<Event> events;
    events.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); row++)
        if (rows.optional_integer(row, 0))
            events.push_back(event_of(rows, row));
    return events;
}

Heads heads_of(Rows const& rows)
{
    Heads heads;
    heads.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); row++)
        heads.push_back({.stream = std::string(rows.bytes(row, 0)),
            .category = std::string(rows.bytes(row, 1)),
            .version = number(rows, row, 2),
            .state = state_of(rows, row, 3, 4),
            .at = {rows.integer(row, 5)},
            .floor = number(rows, row, 6)});
    return heads;
}

Memberships memberships_of(Rows const& rows)
{
    Memberships memberships;
    memberships.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); row++)
        memberships.push_back({.number = number(rows, row, 0),
            .stream = std::string(rows.bytes(row, 1)),
            .member = {.subject = std::string(rows.bytes(row, 3)),
                .actor = number<std::uint32_t>(rows, row, 2),
                .key = std::string(rows.bytes(row, 4))}});
    return memberships;
}

} // namespace

Outcome<std::vector<Event>> read_events(
    Connection& connection, std::string_view stream, Version after, std::size_t events_max)
{
    auto const rows = GH_TRY(connection.run(stream_events,
        Parameters().text(stream).integer(to_bound(after)).integer(to_bound(events_max)).integer(
            events::read_bytes_max)));
    if (rows.size() > 0 && rows.integer(0, 8) != 0)
        return std::unexpected(Failure{Failure::Kind::refused, "GH004", "they were compacted"});
    return events_of(rows);
}

Outcome<History> read_history(
    Connection& connection, std::string_view stream, std::size_t events_max)
{
    auto const rows = GH_TRY(connection.run(
        stream_history, Parameters().text(stream).integer(to_bound(events_max)).integer(
            events::read_bytes_max)));
    History history{.snapshot = {}, .events = events_of(rows)};
    if (rows.size() > 0 && rows.optional_integer(0, 8))
        history.snapshot = {.version = number(rows, 0, 8),
            .link = link_of(rows.bytes(0, 9)),
            .state = std::string(rows.bytes(0, 10)),
            .hash = std::string(rows.bytes(0, 11))};
    if (rows.size() > 0)
        for (auto& each : memberships_of(
                 GH_TRY(connection.run(stream_keys, Parameters().text(stream)))))
            history.keys.push_back(std::move(each.member));
    return history;
}

Outcome<Heads> read_heads(Connection& connection, Slot slot)
{
    return heads_of(GH_TRY(connection.run(slot_heads, Parameters().integer(slot))));
}

Outcome<Heads> read_heads(Connection& connection, std::string_view name)
{
    auto const is_code = !name.contains('.');
    auto const first = std::string(name) + (is_code ? "." : "");
    auto const end = std::string(name) + (is_code ? "/" : ""); // What comes after a dot.
    return heads_of(GH_TRY(
        connection.run(heads_found, Parameters().text(name).text(first).text(end))));
}

Outcome<Heads> read_heads(Connection& connection, Column names)
{
    return heads_of(
        GH_TRY(connection.run(heads_named, Parameters().column(std::move(names)))));
}

Outcome<Heads> read_heads_after(
    Connection& connection, std::string_view after, std::size_t streams_max)
{
    return heads_of(GH_TRY(connection.run(
        heads_after, Parameters().text(after).integer(to_bound(streams_max)))));
}

Outcome<Heads> read_unfinished_after(
    Connection& connection, Slot slot, std::string_view after, std::size_t streams_max)
{
    return heads_of(GH_TRY(connection.run(unfinished_after,
        Parameters().integer(slot).text(after).integer(to_bound(streams_max)))));
}

Outcome<Memberships> read_memberships(Connection& connection, std::string_view subject,
    std::string_view after, std::size_t memberships_max)
{
    return memberships_of(GH_TRY(connection.run(subject_keys,
        Parameters().text(subject).text(after).integer(to_bound(memberships_max)))));
}

Outcome<Memberships> read_keys(
    Connection& connection, std::uint64_t after, std::size_t memberships_max)
{
    return memberships_of(GH_TRY(connection.run(
        keys_after, Parameters().integer(to_bound(after)).integer(to_bound(memberships_max)))));
}

Outcome<KeyRing> read_key_ring(Connection& connection)
{
    auto const rows = GH_TRY(connection.run(key_ring));
    if (rows.size() != 1)
        return std::unexpected(Failure{Failure::Kind::refused, {}, "gatehouse.ring has no row"});
    return KeyRing{.id = std::string(rows.bytes(0, 0)),
        .forgotten = number(rows, 0, 1),
        .last = number(rows, 0, 2)};
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
        page.events.push_back({.slot = number<Slot>(rows, row, 9),
            .position = number(rows, row, 10),
            .stream = std::string(rows.bytes(row, 11)),
            .category = std::string(rows.bytes(row, 12)),
            .state = state_of(rows, row, 13, 14),
            .event = event_of(rows, row)});
        page.next = number(rows, row, 8) + 1;
        page.is_last = page.next > number(rows, row, 15);
    }
    return page;
}

} // namespace gatehouse::storage::postgres
