// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/postgres_log.hpp"

#include "base/utf8.hpp"
#include "events/append_check.hpp"
#include "storage/postgres/owner.hpp"
#include "storage/postgres/queries.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

namespace gatehouse::storage::postgres {

using events::Appended;
using events::Event;
using events::History;
using events::LogCursor;
using events::LogPage;
using events::StreamAppend;
using events::StreamSnapshot;
using events::Version;

using namespace std::chrono_literals;

namespace {

constexpr std::size_t group_bytes_max = 512 << 20; // PostgreSQL takes messages of up to 1 GiB.

constexpr char const* taken_over = "another gatehouse has taken the store over";

// PostgreSQL's text is UTF-8 without the character 0.
bool is_text(std::string_view bytes)
{
    return is_utf8(bytes) && !bytes.contains('\0');
}

Result<Placement> place(StreamTable& streams, StreamAppend const& append)
{
    if (!is_text(append.stream) || !is_text(append.category)
        || !std::ranges::all_of(append.events, is_text, &Event::type)
        || !std::ranges::all_of(append.keys, is_text, &events::MemberKey::subject))
        return fail(ErrorCode::bad_request, "Names are UTF-8, without the character 0.");
    return streams.place(append);
}

void answer_all(std::span<Result<Appended>> answers, Error const& error)
{
    std::ranges::fill(answers, Result<Appended>(std::unexpected(error)));
}

// What was answered to be kept must be there: a standby that lagged behind, or an old backup, may
// have become the database.
bool has_gone_back(StreamTable const& before, StreamTable const& now)
{
    for (Slot slot = 0; slot < slots_total; slot++)
        if (now.last_position(slot) < before.last_position(slot))
            return true;
    return false;
}

} // namespace

Result<std::unique_ptr<PostgresLog>> PostgresLog::open(Options options)
{
    auto owner = new_owner();
    TimePoint const asked(now().time_since_epoch());
    auto tenure = GH_TRY(Tenure::begin(options.target, owner, Claim::first, options.lease));
    options.on_held(asked + options.lease);
    // Appends and the lease may both find it out.
    options.on_lost = [told = std::make_shared<std::atomic_flag>(),
                          tell = std::move(options.on_lost)](std::string const& why) {
        if (!told->test_and_set())
            tell(why);
    };
    return std::unique_ptr<PostgresLog>(
        new PostgresLog(std::move(options), std::move(owner), std::move(tenure)));
}

PostgresLog::PostgresLog(Options options, std::string owner, std::unique_ptr<Tenure> tenure)
    : options_(std::move(options))
    , owner_(std::move(owner))
    , tenure_(std::move(tenure))
    , lease_(std::make_unique<Lease>(
          options_.target, owner_, options_.lease, options_.on_lost, options_.on_held))
{ }

PostgresLog::~PostgresLog()
{
    lease_.reset();
    if (!tenure_->connection().is_lost())
        tenure_->end(owner_);
}

std::vector<Result<Appended>> PostgresLog::append(std::vector<StreamAppend> batch)
{
    std::vector<Result<Appended>> answers(batch.size());
    commit(batch, answers);
    // Memory is for the unfinished. One that is named again is looked up again.
    auto& streams = tenure_->streams();
    for (auto const& one : batch)
        if (auto const* const known = streams.find(one.stream); known && known->state.finished)
            streams.forget(known->id);
    return answers;
}

void PostgresLog::commit(std::span<StreamAppend const> batch, Answers answers)
{
    if (auto const known = look_up(batch); !known)
        return answer_all(answers, known.error());
    auto& streams = tenure_->streams();
    Group group(dice_.bytes(16));
    for (std::size_t i = 0; i < batch.size(); i++) {
        auto const placement = place(streams, batch[i]);
        if (placement)
            group.add(*placement, batch[i]);
        answers[i] = placement
            ? Result<Appended>(Appended{placement->slot, placement->first_position})
            : std::unexpected(placement.error());
    }
    if (group.is_empty())
        return;
    auto const kept = write(group);
    if (kept)
        return;
    // Streams do not hang on each other: one by one, only what is refused fails.
    if (kept.error().kind == Failure::Kind::refused && !is_fenced_out(kept.error())
        && batch.size() > 1) {
        for (std::size_t i = 0; i < batch.size(); i++)
            commit(batch.subspan(i, 1), answers.subspan(i, 1));
        return;
    }
    auto const error = answer_for(kept.error());
    for (auto& answer : answers)
        if (answer)
            answer = std::unexpected(error);
}

Result<void> PostgresLog::look_up(std::span<StreamAppend const> batch)
{
    std::set<std::string_view> names;
    for (auto const& append : batch)
        if (is_text(append.stream))
            names.insert(append.stream);
    GH_CHECK(ask<std::size_t>([&](Tenure& tenure) { return tenure.look_up(names); }));
    return {};
}

Outcome<void> PostgresLog::write(Group& group)
{
    auto& streams = tenure_->streams();
    auto kept = group.bytes() <= group_bytes_max
        ? tenure_->append(group)
        : std::unexpected(Failure{Failure::Kind::refused, {}, "too much for one transaction"});
    if (kept) {
        streams.keep();
        return {};
    }
    streams.take_back();
    if (kept.error().kind == Failure::Kind::lost)
        return resolve(group, std::move(kept.error()));
    return kept;
}

// Each slot of the group names its batch, or none does.
Outcome<void> PostgresLog::resolve(Group const& group, Failure unknown)
{
    auto const give_up_at = now() + options_.resolve_within;
    while (!is_lost_) {
        connect();
        if (!tenure_->connection().is_lost()) {
            if (tenure_->holdings()[group.any_slot()].last_batch == group.batch())
                return {};
            unknown.kind = Failure::Kind::passing;
            break;
        }
        if (retry_at_ >= give_up_at)
            break;
        pause_until(retry_at_);
    }
    return std::unexpected(std::move(unknown));
}

Error PostgresLog::answer_for(Failure const& failure)
{
    auto error = error_of(failure);
    if (is_fenced_out(failure)) {
        lose(taken_over);
    } else if (error.code == ErrorCode::stale_base || failure.state == "23505") {
        // Memory and database disagree, or an action was decided twice. Both begin anew.
        error.code = ErrorCode::stale_base;
        tenure_->connection().close();
    }
    return error;
}

template <typename Answer>
Result<Answer> PostgresLog::ask(auto const& query)
{
    for (bool is_second = false;; is_second = true) {
        auto* const tenure = GH_TRY(this->tenure());
        Outcome<Answer> answer = query(*tenure);
        if (answer)
            return *std::move(answer);
        if (answer.error().kind != Failure::Kind::lost || is_second)
            return std::unexpected(read_error_of(answer.error()));
    }
}

// Not tried again: it is not what anybody waits for.
template <typename Answer>
Result<Answer> PostgresLog::change(std::string_view name, auto const& make)
{
    if (!is_text(name))
        return fail(ErrorCode::not_found, "There is nothing of that name.");
    auto* const tenure = GH_TRY(this->tenure());
    Outcome<Answer> const made = make(*tenure);
    if (!made && is_fenced_out(made.error()))
        lose(taken_over);
    if (!made)
        return std::unexpected(error_of(made.error()));
    if constexpr (std::is_void_v<Answer>)
        return {};
    else
        return *made;
}

Result<std::vector<Event>> PostgresLog::read(
    std::string_view stream, Version after, std::size_t events_max)
{
    if (!is_text(stream))
        return {};
    return ask<std::vector<Event>>([&](Tenure& tenure) {
        return read_events(tenure.connection(), stream, after, events_max);
    });
}

Result<History> PostgresLog::hydrate(std::string_view stream, std::size_t events_max)
{
    if (!is_text(stream))
        return {};
    return ask<History>([&](Tenure& tenure) {
        return read_history(tenure.connection(), stream, events_max);
    });
}

Result<void> PostgresLog::keep(StreamSnapshot snapshot)
{
    GH_CHECK(events::check(snapshot));
    return change(snapshot.stream, [&](Tenure& tenure) { return tenure.keep(snapshot); });
}

Result<void> PostgresLog::compact(std::string_view stream, Version up_to)
{
    return change(stream, [&](Tenure& tenure) { return tenure.compact(stream, up_to); });
}

Result<void> PostgresLog::erase(std::string_view stream, Version version)
{
    GH_CHECK(change(stream, [&](Tenure& tenure) { return tenure.erase(stream, version); }));
    if (auto const* const known = tenure_->streams().find(stream))
        tenure_->streams().forget(known->id);
    return {};
}

Result<Heads> PostgresLog::find(std::string_view name)
{
    if (!is_text(name))
        return {};
    return ask<Heads>([&](Tenure& tenure) { return read_heads(tenure.connection(), name); });
}

Result<Heads> PostgresLog::streams(std::string_view after, std::size_t streams_max)
{
    return ask<Heads>([&](Tenure& tenure) {
        return read_heads_after(tenure.connection(), after, streams_max);
    });
}

Result<Heads> PostgresLog::heads(Slot slot)
{
    return ask<Heads>([&](Tenure& tenure) { return read_heads(tenure.connection(), slot); });
}

Result<Memberships> PostgresLog::memberships(
    std::string_view subject, std::string_view after, std::size_t memberships_max)
{
    if (!is_text(subject) || !is_text(after))
        return {};
    return ask<Memberships>([&](Tenure& tenure) {
        return read_memberships(tenure.connection(), subject, after, memberships_max);
    });
}

Result<std::uint64_t> PostgresLog::forget(std::string_view subject)
{
    if (!is_text(subject))
        return 0;
    return change<std::uint64_t>(
        subject, [&](Tenure& tenure) { return tenure.forget(subject); });
}

Result<std::uint64_t> PostgresLog::forget_keys(std::span<std::uint64_t const> numbers)
{
    return change<std::uint64_t>(
        "", [&](Tenure& tenure) { return tenure.forget_keys(numbers); });
}

Result<Memberships> PostgresLog::keys(std::uint64_t after, std::size_t memberships_max)
{
    return ask<Memberships>([&](Tenure& tenure) {
        return read_keys(tenure.connection(), after, memberships_max);
    });
}

Result<KeyRing> PostgresLog::key_ring()
{
    return ask<KeyRing>([](Tenure& tenure) { return read_key_ring(tenure.connection()); });
}

Result<void> PostgresLog::drop_keys(std::string_view stream)
{
    if (!is_text(stream))
        return {};
    return change(stream, [&](Tenure& tenure) { return tenure.drop_keys(stream); });
}

Result<LogPage> PostgresLog::log(LogCursor from, std::size_t events_max)
{
    return ask<LogPage>(
        [&](Tenure& tenure) { return read_log(tenure.connection(), from, events_max); });
}

Result<Tenure*> PostgresLog::tenure()
{
    tenure_->connection().look();
    if (!is_lost_ && tenure_->connection().is_lost() && now() >= retry_at_)
        connect();
    if (is_lost_ || tenure_->connection().is_lost())
        return fail(ErrorCode::unavailable, "The store cannot be reached.", why_away_.detail);
    return tenure_.get();
}

void PostgresLog::connect()
{
    auto next = Tenure::begin(options_.target, owner_, Claim::again, options_.lease);
    if (next && has_gone_back(tenure_->streams(), (*next)->streams()))
        return lose("the database has lost events that it had kept");
    if (next) {
        tenure_ = *std::move(next);
        pause_max_ = {};
        retry_at_ = {};
        return;
    }
    if (next.error().code == ErrorCode::stale_base)
        return lose(taken_over);
    why_away_ = std::move(next.error());
    pause_max_ = std::clamp<std::chrono::milliseconds>(2 * pause_max_, 100ms, 5s);
    auto const chance = dice_.bytes(1);
    retry_at_ = now() + pause_max_ * static_cast<unsigned char>(chance[0]) / 255;
}

void PostgresLog::lose(std::string const& why)
{
    is_lost_ = true;
    why_away_.detail = why;
    options_.on_lost(why);
}

} // namespace gatehouse::storage::postgres
