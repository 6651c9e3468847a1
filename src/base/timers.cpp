// SPDX-License-Identifier: Apache-2.0
#include "base/timers.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

namespace gatehouse {
namespace {

constexpr unsigned bits_per_level = 8;

std::uint64_t tick_at(TimePoint at)
{
    auto const ms = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0));
}

}  // namespace

Timer::~Timer()
{
    if (wheel_)
        wheel_->cancel(*this);
    if (ringing_)
        *ringing_ = nullptr;
}

Timers::Timers(TimePoint now) : tick_(tick_at(now)) {}

Timers::~Timers()
{
    GH_ASSERT(armed_ == 0);
}

void Timers::arm(Timer& timer, TimePoint at)
{
    if (timer.wheel_)
        timer.wheel_->cancel(timer);
    timer.wheel_ = this;
    timer.due_ = at;
    armed_++;
    link(timer, bucket_of(at));
    next_ = std::min(next_, at);
}

// Leaves `next_` too early, which costs one idle run, instead of searching for the new earliest.
void Timers::cancel(Timer& timer)
{
    if (!timer.wheel_)
        return;
    GH_ASSERT(timer.wheel_ == this);
    unlink(timer);
    timer.wheel_ = nullptr;
    armed_--;
}

std::optional<TimePoint> Timers::next() const
{
    return armed_ == 0 ? std::nullopt : std::optional(next_);
}

void Timers::run(TimePoint now)
{
    if (now < next_)
        return;
    turn_to(now);
    sort_due();
    while (auto* const timer = buckets_[due]) {
        cancel(*timer);
        ring(*timer);
    }
    next_ = earliest();
}

// Takes all that is due by `now` into the due bucket and leaves the wheel at `now`.
void Timers::turn_to(TimePoint now)
{
    auto const target = std::max(tick_at(now), tick_);
    for (auto bucket = first_bucket(); bucket < due; bucket = first_bucket()) {
        auto const start = start_of(bucket);
        if (start > target)
            break;
        tick_ = start;
        Timer* timer = buckets_[bucket];
        Timer* const last = timer->previous_;
        bool some_stay = false;
        for (Timer* following = nullptr;; timer = following) {
            following = timer->next_;
            auto const home = timer->due_ <= now ? due : bucket_of(timer->due_);
            some_stay = some_stay || (home == bucket && bucket != beyond);
            unlink(*timer);
            link(*timer, home);
            if (timer == last)
                break;
        }
        if (some_stay)
            break; // Due within this very millisecond, but not yet.
    }
    tick_ = target;
}

void Timers::sort_due()
{
    std::vector<Timer*> timers;
    for (auto* timer = buckets_[due]; timer; timer = timer->next_)
        timers.push_back(timer);
    auto const earlier = [](Timer const* a, Timer const* b) { return a->due_ < b->due_; };
    if (std::ranges::is_sorted(timers, earlier))
        return;
    std::ranges::stable_sort(timers, earlier);
    for (auto* const timer : timers) {
        unlink(*timer);
        link(*timer, due);
    }
}

// The callback may destroy the timer, and with it the function that runs: so it runs outside.
void Timers::ring(Timer& timer)
{
    struct Outside {
        explicit Outside(Timer& rung) : timer(&rung), on_due(std::move(rung.on_due_))
        {
            rung.ringing_ = &timer;
        }
        ~Outside()
        {
            if (!timer)
                return;
            timer->ringing_ = nullptr;
            timer->on_due_ = std::move(on_due);
        }
        Outside(Outside const&) = delete;
        Outside& operator=(Outside const&) = delete;
        Timer* timer;
        std::move_only_function<void()> on_due;
    } outside(timer);
    outside.on_due();
}

std::size_t Timers::bucket_of(TimePoint at) const
{
    auto const tick = std::max(tick_at(at), tick_);
    auto const differing = tick ^ tick_;
    auto const level = differing == 0 ? 0u : (std::bit_width(differing) - 1u) / bits_per_level;
    if (level >= levels)
        return beyond;
    return level * buckets_per_level + ((tick >> (level * bits_per_level)) % buckets_per_level);
}

std::size_t Timers::first_bucket() const
{
    for (std::size_t word = 0; word < occupied_.size(); word++)
        if (occupied_[word] != 0)
            return word * 64 + static_cast<std::size_t>(std::countr_zero(occupied_[word]));
    return buckets_total;
}

Timers::Tick Timers::start_of(std::size_t bucket) const
{
    auto const level = bucket / buckets_per_level; // `beyond` comes out as one level more.
    auto const shift = level * bits_per_level;
    if (bucket == beyond)
        return ((tick_ >> shift) + 1) << shift;
    auto const above = shift + bits_per_level;
    return (tick_ >> above << above) | (Tick(bucket % buckets_per_level) << shift);
}

// Exact within the nearest milliseconds; further away, when the wheel has to be turned.
TimePoint Timers::earliest() const
{
    auto const bucket = first_bucket();
    if (bucket >= due)
        return TimePoint::max();
    if (bucket >= buckets_per_level)
        return TimePoint(std::chrono::milliseconds(start_of(bucket)));
    auto at = TimePoint::max();
    for (auto const* timer = buckets_[bucket]; timer; timer = timer->next_)
        at = std::min(at, timer->due_);
    return at;
}

void Timers::link(Timer& timer, std::size_t bucket)
{
    auto*& first = buckets_[bucket];
    timer.bucket_ = bucket;
    timer.next_ = nullptr;
    if (first) {
        timer.previous_ = first->previous_;
        first->previous_->next_ = &timer;
        first->previous_ = &timer;
        return;
    }
    timer.previous_ = &timer;
    first = &timer;
    occupied_[bucket / 64] |= std::uint64_t{1} << bucket % 64;
}

void Timers::unlink(Timer& timer)
{
    auto*& first = buckets_[timer.bucket_];
    if (&timer == first)
        first = timer.next_;
    else
        timer.previous_->next_ = timer.next_;
    if (timer.next_)
        timer.next_->previous_ = timer.previous_;
    else if (first)
        first->previous_ = timer.previous_;
    if (!first)
        occupied_[timer.bucket_ / 64] &= ~(std::uint64_t{1} << timer.bucket_ % 64);
}

}  // namespace gatehouse
