// SPDX-License-Identifier: Apache-2.0
// What a Database answers: statements are known by their names.
#include "database.hpp"

#include "base/assert.hpp"
#include "rows.hpp"
#include "store_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <ranges>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;
using storage::postgres::Failure;

// Parameters as PostgreSQL reads them.
class Database::Query {
public:
    explicit Query(Parameters const& parameters) : values_(parameters.values()) {}

    [[nodiscard]] std::int64_t integer(std::size_t n) const { return read_integer(values_[n - 1]); }
    [[nodiscard]] std::string const& bytes(std::size_t n) const { return values_[n - 1]; }
    [[nodiscard]] std::vector<std::optional<std::string_view>> column(std::size_t n) const
    {
        return read_array(values_[n - 1]);
    }
    [[nodiscard]] std::vector<std::int64_t> integers(std::size_t n) const
    {
        std::vector<std::int64_t> out;
        for (auto const& each : column(n))
            out.push_back(read_integer(*each));
        return out;
    }

private:
    std::span<std::string const> values_;
};

namespace {

std::optional<std::int64_t> read_optional(std::optional<std::string_view> const& bytes)
{
    return bytes ? std::optional(read_integer(*bytes)) : std::nullopt;
}

void add_head(RowsBuilder& rows, std::string const& name, Tables::Stream const& stream)
{
    rows.row()
        .bytes(name)
        .bytes(stream.category)
        .integer(stream.version)
        .integer(stream.finished)
        .optional(stream.deadline)
        .integer(stream.at)
        .integer(stream.floor);
}

RowsBuilder& add_event(RowsBuilder& rows, Tables::Event const& event)
{
    return rows.row()
        .integer(event.version)
        .bytes(event.type)
        .integer(event.schema)
        .integer(event.at)
        .integer(event.actor)
        .integer(event.action)
        .bytes(event.data)
        .bytes(event.link);
}

RowsBuilder& add_no_event(RowsBuilder& rows)
{
    rows.row();
    for (int column = 0; column < 8; column++)
        rows.null();
    return rows;
}

// The first events of a stream after `after`.
std::vector<Tables::Event const*> events_after(
    Tables const& tables, Tables::Stream const& stream, std::int64_t after, std::int64_t most)
{
    std::vector<Tables::Event const*> found;
    for (auto const id : stream.events)
        if (auto const& event = tables.events.at(id);
            event.version > after && std::cmp_less(found.size(), most))
            found.push_back(&event);
    return found;
}

constexpr std::size_t head_columns = 7;

storage::postgres::Rows select_heads(Tables const& tables, auto const& is_wanted,
    std::int64_t most = std::numeric_limits<std::int64_t>::max())
{
    RowsBuilder rows(head_columns);
    for (auto const& [name, stream] : tables.streams)
        if (most > 0 && is_wanted(name, stream)) {
            add_head(rows, name, stream);
            most--;
        }
    return rows.take();
}

// ORDER BY slot, id
storage::postgres::Rows select_unfinished(
    Tables const& tables, std::int64_t slot, std::string const& after, std::int64_t most)
{
    std::vector<std::pair<std::int64_t, std::string_view>> places;
    for (auto const& [name, stream] : tables.streams)
        if (stream.finished == 0
            && std::pair(stream.slot, std::string_view(name))
                > std::pair(slot, std::string_view(after)))
            places.emplace_back(stream.slot, name);
    std::ranges::sort(places);
    RowsBuilder rows(head_columns);
    for (auto const& [its_slot, name] : places)
        if (most-- > 0)
            add_head(rows, std::string(name), tables.streams.find(name)->second);
    return rows.take();
}

storage::postgres::Rows select_events(
    Tables const& tables, std::string const& name, std::int64_t after, std::int64_t most)
{
    RowsBuilder rows(9);
    auto const stream = tables.streams.find(name);
    if (stream == tables.streams.end())
        return rows.take();
    std::int64_t const is_gone = stream->second.floor > after && stream->second.version > after;
    auto const events = events_after(tables, stream->second, after, most);
    if (events.empty())
        add_no_event(rows).integer(is_gone);
    for (auto const* const event : events)
        add_event(rows, *event).integer(is_gone);
    return rows.take();
}

storage::postgres::Rows select_history(
    Tables const& tables, std::string const& name, std::int64_t most)
{
    RowsBuilder rows(12);
    auto const stream = tables.streams.find(name);
    if (stream == tables.streams.end())
        return rows.take();
    auto const kept = tables.snapshots.find(name);
    auto const* const snapshot = kept == tables.snapshots.end() ? nullptr : &kept->second;
    auto const add_snapshot = [&](RowsBuilder& row) {
        if (snapshot)
            row.integer(snapshot->version)
                .bytes(snapshot->link)
                .bytes(snapshot->state)
                .bytes(snapshot->hash);
        else
            row.null().null().null().null();
    };
    auto const events
        = events_after(tables, stream->second, snapshot ? snapshot->version : 0, most);
    if (events.empty())
        add_snapshot(add_no_event(rows));
    for (auto const* const event : events)
        add_snapshot(add_event(rows, *event));
    return rows.take();
}

// In the order of their numbers where it is asked for, else of streams and actors.
storage::postgres::Rows select_memberships(Tables const& tables, auto const& is_wanted,
    std::int64_t most = std::numeric_limits<std::int64_t>::max(), bool is_by_number = false)
{
    std::vector<Tables::Membership const*> found;
    for (auto const& [place, membership] : tables.memberships)
        if (is_wanted(membership))
            found.push_back(&membership);
    if (is_by_number)
        std::ranges::sort(found, {}, &Tables::Membership::number);
    RowsBuilder rows(5);
    for (auto const* const each : found)
        if (most-- > 0)
            rows.row()
                .integer(each->number)
                .bytes(each->stream)
                .integer(each->actor)
                .bytes(each->subject)
                .bytes(each->key);
    return rows.take();
}

storage::postgres::Rows select_log(
    Tables const& tables, std::int64_t from, std::int64_t most, std::int64_t bytes_max)
{
    RowsBuilder rows(16);
    std::int64_t bytes = 0;
    for (auto at = tables.events.lower_bound(from);
         at != tables.events.end() && most > 0 && bytes < bytes_max; ++at) {
        auto const& event = at->second;
        if (tables.remains.contains(event.stream))
            continue;
        most--;
        bytes += static_cast<std::int64_t>(event.data.size());
        add_event(rows, event)
            .integer(event.id)
            .integer(event.slot)
            .integer(event.position)
            .bytes(event.stream)
            .bytes(tables.streams.find(event.stream)->second.category)
            .integer(event.finished)
            .optional(event.deadline)
            .integer(tables.events.rbegin()->first);
    }
    return rows.take();
}

storage::postgres::Rows select_holder(Tables const& tables)
{
    RowsBuilder rows(2);
    auto const holder = std::ranges::max_element(tables.slots, {}, &Tables::Slot::lease_until);
    if (!holder->owner.empty() && holder->lease_until >= nanoseconds(store_clock()))
        rows.row().bytes(holder->owner).bytes("later");
    return rows.take();
}

storage::postgres::Rows nothing() { return RowsBuilder(0).take(); }

Tables::Append read_append(auto const& query)
{
    Tables::Append append{.batch = query.bytes(1),
        .ttl_ms = query.integer(2),
        .slots = query.integers(3),
        .epochs = query.integers(4),
        .first_positions = query.integers(5),
        .counts = query.integers(6),
        .streams = {},
        .events = {},
        .keys = {}};
    auto const names = query.column(7);
    auto const slots = query.integers(8), before = query.integers(10), after = query.integers(11),
               finishes = query.integers(12), ats = query.integers(14);
    auto const categories = query.column(9), deadlines = query.column(13);
    for (std::size_t i = 0; i < names.size(); i++)
        append.streams[std::string(*names[i])] = {before[i],
            Tables::Stream{.slot = slots[i],
                .category = std::string(*categories[i]),
                .version = after[i],
                .finished = finishes[i],
                .deadline = read_optional(deadlines[i]),
                .at = ats[i]}};
    auto const streams = query.column(15), types = query.column(19), datas = query.column(25),
               links = query.column(26), event_deadlines = query.column(28);
    auto const versions = query.integers(16), event_slots = query.integers(17),
               positions = query.integers(18), schemas = query.integers(20),
               event_ats = query.integers(21), actors = query.integers(22),
               actions = query.integers(23), begins = query.integers(24),
               event_finishes = query.integers(27);
    for (std::size_t i = 0; i < streams.size(); i++)
        append.events.push_back({.id = 0,
            .stream = std::string(*streams[i]),
            .version = versions[i],
            .slot = event_slots[i],
            .position = positions[i],
            .type = std::string(*types[i]),
            .schema = schemas[i],
            .at = event_ats[i],
            .actor = actors[i],
            .action = actions[i],
            .begins_action = begins[i],
            .data = std::string(*datas[i]),
            .link = std::string(*links[i]),
            .finished = event_finishes[i],
            .deadline = read_optional(event_deadlines[i])});
    auto const key_streams = query.column(29), subjects = query.column(31),
               keys = query.column(32);
    auto const key_actors = query.integers(30);
    for (std::size_t i = 0; i < keys.size(); i++)
        append.keys.push_back({.number = 0,
            .stream = std::string(*key_streams[i]),
            .actor = key_actors[i],
            .subject = std::string(*subjects[i]),
            .key = std::string(*keys[i])});
    return append;
}

}  // namespace

Database::Outcome<Database::Rows> Database::acquire(Query const& query)
{
    let_late_ones_arrive(true);
    auto const& owner = query.bytes(2);
    bool const again = query.integer(3) != 0;
    auto const& gone = query.bytes(4);
    auto const ttl_ms = query.integer(5);
    auto const now = store_clock();
    for (auto const& slot : primary_.slots) {
        if (again && slot.owner != owner)
            return refuse("GH001", "fenced out");
        if (slot.owner != owner && slot.owner != gone && !slot.owner.empty()
            && slot.lease_until >= nanoseconds(now))
            return std::unexpected(Failure{Failure::Kind::refused, "GH003", slot.owner, "later"});
    }
    GH_CHECK(commit([owner, ttl_ms, now](Tables& tables) -> Outcome<void> {
        for (auto& slot : tables.slots) {
            slot.epoch++;
            slot.owner = owner;
            slot.lease_until = lease_end(now, ttl_ms);
        }
        return {};
    }));
    RowsBuilder rows(4);
    for (std::int64_t number = 0; auto const& slot : primary_.slots)
        rows.row()
            .integer(number++)
            .integer(slot.epoch)
            .integer(slot.next_position)
            .bytes(plan_.bug == Bug::resolves_as_kept ? last_batch_sent_
                                                      : slot.last_batch.value_or(""));
    return rows.take();
}

Database::Outcome<Database::Rows> Database::renew(Query const& query)
{
    auto const& owner = query.bytes(1);
    auto const ttl_ms = query.integer(2);
    auto const now = store_clock();
    GH_CHECK(commit([owner, ttl_ms, now](Tables& tables) -> Outcome<void> {
        for (auto& slot : tables.slots)
            if (slot.owner == owner && slot.lease_until < lease_end(now, ttl_ms * 7 / 10))
                slot.lease_until = lease_end(now, ttl_ms);
        return {};
    }));
    std::int64_t held = 0;
    auto until = lease_end(now, ttl_ms);
    for (auto const& slot : primary_.slots)
        if (slot.owner == owner) {
            held++;
            until = std::min(until, slot.lease_until);
        }
    RowsBuilder rows(2);
    rows.row().integer(held).integer((until - nanoseconds(now)) / 1'000'000);
    return rows.take();
}

Database::Outcome<Database::Rows> Database::run(Session& session, std::string_view statement,
    Parameters const& parameters, std::chrono::milliseconds within)
{
    auto rows = answer(session, statement, parameters, within);
    if (rows && statement != "renew_slots" && statement != "holder_now") // They tell of no event.
        told_event_ = primary_.next_event;
    return rows;
}

Database::Outcome<Database::Rows> Database::answer(Session& session, std::string_view statement,
    Parameters const& parameters, std::chrono::milliseconds within)
{
    if (is_silent_ || is_cut_off(session))
        return std::unexpected(lose(session));
    if (is_out_of_reach(session.client)) {
        set_store_clock(store_clock() + (luck_.one_in(2) ? Duration(within) : 100us));
        return std::unexpected(lose(session));
    }
    set_store_clock(store_clock() + luck_.between(50us, 800us));
    let_late_ones_arrive(false);
    Query const query(parameters);
    if (luck_.one_in(plan_.postgres.read_cut_one_in))
        return std::unexpected(lose(session));
    auto const done = [](Outcome<void> outcome) -> Outcome<Rows> {
        GH_CHECK(std::move(outcome));
        return nothing();
    };

    if (statement == "append_group") {
        auto append = read_append(query);
        last_batch_sent_ = append.batch;
        return done(change(session,
            [append = std::move(append), bug = plan_.bug](Tables& tables) {
                return tables.append(append, store_clock(), bug);
            },
            within));
    }
    if (statement == "keep_snapshot" || statement == "erase_stream"
        || statement == "clear_remains")
        return done(change(session,
            [name = std::string(statement), slot = query.integer(1), epoch = query.integer(2),
                stream = query.bytes(3), number = query.integer(4),
                rest = std::vector(parameters.values().begin() + 4, parameters.values().end())](
                Tables& tables) -> Outcome<void> {
                GH_CHECK(tables.fence(slot, epoch));
                return name == "keep_snapshot"
                    ? tables.keep(stream, {number, rest[0], rest[1], rest[2]})
                    : name == "erase_stream" ? tables.erase(stream, number)
                                             : tables.clear(stream, number);
            },
            within));
    if (statement == "compact_stream") {
        auto const stream = query.bytes(3);
        auto const compacted = change(session,
            [slot = query.integer(1), epoch = query.integer(2), stream, up_to = query.integer(4),
                most = query.integer(5)](Tables& tables) -> Outcome<void> {
                GH_CHECK(tables.fence(slot, epoch));
                return tables.compact(stream, up_to, most);
            },
            within);
        GH_CHECK(compacted);
        RowsBuilder rows(1);
        rows.row().integer(primary_.streams.find(stream)->second.floor);
        return rows.take();
    }
    if (statement == "remains_left") {
        RowsBuilder rows(1);
        if (!primary_.remains.empty())
            rows.row().bytes(primary_.remains.begin()->first);
        return rows.take();
    }
    if (statement == "forget_subject") {
        auto const& subject = query.bytes(3);
        auto const most = query.integer(4);
        auto const known = std::ranges::count(
            primary_.memberships | std::views::values, subject, &Tables::Membership::subject);
        auto const forgotten = change(session,
            [slot = query.integer(1), epoch = query.integer(2), subject, most](
                Tables& tables) -> Outcome<void> {
                GH_CHECK(tables.fence(slot, epoch));
                return tables.forget(subject, most);
            },
            within);
        GH_CHECK(forgotten);
        RowsBuilder rows(1);
        rows.row().integer(std::min<std::int64_t>(most, known));
        return rows.take();
    }
    if (statement == "drop_stream_keys")
        return done(change(session,
            [slot = query.integer(1), epoch = query.integer(2), stream = query.bytes(3)](
                Tables& tables) -> Outcome<void> {
                GH_CHECK(tables.fence(slot, epoch));
                return tables.drop_keys(stream);
            },
            within));
    if (statement == "holder_now")
        return select_holder(primary_);
    if (statement == "acquire")
        return acquire(query);
    if (statement == "renew_slots")
        return renew(query);
    if (statement == "release")
        return done(commit([owner = query.bytes(1)](Tables& tables) -> Outcome<void> {
            for (auto& slot : tables.slots)
                if (slot.owner == owner) {
                    slot.owner.clear();
                    slot.lease_until = 0;
                }
            return {};
        }));
    if (statement == "stream_events")
        return select_events(primary_, query.bytes(1), query.integer(2), query.integer(3));
    if (statement == "stream_history")
        return select_history(primary_, query.bytes(1), query.integer(2));
    if (statement == "slot_heads")
        return select_heads(primary_,
            [slot = query.integer(1)](auto const&, auto const& each) { return each.slot == slot; });
    if (statement == "heads_found")
        return select_heads(primary_, [&](auto const& name, auto const&) {
            return name == query.bytes(1) || (name >= query.bytes(2) && name < query.bytes(3));
        });
    if (statement == "heads_named")
        return select_heads(primary_, [names = query.column(1)](auto const& name, auto const&) {
            return std::ranges::find(names, std::string_view(name)) != names.end();
        });
    if (statement == "heads_after")
        return select_heads(
            primary_, [&](auto const& name, auto const&) { return name > query.bytes(1); },
            query.integer(2));
    if (statement == "unfinished_after")
        return select_unfinished(primary_, query.integer(1), query.bytes(2), query.integer(3));
    if (statement == "stream_keys")
        return select_memberships(
            primary_, [&](auto const& each) { return each.stream == query.bytes(1); });
    if (statement == "subject_keys")
        return select_memberships(
            primary_,
            [&](auto const& each) {
                return each.subject == query.bytes(1) && each.stream > query.bytes(2);
            },
            query.integer(3));
    if (statement == "keys_after")
        return select_memberships(
            primary_, [&](auto const& each) { return each.number > query.integer(1); },
            query.integer(2), true);
    if (statement == "log_page")
        return select_log(primary_, query.integer(1), query.integer(2), query.integer(3));
    fmt::print(stderr, "database.cpp: teach the simulation the statement {}\n", statement);
    GH_ASSERT(false);
    return nothing();
}

}  // namespace gatehouse::simulation
