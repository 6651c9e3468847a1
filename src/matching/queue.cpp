// SPDX-License-Identifier: Apache-2.0
#include "matching/queue.hpp"

#include <algorithm>
#include <iterator>

namespace gatehouse::matching {
namespace {

// Ratings are small, and yet anybody's guess.
std::int64_t distance(int a, int b)
{
    auto const difference = static_cast<std::int64_t>(a) - b;
    return difference < 0 ? -difference : difference;
}

} // namespace

int window_of(QueueOptions const& options, Waiter const& waiter, TimePoint now)
{
    auto const waited = std::chrono::floor<Milliseconds>(now - waiter.since).count();
    auto const grown = options.growth * std::max<std::int64_t>(waited, 0) / 1'000;
    auto const most = std::max(options.window, options.window_max);
    return static_cast<int>(std::min<std::int64_t>(options.window + grown, most));
}

// The `count` whose ratings are nearest, those at the same distance in the order of ratings.
std::vector<Waiter> Queue::nearest(Waiter const& to, int count) const
{
    std::vector<Waiter> found;
    auto const own = rungs_.find({to.rating, to.number});
    auto below = own; // One above the next candidate.
    auto above = std::next(own);
    while (std::cmp_less(found.size(), count)) {
        bool const has_below = below != rungs_.begin();
        bool const has_above = above != rungs_.end();
        if (!has_below && !has_above)
            break;
        bool const takes_below = has_below
            && (!has_above
                || distance(std::prev(below)->first, to.rating)
                    <= distance(above->first, to.rating));
        auto const number = takes_below ? (--below)->second : (above++)->second;
        found.push_back(waiters_.at(number).waiter);
    }
    return found;
}

// When their window is so wide. Empty: never.
std::optional<TimePoint> Queue::reach(Waiter const& who, int wanted) const
{
    if (wanted <= options_.window)
        return who.since;
    if (wanted > options_.window_max || options_.growth <= 0)
        return std::nullopt;
    auto const missing = static_cast<std::int64_t>(wanted - options_.window) * 1'000;
    return who.since + Milliseconds((missing + options_.growth - 1) / options_.growth);
}

std::optional<TimePoint> Queue::due_of(Waiter const& who) const
{
    auto const others = nearest(who, options_.players - 1);
    auto const reach_of = [&](int players) -> std::optional<TimePoint> {
        if (std::cmp_less(others.size(), players - 1))
            return std::nullopt;
        auto const far = players < 2
            ? 0
            : distance(others[static_cast<std::size_t>(players - 2)].rating, who.rating);
        return far > options_.window_max && far > options_.window
            ? std::nullopt
            : reach(who, static_cast<int>(far));
    };
    auto due = reach_of(options_.players);
    if (auto const few = reach_of(options_.players_min)) {
        auto const patient = std::max(*few, who.since + options_.patience);
        due = due ? std::min(*due, patient) : patient;
    }
    return due;
}

// Empty where nobody, or too few, are near enough yet.
Queue::Group Queue::group_of(Waiter const& who, TimePoint now) const
{
    auto const window = window_of(options_, who, now);
    Group group{who};
    for (auto const& other : nearest(who, options_.players - 1))
        if (distance(other.rating, who.rating) <= window)
            group.push_back(other);
    bool const is_whole = std::cmp_equal(group.size(), options_.players);
    bool const will_do = now - who.since >= options_.patience
        && std::cmp_greater_equal(group.size(), options_.players_min);
    if (!is_whole && !will_do)
        return {};
    std::ranges::sort(group, {}, &Waiter::number);
    return group;
}

void Queue::note_due(Known& known)
{
    if (known.due)
        due_.erase({*known.due, known.waiter.number});
    known.due = due_of(known.waiter);
    if (known.due)
        due_.emplace(*known.due, known.waiter.number);
}

// To whom this rung is, or was, among the nearest: they stand next to it.
void Queue::note_neighbours(Rung const& rung)
{
    auto const count = options_.players - 1;
    auto up = rungs_.upper_bound(rung);
    for (int i = 0; i < count && up != rungs_.end(); i++, ++up)
        note_due(waiters_.at(up->second));
    auto down = rungs_.lower_bound(rung);
    for (int i = 0; i < count && down != rungs_.begin(); i++)
        note_due(waiters_.at((--down)->second));
}

void Queue::add(Waiter const& waiter)
{
    auto const [at, is_new] = waiters_.try_emplace(waiter.number, Known{waiter});
    if (!is_new)
        return;
    rungs_.emplace(waiter.rating, waiter.number);
    note_due(at->second);
    note_neighbours({waiter.rating, waiter.number});
}

bool Queue::remove(std::uint64_t number)
{
    auto const found = waiters_.extract(number);
    if (found.empty())
        return false;
    auto const& [waiter, due] = found.mapped();
    Rung const rung{waiter.rating, number};
    if (due)
        due_.erase({*due, number});
    rungs_.erase(rung);
    note_neighbours(rung);
    return true;
}

std::vector<Queue::Group> Queue::step(TimePoint now)
{
    std::vector<Group> groups;
    while (!due_.empty() && due_.begin()->first <= now) {
        auto longest = due_.begin()->second;
        for (auto at = due_.begin(); at != due_.end() && at->first <= now; ++at)
            longest = std::min(longest, at->second);
        auto group = group_of(waiters_.at(longest).waiter, now);
        if (group.empty())
            break; // Time went back.
        for (auto const& each : group)
            remove(each.number);
        groups.push_back(std::move(group));
    }
    return groups;
}

std::optional<TimePoint> Queue::next() const
{
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

} // namespace gatehouse::matching
