// SPDX-License-Identifier: Apache-2.0
// Which seats wait for whom, as events tell it.
#include "rooms/state.hpp"

#include <algorithm>

namespace gatehouse::rooms {

void RoomState::note(Reserved const& reserved)
{
    release(reserved.seat, reserved.actor);
    auto const at = std::ranges::upper_bound(reservations_, reserved.seat, {}, &Reservation::seat);
    reservations_.insert(at, {reserved.seat, reserved.actor, reserved.until});
}

// That seat, and whatever waits for that actor.
void RoomState::release(Seat seat, std::uint32_t actor)
{
    std::erase_if(reservations_,
        [&](Reservation const& each) { return each.seat == seat || each.actor == actor; });
}

void RoomState::put_off_reservations(Milliseconds by)
{
    for (auto& each : reservations_)
        each.until = each.until + by;
}

Reservation const* RoomState::reservation_for(std::uint32_t actor) const
{
    auto const found = std::ranges::find(reservations_, actor, &Reservation::actor);
    return found == reservations_.end() ? nullptr : &*found;
}

Reservation const* RoomState::reservation_on(Seat seat) const
{
    auto const found = std::ranges::find(reservations_, seat, &Reservation::seat);
    return found == reservations_.end() ? nullptr : &*found;
}

} // namespace gatehouse::rooms
