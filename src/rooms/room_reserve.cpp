// SPDX-License-Identifier: Apache-2.0
// Seats that wait for somebody: nobody else sits there until they come, do not want it, or their
// time is up. The event says until when, so that holds over restarts.
#include "events/subject.hpp"
#include "rooms/room.hpp"

#include <algorithm>

namespace gatehouse::rooms {

// In the very turn in which the room was opened: all of it is kept, or nothing.
void Room::prepare_for(Wishes const& wishes)
{
    guarded([&] {
        if (!wishes.is_listed)
            record(Unlisted{});
        auto const until = around_.now.wall + wishes.reserved_for.value_or(options_.seat_reserved);
        auto const seats = std::min(wishes.reserve.size(), state_.chairs().size());
        for (std::size_t i = 0; i < seats && phase_ == Phase::live; i++) {
            auto const known = state_.actor_of(wishes.reserve[i]);
            auto const actor = known != 0 ? known : meet(wishes.reserve[i]);
            if (phase_ == Phase::live)
                record(Reserved{static_cast<int>(i), actor, until});
        }
    });
}

// ---- By the host

void Room::decide_reserve(Attendance const& by, Act const& act, json::Node body, Seat seat)
{
    auto const refuse = [&](ErrorCode code, std::string message) {
        answer(by.who, act.id, {code, std::move(message)});
    };
    auto const member = body.find("principal");
    auto const text = member ? member->text() : std::nullopt;
    if (!text || !events::is_subject(*text))
        return refuse(ErrorCode::bad_request, "/principal: expected whom the seat is to wait for");
    std::string const principal(*text);
    auto const known = state_.actor_of(principal);
    if (state_.chairs()[static_cast<std::size_t>(seat)].by != Occupant::nobody)
        return refuse(ErrorCode::room_full, "that seat is taken");
    auto const* const waiting = state_.reservation_on(seat);
    if (waiting && waiting->actor != known)
        return refuse(ErrorCode::room_full, "that seat waits for somebody else: room.release");
    if (state_.seat_of(known))
        return refuse(ErrorCode::bad_request, "they have a seat already");
    if (state_.is_kicked(known))
        return refuse(ErrorCode::forbidden, "they were shown the door");
    if (known == 0 && state_.members().size() >= RoomState::members_max)
        return refuse(ErrorCode::room_full, "too many people came and went in this room");
    auto const actor = known != 0 ? known : meet(principal);
    if (phase_ == Phase::live)
        accept(by, act, Reserved{seat, actor, around_.now.wall + options_.seat_reserved});
}

// They do not come back, so nobody has to know who it was.
void Room::kick_reserved(Attendance const& by, Act const& act, Reservation const& held)
{
    auto const [seat, actor, until] = held;
    record(Released{seat});
    if (phase_ == Phase::live)
        accept(by, act, Kicked{actor, seat});
}

// ---- By whom it is to wait for, before they come

// Whoever may sit down may have a seat wait. Where time stands still, it is as of when it stopped.
void Room::perform(std::shared_ptr<Instruction> const& instruction, Reserve const& order)
{
    auto const known = state_.actor_of(order.principal);
    bool const is_due = !state_.seat_of(known) && !state_.reservation_for(known);
    auto const seat = seat_for(known, Join{.principal = order.principal, .seat = order.seat});
    if (!seat)
        return instruction->answer(std::unexpected(seat.error()));
    if (!is_due)
        return void(promised_.push_back(instruction));
    if (!may_seats_wait())
        return instruction->answer(fail(ErrorCode::too_large,
            "this room's history is half full: no more seats wait for who is not here; join"));
    auto const taken = around_.holds.take(order.principal, id_,
        around_.now.wall + options_.seat_reserved, around_.now.wall);
    if (!taken)
        return instruction->answer(std::unexpected(taken.error()));
    if (state_.awaits_players())
        record(Resumed{}); // As when they sit down: time goes on.
    auto const now = state_.stands_still() ? state_.still_since() : around_.now.wall;
    auto const actor = known != 0 ? known : meet(order.principal);
    if (phase_ == Phase::live)
        carry_out(instruction, Reserved{*seat, actor, now + options_.seat_reserved});
}

// Nothing of it is play, and anybody may have it: what is left of the history is for who comes.
bool Room::may_seats_wait() const
{
    return state_.version() < options_.events_max / 2 && state_.bytes() < options_.bytes_max / 2;
}

// What one event ended: they came, or a seat waits for them no more.
void Room::note_who_waits_no_more(std::vector<Reservation> const& waited)
{
    for (auto const& each : waited)
        if (!state_.reservation_for(each.actor))
            around_.holds.drop(state_.member(each.actor).principal, id_);
}

// ---- Whom it waits for does not want it

void Room::perform(std::shared_ptr<Instruction> const& instruction, GiveUp const& order)
{
    auto const* const held = state_.reservation_for(state_.actor_of(order.principal));
    if (!held)
        return instruction->answer(
            fail(ErrorCode::not_found, "no seat waits for you in this room"));
    carry_out(instruction, Released{held->seat});
}

// ---- Its time is up

// Who was waited for while nobody served the room has a moment to come; who was erased meanwhile,
// or before a room went back to when they were waited for, has no more than that.
WallTime Room::due(Reservation const& reservation) const
{
    if (state_.member(reservation.actor).principal.empty())
        return not_before_;
    return std::max(reservation.until, not_before_);
}

void Room::queue_lapses()
{
    if (state_.stands_still())
        return;
    for (auto const& each : state_.reservations()) {
        bool const is_queued = std::ranges::any_of(queue_, [&](Task const& task) {
            auto const* const lapse = std::get_if<Lapse>(&task.what);
            return lapse && lapse->seat == each.seat;
        });
        if (!is_queued && due(each) <= around_.now.wall)
            enqueue({{}, Lapse{each.seat, each.actor}});
    }
}

// They may have come while this waited, or were erased before their time was up.
void Room::decide(Lapse const& lapse)
{
    auto const* const held = state_.reservation_on(lapse.seat);
    if (held && held->actor == lapse.actor && state_.status() != Status::finished)
        record(Released{lapse.seat});
}

} // namespace gatehouse::rooms
