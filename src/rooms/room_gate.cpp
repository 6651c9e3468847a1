// SPDX-License-Identifier: Apache-2.0
// Stage 4 of a room's turn: nothing leaves before what it hangs on is durable.
#include "rooms/room.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace gatehouse::rooms {

events::StreamAppend Room::append_of_turn()
{
    events::StreamAppend append{.stream = id_, .category = state_.opened().game,
        .expected = sealed_, .events = std::exchange(events_, {}), .state = {},
        .keys = std::exchange(keys_, {})};
    append.state.finished = state_.status() == Status::finished;
    for (auto const& timer : state_.timers())
        append.state.deadline = std::min(append.state.deadline.value_or(timer.at), timer.at);
    for (auto const& each : state_.reservations())
        append.state.deadline = std::min(append.state.deadline.value_or(each.until), each.until);
    sealed_ = state_.version();
    appends_in_flight_++;
    return append;
}

void Room::hold(GateEntry entry)
{
    if (entry.says_nothing())
        return;
    bool const is_free = !entry.has_append && gate_.empty();
    if (is_free || options_.gate_off)
        let_out(entry);
    if (entry.has_append || !is_free)
        gate_.push_back(std::move(entry));
}

void Room::let_out(GateEntry& entry)
{
    if (entry.summary)
        summary_ = std::exchange(entry.summary, std::nullopt);
    for (auto& delivery : std::exchange(entry.deliveries, {}))
        around_.deliver(std::move(delivery));
    entry.answers.clear();
    if (entry.snapshot) {
        saving_ = Saving::in_store;
        around_.keep(id_, *std::exchange(entry.snapshot, std::nullopt));
    }
    if (auto opened = std::exchange(entry.opened, nullptr))
        opened({});
    for (auto const& instruction : std::exchange(entry.promised, {}))
        instruction->answer(entry.version);
}

void Room::durable()
{
    GH_ASSERT(appends_in_flight_ > 0);
    appends_in_flight_--;
    if (gate_.empty())
        return; // It was lost with an earlier one, and yet it is there: hydration will find it.
    GH_ASSERT(gate_.front().has_append);
    do {
        auto entry = std::move(gate_.front());
        gate_.pop_front();
        durable_ = std::max(durable_, entry.version);
        let_out(entry);
    } while (!gate_.empty() && !gate_.front().has_append);
}

void Room::lost(Error const& why)
{
    GH_ASSERT(appends_in_flight_ > 0);
    appends_in_flight_--;
    if (phase_ == Phase::live) {
        around_.complain(id_, why);
        no_grant_before_ = around_.now.steady + grant_again_after;
        start_over();
    }
}

// Forgets all that is not known to be kept, and waits to be hydrated. Those who wait for an answer
// get it then, for only history knows what became of their action.
void Room::start_over()
{
    auto const to_limbo = [this](std::vector<Answer>& answers) {
        for (auto& answer : answers)
            limbo_.push_back(std::move(answer));
        answers.clear();
    };
    for (auto& entry : gate_) {
        // Why it was refused is worth no more than the state that refused it.
        auto const refuses_a_join = [&](Delivery const& delivery) {
            return std::ranges::any_of(entry.answers, [&](Answer const& answer) {
                return answer.kind == Answer::Kind::join && answer.to == delivery.to;
            });
        };
        for (auto& delivery : entry.deliveries)
            if (delivery.effect == Delivery::Effect::ended && !refuses_a_join(delivery))
                parting_words_.push_back(std::move(delivery));
        to_limbo(entry.answers);
        std::erase_if(attendances_, [&](Attendance const& each) {
            return std::ranges::find(entry.arrived, each.who, &Answer::to) != entry.arrived.end();
        });
        to_limbo(entry.arrived);
        if (entry.opened)
            entry.opened(fail(ErrorCode::unavailable, "the room could not be stored; try again"));
    }
    gate_.clear();
    to_limbo(answers_);
    if (asked_by_)
        limbo_.push_back(*std::exchange(asked_by_, std::nullopt));
    for (auto const& arrival : std::exchange(arrivals_, {}))
        limbo_.push_back({arrival.attendance.who, arrival.id, Answer::Kind::join, 0, {}});
    if (auto opened = std::exchange(opened_, nullptr))
        opened(fail(ErrorCode::unavailable, "the room could not be stored; try again"));

    events_.clear();
    keys_.clear();
    promised_.clear();
    refreshes_.clear();
    forget_state();
    if (saving_ == Saving::in_gate)
        saving_ = Saving::nothing;
    summary_.reset();
    noted_.reset();
    told_timers_.clear();
    told_presence_.clear();
    bots_due_.reset();
    bots_asked_at_.reset();
    stands_still_ = false;
    pace_.reset();
    granting_ = durable_ = ticks_shown_ = 0;
    question_.reset();
    phase_ = Phase::loading;
}

// After a loss: what history knows is acked, the rest may be sent again.
void Room::settle_limbo()
{
    std::erase_if(attendances_, [this](Attendance const& each) {
        return each.actor > state_.members().size();
    });
    for (auto& answer : std::exchange(limbo_, {})) {
        auto const* by = attendance_of(answer.to);
        auto const kept = by && by->actor != 0 && answer.kind == Answer::Kind::act
            ? state_.member(by->actor).applied.find(answer.id)
            : std::nullopt;
        // What was refused was refused by a state that never was, but where the game itself failed.
        bool const game_failed = answer.refusal && answer.refusal->code == ErrorCode::internal;
        if (kept)
            answers_.push_back({answer.to, answer.id, Answer::Kind::act, *kept, {}});
        else if (game_failed && answer.kind != Answer::Kind::join)
            answers_.push_back(std::move(answer));
        else
            answers_.push_back({answer.to, answer.id, answer.kind, 0,
                Refusal{
                    ErrorCode::unavailable, "the store failed; nothing was changed, try again"}});
    }
}

}  // namespace gatehouse::rooms
