// SPDX-License-Identifier: Apache-2.0
// Stage 1 of a room's turn: who may ask what.
#include "rooms/room.hpp"

#include "base/assert.hpp"
#include "events/subject.hpp"
#include "rooms/messages.hpp"

#include <algorithm>

namespace gatehouse::rooms {

void refuse(Surroundings& around, std::string_view room, Request const& request, Error const& why)
{
    auto const* const join = std::get_if<Join>(&request.what);
    auto const* const act = std::get_if<Act>(&request.what);
    auto const* const ask = std::get_if<Ask>(&request.what);
    if (!join && !act && !ask)
        return; // Nobody waits for an answer.
    std::string text;
    messages::error(
        text, join ? join->id : act ? act->id : ask->id, room, why.code, why.message);
    around.deliver({request.from, around.frame(text),
        join ? Delivery::Effect::ended : Delivery::Effect::none,
        static_cast<std::uint16_t>(join ? 0 : 1)});
}

std::optional<Error> Surroundings::doubts_itself() const
{
    if (!leased_until || now.steady < *leased_until)
        return std::nullopt;
    return Error{ErrorCode::busy, "this server waits for word from its store; try again"};
}

void Room::take(Request request)
{
    // Waits for nobody: it is about what the end of this turn shows.
    if (std::holds_alternative<Refresh>(request.what))
        return renew(request.from);
    // Who goes is always heard: that shortens the queue's work, and its number is bound by those
    // here.
    bool const is_farewell
        = std::holds_alternative<Gone>(request.what) || std::holds_alternative<Leave>(request.what);
    if (is_farewell && phase_ == Phase::broken)
        return dismiss(request.from, std::holds_alternative<Leave>(request.what));
    if (phase_ == Phase::broken)
        return refuse(around_, id_, request, *broken_);
    if (!is_farewell && (queue_.size() >= options_.queue_max || is_gate_full()))
        return refuse(around_, id_, request,
            {ErrorCode::busy, "this room has too much to do; try again"});

    Task task{request.from, {}};
    std::visit([&task](auto& what) { task.what = std::move(what); }, request.what);
    enqueue(std::move(task));
    if (phase_ == Phase::live)
        pump();
}

void Room::renew(Caller who)
{
    if (attendance_of(who) && std::ranges::find(refreshes_, who) == refreshes_.end())
        refreshes_.push_back(who);
}

void Room::pump()
{
    if (is_pumping_)
        return;
    is_pumping_ = true;
    while (phase_ == Phase::live && !is_deciding()) {
        if (wants_prepare()) {
            guarded([&] { prepare(); });
            continue;
        }
        if (phase_ != Phase::live || queue_.empty())
            break;
        auto const task = next_task();
        guarded([&] { perform(task); });
    }
    is_pumping_ = false;
}

void Room::perform(Task const& task)
{
    std::visit(Overload{
        [&](Join const& join) { admit(task.from, join); },
        [&](Act const& act) { admit(task.from, act); },
        [&](Ask const& asked) { admit(task.from, asked); },
        [&](Leave const& leave) { admit(task.from, leave); },
        [&](Gone const&) { detach(task.from); },
        [&](Refresh const&) { renew(task.from); },
        [&](Ring const& ring) { decide(ring); },
        [&](BotTurn const& turn) { decide(turn); },
        [&](Forfeit const& forfeit) { decide(forfeit); },
        [&](Lapse const& lapse) { decide(lapse); },
        [&](std::shared_ptr<Instruction> const& order) { perform(order); }}, task.what);
}

void Room::refuse_task(Task const& task, ErrorCode code, std::string_view message)
{
    Refusal refusal{code, std::string(message)};
    if (auto const* join = std::get_if<Join>(&task.what))
        answer(task.from, join->id, std::move(refusal), Answer::Kind::join);
    else if (auto const* act = std::get_if<Act>(&task.what))
        answer(task.from, act->id, std::move(refusal));
    else if (auto const* ask = std::get_if<Ask>(&task.what))
        answer(task.from, ask->id, std::move(refusal), Answer::Kind::query);
}

void Room::answer(Caller to, std::uint64_t id, Refusal refusal, Answer::Kind kind)
{
    answers_.push_back({to, id, kind, 0, std::move(refusal)});
}

Room::Attendance const* Room::attendance_of(Caller who) const
{
    auto const found = std::ranges::find(attendances_, who, &Attendance::who);
    return found == attendances_.end() ? nullptr : &*found;
}

Room::Attendance* Room::whereabouts_of(Caller who)
{
    auto const found = std::ranges::find(attendances_, who, &Attendance::who);
    if (found != attendances_.end())
        return &*found;
    for (auto& arrival : arrivals_)
        if (arrival.attendance.who == who)
            return &arrival.attendance;
    return nullptr;
}

// GCRA with a burst of one period.
std::optional<Room::Attendance> Room::heard_from(Caller who, std::uint64_t id, Answer::Kind kind)
{
    auto* const by = whereabouts_of(who);
    if (!by) {
        answer(who, id, {ErrorCode::not_found, "join the room first"}, kind);
        return std::nullopt;
    }
    if (options_.rate_max == 0)
        return *by;
    auto const now = around_.now.steady;
    auto const paid_until
        = std::max(by->paid_until, now) + Duration(options_.rate_period) / options_.rate_max;
    if (paid_until - now > options_.rate_period) {
        answer(who, id,
            {ErrorCode::rate_limited,
                "at most " + std::to_string(options_.rate_max) + " in "
                    + std::to_string(options_.rate_period.count()) + " ms in this room"},
            kind);
        return std::nullopt;
    }
    by->paid_until = paid_until;
    return *by;
}

// ---- Joining

void Room::admit(Caller from, Join const& join)
{
    auto const refuse_it = [&](ErrorCode code, std::string message) {
        answer(from, join.id, {code, std::move(message)}, Answer::Kind::join);
    };
    if (auto const doubt = around_.doubts_itself()) // Since it began to wait.
        return refuse(around_, id_, {from, join}, *doubt);
    if (!join.knows_ticks && state_.play().ticks_per_second() > 0)
        return refuse_it(ErrorCode::unsupported,
            "this game goes on between events, which this client does not say that it understands: "
            "`ticks` of join, docs/protocol.md");
    if (attendances_.size() + arrivals_.size() >= options_.attendances_max)
        return refuse_it(ErrorCode::busy, "this room is full of spectators");
    if (join.as_spectator) {
        arrivals_.push_back({{from, spectator, 0}, join.id, join.at});
        return;
    }
    if (!events::is_subject(join.principal))
        return refuse_it(ErrorCode::too_large, "this account's id is too long to play, or no text");
    auto const seat = seat_for(state_.actor_of(join.principal), join);
    if (!seat)
        return refuse_it(seat.error().code, seat.error().message);
    sit(from, join, *seat);
}

Result<Seat> Room::seat_for(std::uint32_t actor, Join const& join) const
{
    if (actor != 0)
        if (auto const own = state_.seat_of(actor))
            return *own;
    if (state_.is_kicked(actor))
        return fail(ErrorCode::forbidden, "the host let you out; you may watch as a spectator");
    if (state_.status() == Status::finished)
        return fail(ErrorCode::room_closed, "this game is over; join as a spectator");
    if (state_.status() == Status::running)
        return fail(ErrorCode::room_closed, "this game has begun; join as a spectator");
    if (is_full())
        return fail(ErrorCode::too_large, "this room's history is full: play in a new room");
    if (auto const* const held = state_.reservation_for(actor))
        return held->seat;
    if (state_.members().size() >= RoomState::members_max)
        return fail(ErrorCode::room_full, "too many people came and went in this room");
    if (!join.seat) {
        if (auto const free = state_.free_seat())
            return *free;
        return fail(ErrorCode::room_full,
            state_.reservations().empty()
                ? "all seats are taken; join as a spectator"
                : "all seats are taken, or wait for somebody; join as a spectator");
    }
    if (*join.seat < 0 || std::cmp_greater_equal(*join.seat, state_.chairs().size()))
        return fail(ErrorCode::bad_request, "there is no such seat");
    if (state_.chairs()[static_cast<std::size_t>(*join.seat)].by != Occupant::nobody)
        return fail(ErrorCode::room_full, "that seat is taken");
    if (state_.reservation_on(*join.seat))
        return fail(ErrorCode::room_full, "that seat waits for somebody else");
    return *join.seat;
}

void Room::sit(Caller from, Join const& join, Seat seat)
{
    bool const was_awaited = state_.awaits_players();
    if (was_awaited)
        record(Resumed{});
    auto actor = state_.actor_of(join.principal);
    if (actor == 0)
        actor = meet(join.principal);
    bool const is_new_there = state_.seat_of(actor) != seat;
    if (is_new_there)
        record(Seated{actor, seat});
    replace_attendance(actor);
    if (state_.chairs()[static_cast<std::size_t>(seat)].stand_in
        && state_.status() != Status::finished)
        record(StandIn{seat, false});
    // Whatever a newcomer holds, it is not what this seat was shown.
    arrivals_.push_back({{from, seat, actor}, join.id, is_new_there ? std::nullopt : join.at});
    away_since_[static_cast<std::size_t>(seat)].reset();
    deserted_at_.reset();
    presence_changed_ = true;
    if (was_awaited)
        miss_players(); // The others, from now on.
}

// One live seat per principal: the newer connection wins. Who has not heard yet that they are in
// hears that they are not, by a code that nobody tries again on: that would throw out the newer.
void Room::replace_attendance(std::uint32_t actor)
{
    std::erase_if(attendances_, [&](Attendance const& each) {
        if (each.actor != actor)
            return false;
        say_farewell(each.who, "replaced");
        return true;
    });
    std::erase_if(arrivals_, [&](Arrival const& each) {
        if (each.attendance.actor != actor)
            return false;
        answer(each.attendance.who, each.id,
            {ErrorCode::out_of_order, "a newer connection of yours joined this room"},
            Answer::Kind::join);
        return true;
    });
}

// ---- Going

void Room::say_farewell(Caller who, std::string_view why)
{
    text_.clear();
    messages::left(text_, id_, why);
    parting_words_.push_back({who, around_.frame(text_), Delivery::Effect::ended});
}

void Room::admit(Caller from, Leave const&)
{
    auto const* const found = whereabouts_of(from);
    auto const seat = found ? found->audience : spectator;
    dismiss(from, true);
    if (seat != spectator && state_.status() == Status::open)
        record(SeatLeft{seat});
}

void Room::dismiss(Caller from, bool is_waiting)
{
    if (is_waiting)
        say_farewell(from, "left");
    detach(from);
}

void Room::detach(Caller from)
{
    auto const gone = std::erase_if(attendances_, [&](Attendance const& each) {
        return each.who == from;
    });
    auto const never_came = std::erase_if(arrivals_, [&](Arrival const& each) {
        return each.attendance.who == from;
    });
    if (gone + never_came == 0 || phase_ != Phase::live)
        return;
    presence_changed_ = true;
    miss_players();
}

// ---- Acting

void Room::admit(Caller from, Act const& act)
{
    auto const by = heard_from(from, act.id, Answer::Kind::act);
    if (!by)
        return;
    if (by->audience == spectator)
        return answer(from, act.id, {ErrorCode::forbidden, "spectators only watch"});

    auto const& applied = state_.member(by->actor).applied;
    if (auto const version = applied.find(act.id)) {
        answers_.push_back({from, act.id, Answer::Kind::act, *version, {}});
        return;
    }
    if (is_set_aside(by->actor, act.id))
        return refuse_letter(from, act.id);
    if (act.id <= applied.last())
        return answer(from, act.id,
            {ErrorCode::out_of_order,
                "action ids rise; the last one applied is " + std::to_string(applied.last())});
    if (act.base && *act.base != state_.version())
        return answer(from, act.id,
            {ErrorCode::stale_base, "the room is at " + std::to_string(state_.version())});
    if (state_.status() == Status::finished)
        return answer(from, act.id, {ErrorCode::room_closed, "this game is over"});
    if (state_.is_on_hold())
        return answer(
            from, act.id, {ErrorCode::wrong_phase, "this room is paused, and goes on later"});

    if (is_platform_type(act.name))
        decide_platform(*by, act);
    else
        decide(*by, act);
}

}  // namespace gatehouse::rooms
