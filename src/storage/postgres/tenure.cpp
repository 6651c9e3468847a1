// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/tenure.hpp"

#include "storage/log.hpp"
#include "storage/postgres/owner.hpp"
#include "storage/postgres/queries.hpp"
#include "storage/postgres/schema.hpp"

#include <fmt/core.h>

#include <utility>

namespace gatehouse::storage::postgres {

namespace {

constexpr std::size_t heads_at_once = 10'000;
constexpr std::int64_t deleted_at_once = 4096; // Events, in one transaction.

constexpr Statement holder_now{"holder_now", R"(
    SELECT owner, to_char(lease_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    FROM gatehouse.slot WHERE owner <> '' AND lease_until >= clock_timestamp()
    ORDER BY lease_until DESC LIMIT 1)"};
constexpr Statement acquire{"acquire", "SELECT * FROM gatehouse.acquire($1, $2, $3, $4, $5)"};
constexpr Statement release{"release", R"(
    UPDATE gatehouse.slot SET owner = '', lease_until = '-infinity' WHERE owner = $1)"};
constexpr Statement append_group{"append_group", R"(
    SELECT gatehouse.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
        $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
        $31, $32))"};
constexpr Statement keep_snapshot{
    "keep_snapshot", "SELECT gatehouse.keep($1, $2, $3, $4, $5, $6, $7)"};
constexpr Statement compact_stream{
    "compact_stream", "SELECT gatehouse.compact($1, $2, $3, $4, $5)"};
constexpr Statement erase_stream{"erase_stream", "SELECT gatehouse.erase($1, $2, $3, $4)"};
constexpr Statement remains_left{"remains_left", "SELECT stream FROM gatehouse.remains LIMIT 1"};
constexpr Statement clear_remains{"clear_remains", "SELECT gatehouse.clear($1, $2, $3, $4)"};
constexpr Statement forget_subject{"forget_subject", "SELECT gatehouse.forget($1, $2, $3, $4)"};
constexpr Statement forget_numbers{
    "forget_numbers", "SELECT gatehouse.forget_numbers($1, $2, $3)"};
constexpr Statement drop_stream_keys{
    "drop_stream_keys", "SELECT gatehouse.drop_keys($1, $2, $3)"};

std::unexpected<Error> cannot_open(Failure const& failure)
{
    return fail(
        ErrorCode::unavailable, "The store cannot be opened.", error_of(failure).detail);
}

} // namespace

bool is_fenced_out(Failure const& failure)
{
    return failure.state == "GH001";
}

Result<void> check_nobody_holds(Connection& connection)
{
    auto const holder = connection.run(holder_now);
    if (!holder)
        return cannot_open(holder.error());
    if (holder->size() == 0 || has_ended(holder->bytes(0, 0)))
        return {};
    return fail(ErrorCode::unavailable, "The store cannot be migrated.",
        fmt::format("{} holds it, with a lease until {}: stop it first",
            describe_owner(holder->bytes(0, 0)), holder->bytes(0, 1)));
}

Result<std::string> describe_holder(Connection& connection)
{
    auto const holder = connection.run(holder_now);
    if (!holder)
        return cannot_open(holder.error());
    if (holder->size() == 0)
        return "held by nobody";
    return fmt::format("held by {}, with a lease until {}", describe_owner(holder->bytes(0, 0)),
        holder->bytes(0, 1));
}

Result<std::unique_ptr<Tenure>> Tenure::begin(Target const& target, std::string const& owner,
    Claim claim, std::chrono::milliseconds lease)
{
    auto connection = GH_TRY(Connection::open(target));
    if (GH_TRY(schema_version(connection)) == 0)
        GH_CHECK(migrate(connection));
    GH_CHECK(check_schema(connection));
    std::unique_ptr<Tenure> tenure(new Tenure(std::move(connection), lease));
    GH_CHECK(tenure->take_slots(owner, claim));
    GH_CHECK(tenure->load());
    return tenure;
}

Result<void> Tenure::take_slots(std::string const& owner, Claim claim)
{
    auto const before = connection_.run(holder_now);
    if (!before)
        return cannot_open(before.error());
    std::string const holder(before->size() == 0 ? "" : before->bytes(0, 0));
    Column slots(Column::Of::integers);
    for (Slot slot = 0; slot < slots_total; slot++)
        slots.add(std::int64_t{slot});
    auto const taken = connection_.run(acquire,
        Parameters()
            .column(std::move(slots))
            .text(owner)
            .integer(std::int64_t{claim == Claim::again})
            .text(has_ended(holder) ? holder : "")
            .integer(lease_.count()));
    if (!taken && taken.error().state == "GH003")
        return fail(ErrorCode::unavailable, "The store cannot be opened.",
            fmt::format("{} holds it, with a lease until {}",
                describe_owner(taken.error().message), taken.error().detail));
    if (!taken && is_fenced_out(taken.error()))
        return fail(ErrorCode::stale_base, "The store has another owner.");
    if (!taken)
        return cannot_open(taken.error());
    if (taken->size() != slots_total)
        return fail(ErrorCode::internal, "The store is damaged.",
            fmt::format("it has {} slots of {}", taken->size(), slots_total));
    for (std::size_t row = 0; row < taken->size(); row++) {
        auto const slot = static_cast<Slot>(taken->integer(row, 0));
        auto const next_position = static_cast<std::uint64_t>(taken->integer(row, 2));
        if (!streams_.restore(slot, next_position - 1))
            return fail(ErrorCode::internal, "The store is damaged.",
                fmt::format("there is no slot {}", slot));
        holdings_[slot] = {taken->integer(row, 1), std::string(taken->bytes(row, 3))};
    }
    return {};
}

Result<void> Tenure::load()
{
    Slot slot = 0;
    std::string last;
    while (true) {
        auto const heads = read_unfinished_after(connection_, slot, last, heads_at_once);
        if (!heads)
            return cannot_open(heads.error());
        for (auto const& head : *heads)
            if (!know(head))
                return fail(ErrorCode::internal, "The store is damaged.",
                    fmt::format("stream {} does not fit", head.stream));
        if (heads->size() < heads_at_once)
            return {};
        last = heads->back().stream;
        slot = slot_of(last);
    }
}

bool Tenure::know(events::StreamHead const& head)
{
    return streams_.restore({.id = streams_.next_id(),
        .slot = slot_of(head.stream),
        .name = head.stream,
        .category = head.category,
        .version = head.version,
        .state = head.state,
        .at = head.at});
}

Outcome<std::size_t> Tenure::look_up(std::set<std::string_view> const& names)
{
    Column unknown(Column::Of::texts);
    for (auto const name : names)
        if (!streams_.find(name))
            unknown.add(name);
    if (unknown.count() == 0)
        return 0;
    auto const heads = GH_TRY(read_heads(connection_, std::move(unknown)));
    for (auto const& head : heads)
        if (!know(head))
            return std::unexpected(Failure{Failure::Kind::refused, {},
                fmt::format("stream {} does not fit", head.stream)});
    return heads.size();
}

Outcome<void> Tenure::append(Group& group)
{
    GH_CHECK(clear());
    GH_CHECK(connection_.run(append_group, group.parameters(holdings_, lease_.count())));
    return {};
}

Parameters Tenure::change_of(std::string_view stream) const
{
    auto const slot = slot_of(stream);
    return std::move(Parameters().integer(slot).integer(holdings_[slot].epoch).text(stream));
}

Outcome<void> Tenure::keep(events::StreamSnapshot const& snapshot)
{
    auto const& [version, link, state, hash] = snapshot.snapshot;
    GH_CHECK(connection_.run(keep_snapshot,
        change_of(snapshot.stream)
            .integer(static_cast<std::int64_t>(version))
            .blob(as_text(link))
            .blob(state)
            .blob(hash)));
    return {};
}

Outcome<void> Tenure::compact(std::string_view stream, events::Version up_to)
{
    auto const last = static_cast<std::int64_t>(up_to);
    while (GH_TRY(connection_.run(
                      compact_stream, change_of(stream).integer(last).integer(deleted_at_once)))
               .integer(0, 0)
        < last) { }
    return {};
}

Outcome<void> Tenure::erase(std::string_view stream, events::Version version)
{
    GH_CHECK(connection_.run(
        erase_stream, change_of(stream).integer(static_cast<std::int64_t>(version))));
    may_remain_ = true;
    return clear();
}

Outcome<void> Tenure::clear()
{
    while (may_remain_) {
        auto const left = GH_TRY(connection_.run(remains_left));
        may_remain_ = left.size() > 0;
        if (may_remain_)
            GH_CHECK(connection_.run(
                clear_remains, change_of(left.bytes(0, 0)).integer(deleted_at_once)));
    }
    return {};
}

// Of rooms in many slots; all of them are ours, or the first one is not.
Outcome<std::uint64_t> Tenure::forget(std::string_view subject)
{
    auto const forgotten = GH_TRY(connection_.run(forget_subject,
        Parameters().integer(0).integer(holdings_[0].epoch).text(subject).integer(forget_max)));
    return static_cast<std::uint64_t>(forgotten.integer(0, 0));
}

Outcome<std::uint64_t> Tenure::forget_keys(std::span<std::uint64_t const> numbers)
{
    Column column(Column::Of::integers);
    for (auto const number : numbers)
        column.add(static_cast<std::int64_t>(number));
    auto const forgotten = GH_TRY(connection_.run(forget_numbers,
        Parameters().integer(0).integer(holdings_[0].epoch).column(std::move(column))));
    return static_cast<std::uint64_t>(forgotten.integer(0, 0));
}

Outcome<void> Tenure::drop_keys(std::string_view stream)
{
    GH_CHECK(connection_.run(drop_stream_keys, change_of(stream)));
    return {};
}

void Tenure::end(std::string const& owner)
{
    static_cast<void>(connection_.run(release, Parameters().text(owner)));
}

} // namespace gatehouse::storage::postgres
