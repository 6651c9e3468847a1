// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/shipping.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

namespace gatehouse::storage::backup {

using events::LogCursor;
using events::PositionedEvent;

namespace {

constexpr std::size_t page_events = 512; // About a millisecond of the log's thread.
constexpr std::size_t page_copied = 64;  // The same, of pages.
constexpr Milliseconds ship_every{1000};
constexpr std::size_t chains_looked_at = 4;
constexpr int rests_max = 100; // Tries to finish a copy while the log runs away.

std::string hex_of(events::Link const& link)
{
    return to_hex({reinterpret_cast<char const*>(link.data()), link.size()});
}

// Of what lies in the target, not of the way there.
bool is_damage(Error const& error)
{
    return error.code == ErrorCode::internal || error.code == ErrorCode::not_found
        || error.code == ErrorCode::unsupported;
}

} // namespace

Shipping::Shipping(World world)
    : world_(std::move(world))
    , catalogue_(world_.objects)
    , keys_(world_.objects, world_.ask_log, world_.now)
{ }

template <typename F>
auto Shipping::ask(F question) -> decltype(question(std::declval<Log&>()))
{
    decltype(question(std::declval<Log&>())) answer
        = fail(ErrorCode::unavailable, "The store is closed.");
    GH_CHECK(world_.ask_log([&](Log& log) { answer = question(log); }));
    return answer;
}

// ---- Finding the chain

Result<void> Shipping::begin()
{
    draft_.reset(); // Of a chain whose base never came.
    GH_CHECK(keys_.begin());
    auto chains = GH_TRY(catalogue_.chains());
    std::ranges::reverse(chains);
    for (std::size_t i = 0; i < std::min(chains.size(), chains_looked_at); i++)
        if (GH_TRY(go_on_with(chains[i])))
            return {};
    return begin_chain();
}

// Empty where it was erased, or the log does not reach that far.
Result<std::optional<PositionedEvent>> Shipping::event_before(LogCursor next)
{
    if (next <= 1)
        return std::nullopt;
    auto page = GH_TRY(ask([next](Log& log) { return log.log(next - 1, 1); }));
    if (page.events.empty() || page.next != next)
        return std::nullopt;
    return std::move(page.events.front());
}

// A chain is this store's if the log holds, where it ends, the event that it ends with.
Result<bool> Shipping::go_on_with(std::string const& chain)
{
    auto const bases = catalogue_.bases(chain);
    if (!bases && !is_damage(bases.error()))
        return std::unexpected(bases.error());
    if (!bases || bases->empty())
        return false;
    auto const& base = bases->back();
    auto const segments = GH_TRY(catalogue_.segments(chain, base.number));
    number_ = base.number + segments.size();
    base_number_ = base.number;
    auto const now = world_.now();
    base_at_ = now.steady - std::max(Milliseconds(0), now.wall - base.at);
    needs_base_ = base.ring != keys_.ring(); // Restored, it would not know whose keys are its own.
    if (segments.empty()) {
        auto const last = GH_TRY(event_before(base.next));
        bool const is_new = base.next <= 1
            && GH_TRY(ask([](Log& log) { return log.log(1, 1); })).events.empty();
        if (!is_new && (!last || last->stream != base.last_stream
                           || last->event.version != base.last_version
                           || hex_of(last->event.link) != base.last_link))
            return false;
        before_ = base.before;
        next_ = base.next;
        last_at_ = base.last_at;
    } else {
        auto const bytes = catalogue_.segment(chain, segments.back());
        if (!bytes && !is_damage(bytes.error()))
            return std::unexpected(bytes.error());
        auto const tip = read_segment(bytes.value_or(""));
        if (!tip || tip->header.number != number_ || segments.back().number != number_
            || tip->stretches.empty())
            return false;
        auto const& append = tip->stretches.back().append;
        auto const last = GH_TRY(event_before(tip->header.next));
        if (!last || last->stream != append.stream || last->event != append.events.back())
            return false;
        before_ = to_hex(sha256(*bytes));
        next_ = tip->header.next;
        last_at_ = tip->header.last_at;
    }
    chain_ = chain;
    shipped_until_ = now.steady;
    passed_ = last_at_;
    return true;
}

Result<void> Shipping::begin_chain()
{
    number_ = base_number_ = 0;
    before_.clear();
    auto const chains = GH_TRY(catalogue_.chains());
    auto const began = begin_after(chains, world_.now().wall);
    GH_CHECK(copy_most());
    CopyProgress copied{.pages_left = 1};
    while (copied.pages_left > 0)
        copied = GH_TRY(
            ask([this](Log& log) { return log.copy(world_.draft, page_copied); }));
    auto const last = GH_TRY(event_before(copied.next));
    auto const at = world_.now();
    chain_ = chain_name(began, world_.dice.bytes(4));
    next_ = in_base_ = copied.next;
    last_at_ = last ? last->event.at : at.wall;
    passed_ = chains.empty() ? std::nullopt : began_at(chains.back());
    if (last)
        passed_ = last->event.at;
    shipped_until_ = at.steady;
    Manifest manifest{.chain = chain_, .next = next_, .at = at.wall, .last_at = last_at_};
    if (last) {
        manifest.last_stream = last->stream;
        manifest.last_version = last->event.version;
        manifest.last_link = hex_of(last->event.link);
    }
    auto put = put_copy(std::move(manifest));
    if (!put)
        chain_.clear(); // Without a base there is none.
    return put;
}

// ---- Segments

// The log from `batch.next` on, page by page, until `events_max` or segment_bytes_max is reached.
Result<void> Shipping::read_on(Log& log, Batch& batch, std::size_t events_max)
{
    while (!batch.is_last && batch.events.size() < events_max && batch.bytes < segment_bytes_max) {
        auto page = GH_TRY(log.log(batch.next, page_events));
        for (auto const& each : page.events)
            batch.bytes += each.event.data.size();
        std::ranges::move(page.events, std::back_inserter(batch.events));
        auto const passed = page.next - std::max<LogCursor>(batch.next, 1);
        batch.has_gap = batch.has_gap || passed != page.events.size();
        batch.next = page.next;
        batch.is_last = page.is_last;
    }
    return {};
}

Result<bool> Shipping::ship()
{
    tried_at_ = world_.now().steady;
    bool const is_left_over = draft_.has_value(); // Then there may be more by now.
    if (!draft_) {
        Batch batch{.next = next_};
        auto const asked_at = tried_at_;
        auto const look = shipped_.look();
        while (!batch.is_last && batch.events.size() < segment_events_max
            && batch.bytes < segment_bytes_max)
            GH_CHECK(ask([&batch](Log& log) {
                return read_on(log, batch, batch.events.size() + 1);
            }));
        watch_gaps(batch);
        if (batch.events.empty()) {
            GH_CHECK(keys_.ship());
            shipped_until_ = asked_at;
            shipped_.note_shipped(look);
            return false;
        }
        draft(batch, asked_at, look);
    }
    bool const is_last = draft_->is_last;
    GH_CHECK(put_draft());
    return !is_last || is_left_over;
}

void Shipping::draft(Batch const& batch, TimePoint asked_at, std::uint64_t look)
{
    auto bytes = write_segment({.chain = chain_,
                                   .number = number_ + 1,
                                   .before = before_,
                                   .from = next_,
                                   .next = batch.next},
        batch.events);
    auto digest = to_hex(sha256(bytes));
    auto last_at = last_at_;
    for (auto const& each : batch.events)
        last_at = std::max(last_at, each.event.at);
    draft_.emplace(SegmentName{number_ + 1, digest.substr(0, 16)}, std::move(bytes),
        std::move(digest), batch.next, last_at, batch.is_last, asked_at, look);
}

// What comes behind a gap may not follow on what was shipped before it.
void Shipping::watch_gaps(Batch const& batch)
{
    needs_base_ = needs_base_ || (batch.has_gap && batch.next > in_base_);
}

Result<void> Shipping::put_draft()
{
    GH_CHECK(keys_.ship());
    GH_CHECK(world_.objects.put(segment_object(chain_, draft_->name), draft_->bytes));
    number_ = draft_->name.number;
    before_ = std::move(draft_->digest);
    next_ = draft_->next;
    last_at_ = draft_->last_at;
    if (draft_->is_last) {
        shipped_until_ = draft_->asked_at;
        shipped_.note_shipped(draft_->look);
    }
    draft_.reset();
    return {};
}

// That the target is away ends what goes on, too.
Result<void> Shipping::ship_when_due()
{
    if (chain_.empty() || world_.now().steady - tried_at_ < ship_every)
        return {};
    while (GH_TRY(ship())) { }
    return {};
}

Result<void> Shipping::erase_keys()
{
    return keys_.erase([this] { return ship_when_due(); });
}

Result<void> Shipping::renew_keys()
{
    return keys_.renew([this] { return ship_when_due(); });
}

// ---- Bases

// All but the last pages, between which commits and segments pass.
Result<void> Shipping::copy_most()
{
    while (true) {
        auto const progress
            = GH_TRY(ask([this](Log& log) { return log.copy(world_.draft, page_copied); }));
        if (progress.pages_left <= page_copied)
            return {};
        GH_CHECK(ship_when_due());
    }
}

// The last pages and what the log has by then, in one go: so the base stands where a segment ends.
// False where too much came in between.
Result<bool> Shipping::copy_rest()
{
    while (GH_TRY(ship())) { }
    Batch batch{.next = next_};
    auto const asked_at = world_.now().steady;
    auto const look = shipped_.look();
    auto rest = [&](Log& log) -> Result<CopyProgress> {
        GH_CHECK(read_on(log, batch, page_events_max));
        if (!batch.is_last)
            return CopyProgress{.pages_left = 1};
        return log.copy(world_.draft, 2 * page_copied);
    };
    auto const copied = GH_TRY(ask(rest));
    if (!batch.events.empty()) {
        draft(batch, asked_at, look);
        GH_CHECK(put_draft());
    }
    watch_gaps(batch);
    in_base_ = batch.next;
    return copied.pages_left == 0;
}

Result<bool> Shipping::take_base()
{
    while (GH_TRY(ship())) { }
    if (number_ == base_number_ && !needs_base_) {
        base_at_ = world_.now().steady;
        return false;
    }
    GH_CHECK(copy_most());
    for (int tries = 0; !GH_TRY(copy_rest()); tries++)
        if (tries == rests_max)
            return fail(ErrorCode::busy, "The store moves too fast for a base.");
    auto const last = GH_TRY(event_before(next_));
    Manifest manifest{.chain = chain_, .number = number_, .before = before_, .next = next_,
        .at = world_.now().wall, .last_at = last_at_};
    if (last) {
        manifest.last_stream = last->stream;
        manifest.last_version = last->event.version;
        manifest.last_link = hex_of(last->event.link);
    }
    GH_CHECK(put_copy(std::move(manifest)));
    return true;
}

Result<void> Shipping::put_copy(Manifest manifest)
{
    auto const number = manifest.number;
    auto const at = world_.now().steady;
    manifest.ring = keys_.ring();
    GH_CHECK(keys_.ship());
    auto put = put_base(world_.objects, std::move(manifest), world_.draft,
        [this] { return ship_when_due(); });
    std::error_code ignored;
    std::filesystem::remove(world_.draft, ignored);
    GH_CHECK(put);
    base_number_ = number;
    base_at_ = at;
    needs_base_ = false;
    return {};
}

} // namespace gatehouse::storage::backup
