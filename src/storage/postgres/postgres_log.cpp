// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/postgres_log.hpp"

#include "base/utf8.hpp"
#include "storage/postgres/owner.hpp"
#include "storage/postgres/queries.hpp"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace gatehouse::storage::postgres {

using events::Appended;
using events::Event;
using events::LogCursor;
using events::LogPage;
using events::StreamAppend;
using events::StreamHead;
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
        || !std::ranges::all_of(append.events, is_text, &Event::type))
        return fail(ErrorCode::bad_request, "Names are UTF-8, without the character 0.");
    return streams.place(append);
}

void answer_all(std::span<Result<Appended>> answers, Error const& error)
{
    std::ranges::fill(answers, Result<Appended>(std::unexpected(error)));
}

// A signal may end it early: the caller looks again.
void pause_until(std::chrono::steady_clock::time_point at)
{
    auto const left
        = std::chrono::ceil<std::chrono::milliseconds>(at - std::chrono::steady_clock::now());
    ::poll(nullptr, 0, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
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
    auto tenure = GH_TRY(Tenure::begin(options.target, owner, Claim::first, options.lease));
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
          options_.target, owner_, options_.lease, options_.on_lost))
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
    return answers;
}

void PostgresLog::commit(std::span<StreamAppend const> batch, Answers answers)
{
    auto const tenure = this->tenure();
    if (!tenure)
        return answer_all(answers, tenure.error());
    auto& streams = (*tenure)->streams();
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
    auto const give_up_at = Clock::now() + options_.resolve_within;
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
    } else if (failure.state == "GH002" || failure.state == "23505") {
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
        Outcome<Answer> answer = query(tenure->connection());
        if (answer)
            return *std::move(answer);
        if (answer.error().kind != Failure::Kind::lost || is_second)
            return fail(ErrorCode::unavailable, "The store cannot be read now.",
                error_of(answer.error()).detail);
    }
}

Result<std::vector<Event>> PostgresLog::read(
    std::string_view stream, Version after, std::size_t events_max)
{
    if (!is_text(stream))
        return {};
    return ask<std::vector<Event>>(
        [&](Connection& connection) { return read_events(connection, stream, after, events_max); });
}

Result<events::History> PostgresLog::hydrate(std::string_view stream, std::size_t events_max)
{
    return events::History{{}, GH_TRY(read(stream, 0, events_max))};
}

Result<void> PostgresLog::keep(events::StreamSnapshot)
{
    return fail(ErrorCode::unsupported, "This store keeps no snapshots.");
}

Result<void> PostgresLog::compact(std::string_view, events::Version)
{
    return fail(ErrorCode::unsupported, "This store compacts nothing.");
}

Result<void> PostgresLog::erase(std::string_view, events::Version)
{
    return fail(ErrorCode::unsupported, "This store erases nothing.");
}

Result<std::vector<StreamHead>> PostgresLog::find(std::string_view name)
{
    std::vector<events::StreamHead> found;
    for (auto& head : GH_TRY(heads(slot_of(name))))
        if (head.stream == name
            || (!name.contains('.') && head.stream.starts_with(std::string(name) + '.')))
            found.push_back(std::move(head));
    return found;
}

Result<std::vector<StreamHead>> PostgresLog::streams(
    std::string_view after, std::size_t streams_max)
{
    return ask<std::vector<StreamHead>>([&](Connection& connection) {
        return read_heads_after(connection, after, streams_max);
    });
}

Result<std::vector<StreamHead>> PostgresLog::heads(Slot slot)
{
    return ask<std::vector<StreamHead>>(
        [&](Connection& connection) { return read_heads(connection, slot); });
}

Result<LogPage> PostgresLog::log(LogCursor from, std::size_t events_max)
{
    return ask<LogPage>(
        [&](Connection& connection) { return read_log(connection, from, events_max); });
}

Result<Tenure*> PostgresLog::tenure()
{
    tenure_->connection().look();
    if (!is_lost_ && tenure_->connection().is_lost() && Clock::now() >= retry_at_)
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
    retry_at_ = Clock::now() + pause_max_ * static_cast<unsigned char>(chance[0]) / 255;
}

void PostgresLog::lose(std::string const& why)
{
    is_lost_ = true;
    why_away_.detail = why;
    options_.on_lost(why);
}

} // namespace gatehouse::storage::postgres
