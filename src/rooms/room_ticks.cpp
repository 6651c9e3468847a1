// SPDX-License-Identifier: Apache-2.0
// Games in fixed steps. No step is an event: room.ticking grants a second of them, and each event
// says how many were taken before it. What anybody was shown lies below a grant that is durable, so
// whoever takes all that were granted comes to it, or past it, and never to anything else.
#include "rooms/room.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

constexpr std::int64_t second = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
constexpr std::uint64_t timed_each = 16; // Reading a clock may take longer than a step.

} // namespace

TimePoint Room::Pace::due(std::uint64_t tick, int per_second) const
{
    auto const steps = static_cast<std::int64_t>(tick - first);
    return since + Duration((steps * second + per_second - 1) / per_second);
}

std::uint64_t Room::Pace::last_due(TimePoint now, int per_second) const
{
    auto const passed = std::max(now - since, Duration());
    return first + static_cast<std::uint64_t>(passed.count() * per_second / second);
}

// Somebody is there, or was a moment ago.
bool Room::is_watched()
{
    if (!attendances_.empty() || !arrivals_.empty())
        last_watched_ = around_.now.steady;
    return last_watched_ && around_.now.steady - *last_watched_ < options_.ticks_unwatched;
}

// After the last step of a turn, so that what it ends with is the state right after an event, which
// a snapshot may tell of: more are granted where none is left. One grant at a time, so that no more
// than a second of them waits for the store.
void Room::keep_pace()
{
    if (state_.play().ticks_per_second() == 0 || is_deciding())
        return;
    bool const may_go_on = is_watched();
    if (no_grant_before_ && around_.now.steady >= *no_grant_before_)
        no_grant_before_.reset();
    if (!state_.is_ticking())
        return pace_.reset();
    bool const is_granted = granting_ <= durable_;
    if (is_out_of_ticks() && may_go_on && is_granted && !is_gate_full() && !no_grant_before_)
        grant_ticks();
    if (phase_ != Phase::live)
        return;
    if (is_out_of_ticks() && is_granted)
        pace_.reset();
    else if (!pace_)
        pace_ = Pace{around_.now.steady, state_.ticks()};
}

void Room::grant_ticks()
{
    if (is_full())
        return stand_still();
    auto const a_second = static_cast<std::uint64_t>(state_.play().ticks_per_second());
    record(Ticking{state_.ticks() + a_second});
    granting_ = state_.version();
}

// Some of them were perhaps shown before the room was read again.
void Room::take_granted_ticks()
{
    while (phase_ == Phase::live && !is_out_of_ticks() && state_.is_ticking())
        take_tick();
}

void Room::take_tick()
{
    auto const before = state_.status();
    state_.tick();
    around_.ticks++;
    if (state_.status() != before)
        has_step_changed_room_ = true;
    if (state_.play().is_over())
        record(Finished{results()});
}

// Those that are due. Whoever is far behind, or too slow, goes on from here: time goes slower in
// that room, and as fast as ever in all others. Who is slow rests as long as it worked.
void Room::take_ticks()
{
    auto const per_second = state_.play().ticks_per_second();
    auto const due = pace_->last_due(around_.now.steady, per_second);
    bool const is_behind = due > state_.ticks() + 1;
    bool const is_timed = around_.stopwatch && (is_behind || state_.ticks() % timed_each == 0);
    auto const begun = is_timed ? around_.stopwatch() : Duration();
    auto const long_time = Duration(second / per_second / 2);
    Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::show, .name = "tick"});
    for (unsigned taken = 0; state_.ticks() < due && !is_out_of_ticks() && state_.is_ticking();
         taken++) {
        bool const is_slow = is_timed && taken > 0 && around_.stopwatch() - begun > long_time;
        if (taken == options_.ticks_per_turn_max || is_slow) {
            around_.ticks_lost += due - state_.ticks();
            auto const worked = is_timed ? around_.stopwatch() - begun : Duration();
            pace_ = Pace{around_.now.steady + 2 * worked, state_.ticks()};
            break;
        }
        take_tick();
        if (phase_ != Phase::live)
            return;
    }
    if (is_timed)
        complain_of_steps(around_.stopwatch() - begun);
}

// They kept all rooms of the shard waiting, as a slow decision does. Of one room once a minute: it
// may be so in each of its steps.
void Room::complain_of_steps(Duration took)
{
    if (took <= options_.decision_slow)
        return;
    around_.slow_ticks++;
    auto const now = around_.now.steady;
    if (slow_told_at_ && now - *slow_told_at_ < std::chrono::minutes(1))
        return;
    slow_told_at_ = now;
    around_.complain(id_,
        {ErrorCode::internal, "the game is slow to take its steps",
            "they took " + std::to_string(std::chrono::floor<Milliseconds>(took).count())
                + " ms of a turn"});
}

// Not each step where there are too many of them; but the last one, for nothing follows it, and one
// that somebody comes after: views of an audience are all of one step.
bool Room::shows_ticks() const
{
    if (state_.ticks() == ticks_shown_)
        return false;
    auto const per_view = std::max(1, options_.views_per_second_max);
    auto const steps = (state_.play().ticks_per_second() + per_view - 1) / per_view;
    bool const is_last = !pace_ || is_out_of_ticks();
    bool const has_come = !arrivals_.empty() || !refreshes_.empty();
    bool const is_asked = std::ranges::any_of( // Or they would hear of what they do not see yet.
        answers_, [](Answer const& each) { return each.kind == Answer::Kind::query; });
    return is_last || has_come || is_asked || has_step_changed_room_
        || state_.ticks() - ticks_shown_ >= static_cast<std::uint64_t>(steps);
}

} // namespace gatehouse::rooms
