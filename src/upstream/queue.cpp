// SPDX-License-Identifier: Apache-2.0
#include "upstream/queue.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace gatehouse::upstream {

// The next call ends in a `most`th of the time that one takes, on average; with `waiting` in front,
// one more than that has to end.
Duration Queue::wait_behind(std::size_t waiting) const
{
    auto const ends = static_cast<Duration::rep>(waiting) + 1;
    return service_time_ / std::max(permits_.most(), 1) * ends;
}

// Would a call that begins then end too late?
bool Queue::is_too_late(TimePoint begin, TimePoint deadline) const
{
    return begin + service_time_ >= deadline;
}

Queue::Place Queue::ask(Ticket who, TimePoint now, TimePoint deadline)
{
    if (is_too_late(now, deadline))
        return Place::shed;
    if (waiters_.empty() && permits_.try_take())
        return Place::go;
    if (waiters_.size() >= waiting_max_)
        shed_the_late(now);
    bool const is_late = is_too_late(now + expected_wait(), deadline);
    if (is_late || waiters_.size() >= waiting_max_)
        return Place::shed;
    bool const is_new = numbers_.emplace(who, ++last_).second;
    GH_ASSERT(is_new);
    waiters_.emplace(last_, Waiter{who, deadline});
    deadlines_.emplace(deadline, last_);
    return Place::wait;
}

// Whoever goes makes the line shorter for those behind.
void Queue::shed_the_late(TimePoint now)
{
    std::size_t before = 0;
    for (auto at = waiters_.begin(); at != waiters_.end();) {
        if (!is_too_late(now + wait_behind(before), at->second.deadline)) {
            ++before;
            ++at;
            continue;
        }
        shed_.push_back(at->second.ticket);
        at = remove(at);
    }
}

void Queue::done(std::optional<Duration> took)
{
    permits_.give_back();
    if (took)
        service_time_ = service_time_ == Duration::zero()
            ? *took
            : service_time_ + (*took - service_time_) / 8;
}

bool Queue::leave(Ticket who)
{
    auto const found = numbers_.find(who);
    if (found == numbers_.end())
        return false;
    remove(waiters_.find(found->second));
    return true;
}

Queue::Waiters::iterator Queue::remove(Waiters::iterator at)
{
    deadlines_.erase({at->second.deadline, at->first});
    numbers_.erase(at->second.ticket);
    return waiters_.erase(at);
}

Queue::Step Queue::step(TimePoint now)
{
    // First those for whom it is too late wherever they stand.
    while (!deadlines_.empty() && is_too_late(now, deadlines_.begin()->first)) {
        auto const at = waiters_.find(deadlines_.begin()->second);
        shed_.push_back(at->second.ticket);
        remove(at);
    }
    Step step{.shed = std::exchange(shed_, {})};
    while (!waiters_.empty() && permits_.try_take()) {
        step.go.push_back(waiters_.begin()->second.ticket);
        remove(waiters_.begin());
    }
    return step;
}

std::optional<TimePoint> Queue::next() const
{
    if (deadlines_.empty())
        return std::nullopt;
    return deadlines_.begin()->first - service_time_;
}

} // namespace gatehouse::upstream
