// SPDX-License-Identifier: Apache-2.0
// What a room asks by itself, and nobody decided: it is asked again. And before all else the rules
// prepare what they want to.
#include "rooms/room.hpp"

#include "base/digest.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::rooms {
namespace {

// A while of at most `longest`, by the room's own luck: rooms that ask the same process do not do
// so at the same instant.
Duration a_while(Milliseconds longest, std::string const& seed, unsigned turn)
{
    Rng luck(sha256("again " + seed), turn);
    auto const most
        = std::clamp<std::int64_t>(longest.count(), 1, std::numeric_limits<std::int32_t>::max());
    return Milliseconds(1 + luck.below(static_cast<std::uint32_t>(most)));
}

} // namespace

// Nothing is spent by that: a timer stays armed, a bot has its turn, the rules may want to prepare.
// All of them wait, for whoever did not decide one thing will not decide another.
bool Room::must_ask_again(Verdict const& verdict)
{
    if (!verdict.undecided) {
        undecided_in_a_row_ = 0;
        again_at_.reset();
        return false;
    }
    auto longest = options_.again_after;
    for (unsigned i = 0; i < undecided_in_a_row_ && longest < options_.again_after_max; i++)
        longest *= 2;
    longest = std::min(longest, options_.again_after_max);
    again_at_ = around_.now.steady + a_while(longest, state_.seed(), undecided_in_a_row_);
    undecided_in_a_row_++;
    bots_asked_at_.reset();
    return true;
}

bool Room::waits_to_ask_again() const
{
    return again_at_ && around_.now.steady < *again_at_;
}

// A process that is away is so for all rooms, and its line tells of that. Of what the room asks
// again and again, once is enough.
void Room::complain_of(Error const& undecided, std::string_view asked)
{
    bool const is_news = asked_by_ ? !undecided.detail.empty() : undecided_in_a_row_ == 0;
    if (is_news)
        around_.complain(id_,
            {undecided.code, undecided.message,
                std::string(asked) + (undecided.detail.empty() ? "" : ": " + undecided.detail)});
}

// ---- Preparing

// What waits does so because of those who were there before: no longer than after their first no.
void Room::rules_changed()
{
    if (phase_ != Phase::live)
        return;
    if (again_at_) {
        undecided_in_a_row_ = 0;
        again_at_ = std::min(*again_at_,
            around_.now.steady + a_while(options_.again_after, state_.seed(), 0));
    }
    pump();
}

bool Room::wants_prepare()
{
    bool const may_go_on = state_.status() != Status::finished && !state_.stands_still()
        && !stands_still_ && !is_full() && !is_gate_full() && !waits_to_ask_again();
    bool wants = false;
    if (may_go_on)
        guarded([&] { wants = state_.play().wants_prepare(state_.occupants()); });
    return wants && phase_ == Phase::live;
}

// A refusal is the rules' last word on the state as it is. All the same it is a while before they
// are asked anything again, so that no game can keep its room busy for ever.
void Room::prepare()
{
    Crumb const crumb{.room = id_, .doing = Doing::show, .name = "prepare"};
    Crumbed const laid(around_.crumbs, crumb);
    ask(Prepare{}, crumb, [this](Verdict verdict) {
        if (verdict.refusal && !verdict.undecided) {
            verdict.undecided = Error{verdict.refusal->code, "the rules do not prepare this room",
                verdict.refusal->message};
            complain_of(*verdict.undecided, "prepare");
        }
        if (must_ask_again(verdict))
            return;
        bool const says_nothing
            = verdict.events.empty() && verdict.timers.empty() && !verdict.is_over;
        if (says_nothing)
            return;
        if (!has_place_for(verdict))
            return stand_still();
        commit(std::move(verdict), {});
    });
}

} // namespace gatehouse::rooms
