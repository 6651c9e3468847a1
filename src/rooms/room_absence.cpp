// SPDX-License-Identifier: Apache-2.0
// Who stays away, and what that leads to.
#include "rooms/room.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

std::string forfeit_of(Seat seat) { return "forfeit:" + std::to_string(seat); }

}  // namespace

// A bot stands in, a held seat is free again, an abandoned room is finished. (The absence of a seat
// begins again with every start of the server.)
void Room::miss_players()
{
    auto const now = around_.now.steady;
    if (state_.status() == Status::finished)
        return;
    for (std::size_t i = 0; i < away_since_.size() && phase_ == Phase::live; i++) {
        if (state_.stands_still())
            break;
        auto& since = away_since_[i];
        if (state_.chairs()[i].by != Occupant::player || is_here(static_cast<Seat>(i)))
            since.reset();
        else if (!since)
            since = now;
        if (since)
            miss(static_cast<Seat>(i));
    }
    if (!attendances_.empty() || !arrivals_.empty())
        deserted_at_.reset();
    else if (!deserted_at_)
        deserted_at_ = now;
    if (may_be_abandoned() && deserted_at_ && now - *deserted_at_ >= options_.abandoned)
        record(Finished{});
}

void Room::miss(Seat seat)
{
    auto const away = around_.now.steady - *away_since_[static_cast<std::size_t>(seat)];
    if (state_.status() == Status::open) {
        if (away >= options_.seat_held)
            record(SeatLeft{seat});
    } else if (is_absence_noted(seat) && away >= *options_.bot_after) {
        if (options_.absence == Absence::forfeit)
            enqueue({{}, Forfeit{seat}});
        else
            record(StandIn{seat, true});
    }
}

// Will anything become of it that this seat is left?
bool Room::is_absence_noted(Seat seat) const
{
    if (state_.status() != Status::running || !options_.bot_after || is_full())
        return false;
    if (options_.absence != Absence::forfeit)
        return !state_.chairs()[static_cast<std::size_t>(seat)].stand_in;
    bool const is_queued = std::ranges::any_of(queue_, [&](Task const& task) {
        auto const* forfeit = std::get_if<Forfeit>(&task.what);
        return forfeit && forfeit->seat == seat;
    });
    return !is_queued && !holds_timer(forfeit_of(seat));
}

// Nobody can go on with a game that has no place left, so it ends like one that never began; and
// so does a fork that nobody comes to. In a game of steps time stands still without somebody there,
// so it would wait for ever.
bool Room::may_be_abandoned() const
{
    auto const status = state_.status();
    return !state_.is_on_hold()
        && (status == Status::open
            || (status == Status::running
                && (is_full() || state_.awaits_players() || state_.is_ticking())));
}

// Recorded together with what the game makes of it. One that has nothing to say cannot go on
// without them.
void Room::decide(Forfeit const& forfeit)
{
    auto const seat = forfeit.seat;
    auto const is_player
        = state_.chairs()[static_cast<std::size_t>(seat)].by == Occupant::player;
    if (!is_player || is_here(seat) || state_.stands_still() || !is_absence_noted(seat))
        return;
    auto const timer = forfeit_of(seat);
    Crumb const crumb{.room = id_, .doing = Doing::ring, .name = timer};
    Crumbed const laid(around_.crumbs, crumb);
    ask(TimerRang{timer}, crumb, [this, seat, timer](Verdict verdict) {
        if (holds_timer(timer))
            return;
        away_since_[static_cast<std::size_t>(seat)] = around_.now.steady; // If it comes to nothing.
        if (must_ask_again(verdict))
            return;
        if (verdict.refusal) {
            around_.complain(
                id_, {verdict.refusal->code, verdict.refusal->message, "timer " + timer});
            verdict = {};
        }
        if (!has_place_for(verdict))
            return stand_still();
        record(Forfeited{seat});
        if (phase_ != Phase::live)
            return;
        bool const says_nothing
            = verdict.events.empty() && verdict.timers.empty() && !verdict.is_over;
        if (says_nothing)
            record(Finished{});
        else
            commit(std::move(verdict), {});
    });
}

}  // namespace gatehouse::rooms
