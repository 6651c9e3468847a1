// SPDX-License-Identifier: Apache-2.0
#include "upstream/breaker.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::upstream {
namespace {

// Probes answer soon, one way or the other; nobody knows when.
constexpr Duration while_probing = std::chrono::seconds(1);

// From nine to eleven tenths.
Duration jittered(Duration mean, QuickDice& dice)
{
    auto const spread = mean / 5;
    return mean - spread / 2
        + Duration(
            static_cast<Duration::rep>(static_cast<double>(spread.count()) * dice.fraction()));
}

} // namespace

Breaker::Breaker(BreakerOptions const& options, std::uint64_t seed)
    : options_(options)
    , dice_(seed)
{
    GH_ASSERT(options.failures > 0);
    GH_ASSERT(options.probes > 0);
    GH_ASSERT(options.open_for > Duration::zero());
    GH_ASSERT(options.patience > Duration::zero());
    GH_ASSERT(!options.rate || options.rate->window >= Duration(buckets));
}

Breaker::Permit Breaker::ask(TimePoint now)
{
    settle(now);
    if (state_ == State::open)
        return {};
    if (state_ == State::closed)
        return {Ask::pass, next_permit_++};
    if (std::ssize(under_way_) + successes_ >= options_.probes)
        return {};
    under_way_.push_back({next_permit_, now + options_.patience});
    return {Ask::probe, next_permit_++};
}

void Breaker::note(Permit permit, Outcome outcome, TimePoint now)
{
    settle(now);
    if (!permit || permit.number < first_permit_)
        return;
    if (state_ == State::closed && outcome != Outcome::abandoned)
        note_call(is_failure(outcome), now);
    else if (state_ == State::half_open)
        note_probe(permit.number, outcome, now);
}

void Breaker::note_call(bool failed, TimePoint now)
{
    failures_in_row_ = failed ? failures_in_row_ + 1 : 0;
    count(failed, now);
    if (failures_in_row_ >= options_.failures || (failed && is_over_rate(now)))
        enter(State::open, now);
}

void Breaker::note_probe(std::uint64_t number, Outcome outcome, TimePoint now)
{
    if (std::erase_if(under_way_, [&](Probe const& each) { return each.number == number; }) == 0)
        return;
    if (is_failure(outcome))
        enter(State::open, now);
    else if (outcome == Outcome::answered && ++successes_ == options_.probes)
        enter(State::closed, now);
}

// Goes through all that has happened by itself until now.
void Breaker::settle(TimePoint now)
{
    for (;;) {
        if (state_ == State::open && now >= open_until_) {
            enter(State::half_open, open_until_);
        } else if (state_ == State::half_open && !under_way_.empty()
            && under_way_.front().due <= now) {
            enter(State::open, under_way_.front().due); // The first asked is the first overdue.
        } else {
            return;
        }
    }
}

void Breaker::enter(State state, TimePoint at)
{
    state_ = state;
    since_ = at;
    first_permit_ = next_permit_;
    failures_in_row_ = successes_ = 0;
    under_way_.clear();
    counts_ = {};
    if (state == State::open)
        open_until_ = at + jittered(options_.open_for, dice_);
}

Breaker::State Breaker::state(TimePoint now)
{
    settle(now);
    return state_;
}

Duration Breaker::retry_after(TimePoint now)
{
    settle(now);
    if (state_ == State::open)
        return open_until_ - now;
    bool const is_full = std::ssize(under_way_) + successes_ >= options_.probes;
    return state_ == State::half_open && is_full ? while_probing : Duration::zero();
}

std::int64_t Breaker::bucket_at(TimePoint now) const
{
    return now.time_since_epoch() / (options_.rate->window / static_cast<int>(buckets));
}

void Breaker::count(bool failed, TimePoint now)
{
    if (!options_.rate)
        return;
    auto const number = bucket_at(now);
    auto& bucket = counts_[static_cast<std::size_t>(number) % buckets];
    if (bucket.number != number)
        bucket = {.number = number};
    bucket.calls++;
    bucket.failures += failed ? 1 : 0;
}

// Whole tenths of the window: this one, which has begun, and the nine before it.
bool Breaker::is_over_rate(TimePoint now) const
{
    if (!options_.rate)
        return false;
    auto const oldest = bucket_at(now) - static_cast<std::int64_t>(buckets) + 1;
    std::int64_t calls = 0;
    std::int64_t failures = 0;
    for (auto const& bucket : counts_)
        if (bucket.number >= oldest) {
            calls += bucket.calls;
            failures += bucket.failures;
        }
    return calls >= options_.rate->calls_min && failures * 100 >= calls * options_.rate->percent;
}

std::string_view name_of(Breaker::State state)
{
    switch (state) {
    case Breaker::State::closed: return "closed";
    case Breaker::State::open: return "open";
    case Breaker::State::half_open: return "half_open";
    }
    std::unreachable();
}

} // namespace gatehouse::upstream
