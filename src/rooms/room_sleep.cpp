// SPDX-License-Identifier: Apache-2.0
// A room that nobody is in leaves memory, and comes back as if it had been there all the time.
#include "rooms/room.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

// What a room weighs without its game, its people and its audiences; and what they weigh beside
// the bytes that are counted. Rounded up from what 64 bit builds were seen to take.
constexpr std::size_t room_bytes = 12'288;
constexpr std::size_t member_bytes = 1'024; // With the actions that are remembered.
constexpr std::size_t update_bytes = 256;
constexpr std::size_t attendance_bytes = 128;
constexpr std::size_t memory_per_byte = 3; // Of what is written, where it stands in memory.

} // namespace

bool Rest::forget(std::string_view subject)
{
    bool const did_wait = awaits(subject);
    for (std::size_t i = 0; i < people.size(); i++)
        if (people[i] == subject) {
            people[i].clear();
            view.seats[i].name.reset();
        }
    return did_wait;
}

bool Rest::awaits(std::string_view principal) const
{
    for (std::size_t i = 0; i < people.size(); i++)
        if (view.seats[i].by != Occupant::player && people[i] == principal)
            return !principal.empty();
    return false;
}

std::size_t Rest::footprint() const
{
    return sizeof(Rest) + options.size()
        + view.seats.size()
        * (sizeof(SeatView) + sizeof(std::string) + sizeof(std::optional<TimePoint>) + 64);
}

// What an operator has to look at stays where they look.
bool Room::may_sleep() const
{
    return is_live() && is_deserted() && summary_ && !pace_ && !bots_due_
        && !waits_to_ask_again()
        && state_.letters().empty();
}

bool Room::wants_saving_to_sleep() const
{
    return may_be_saved() && state_.version() - saved_version_ >= options_.snapshot_events_asleep;
}

void Room::save_to_sleep()
{
    guarded([this] {
        Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::show});
        take_snapshot(state_.snapshot());
    });
}

Rest Room::rest()
{
    GH_ASSERT(may_sleep());
    for (auto& audience : audiences_)
        audience = {}; // They go with it: nothing is left to be forgotten later.
    set_alarm();
    Rest rest{.view = *std::move(summary_),
        .options = state_.opened().options,
        .opened_at = state_.opened_at(),
        .is_listed = state_.is_listed(),
        .awaits_players = state_.awaits_players(),
        .absences = {deserted_at_, std::move(away_since_), not_before_}};
    for (auto const& chair : state_.chairs())
        rest.people.push_back(
            chair.by == Occupant::player ? state_.member(chair.actor).principal : "");
    for (auto const& each : state_.reservations())
        rest.people[static_cast<std::size_t>(each.seat)] = state_.member(each.actor).principal;
    return rest;
}

// Who is on their way here is not away any longer: they asked before time was up.
void Room::recall_absences()
{
    auto const known = std::exchange(absences_, std::nullopt);
    if (!known || known->away_since.size() != away_since_.size())
        return;
    auto const is_long_past
        = [this](WallTime at) { return at + options_.overdue_grace < around_.now.wall; };
    bool const is_late
        = std::ranges::any_of(state_.timers(), is_long_past, &ArmedTimer::at)
        || (!state_.stands_still()
            && std::ranges::any_of(state_.reservations(), is_long_past, &Reservation::until));
    if (!is_late) // It was served all the time.
        not_before_ = known->not_before;
    away_since_ = known->away_since;
    deserted_at_ = known->deserted_at;
    for (auto const& task : queue_)
        if (auto const* join = std::get_if<Join>(&task.what)) {
            deserted_at_.reset();
            if (auto const seat = state_.seat_of(state_.actor_of(join->principal)))
                away_since_[static_cast<std::size_t>(*seat)].reset();
        }
}

// A game that throws here is found out where a snapshot is taken.
void Room::write_state(std::string& out) const
{
    Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::show});
    try {
        state_.play().write_state(out);
    } catch (...) {
        out.clear();
    }
}

// The game's state is written out, to be measured, when the history has grown fourfold: five times
// in a thousand events.
std::size_t Room::footprint()
{
    if (phase_ == Phase::live && state_.version() >= measured_next_) {
        measured_next_ = 4 * std::max<events::Version>(state_.version(), 1);
        text_.clear();
        write_state(text_);
        state_size_ = text_.size();
    }
    auto bytes = room_bytes + memory_per_byte * state_size_ + state_.members().size() * member_bytes
        + attendances_.size() * attendance_bytes;
    for (auto const& audience : audiences_)
        if (audience.is_shown)
            bytes += sizeof(Audience) + audience.tail_bytes + audience.tail.size() * update_bytes
                + memory_per_byte * state_size_; // The game remembers what it showed.
    return bytes;
}

} // namespace gatehouse::rooms
