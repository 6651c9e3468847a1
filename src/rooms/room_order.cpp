// SPDX-License-Identifier: Apache-2.0
// What operators have a room do, and what is set aside for them: actions that killed the process
// which tried them, and so were never answered; that the game threw at, or took too long over.
#include "rooms/room.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

constexpr std::string_view set_aside_why
    = "the game failed on this, and it waits for an operator; your next actions are welcome";

} // namespace

void Room::obey(std::shared_ptr<Instruction> instruction)
{
    if (phase_ == Phase::broken)
        return instruction->answer(std::unexpected(*broken_));
    if (queue_.size() >= options_.queue_max || is_gate_full())
        return instruction->answer(
            fail(ErrorCode::busy, "this room has too much to do; try again"));
    enqueue({{}, std::move(instruction)});
    if (phase_ == Phase::live)
        pump();
}

void Room::perform(std::shared_ptr<Instruction> const& instruction)
{
    std::visit([&](auto const& order) { perform(instruction, order); }, instruction->order());
}

// Answered when the event is durable; where it cannot be recorded, whoever drops the order answers.
void Room::carry_out(std::shared_ptr<Instruction> const& instruction, PlatformEvent const& event)
{
    record(event);
    if (phase_ == Phase::live)
        promised_.push_back(instruction);
}

// ---- Letters

// The process before this one died of it.
void Room::set_aside(CrashSite const& site)
{
    guarded([&] {
        SetAside letter{.doing = std::string(name_of(site.doing)),
            .action = site.action,
            .seat = site.seat,
            .what = site.name,
            .body = site.body,
            .why = site.why};
        std::vector<TimerSet> timers;
        if (site.doing == Doing::act) {
            letter.actor = state_.actor_of(site.principal);
            if (letter.actor == 0)
                letter.actor = meet(site.principal); // That they came was not kept.
            if (phase_ != Phase::live)
                return;
            if (state_.member(letter.actor).applied.find(site.action))
                return; // It was kept, so it was not what broke.
        } else if (site.doing == Doing::ring) {
            timers.push_back({site.name, std::nullopt});
        }
        if (state_.letter_like(letter))
            return;
        if (state_.letters().size() >= RoomState::letters_max)
            return break_off({ErrorCode::unavailable, "this room is closed: too much breaks in it",
                "gatehouse room open " + id_
                    + "; then deal with what is set aside: gatehouse letter ls"});
        around_.complain(id_, {ErrorCode::internal, "set aside: gatehouse letter ls",
            letter.doing + " " + letter.what + ": " + letter.why});
        if (letter.actor != 0)
            letter.sealed
                = sealed(letter.actor, std::exchange(letter.body, {}), SetAside::name);
        record(letter, {}, timers);
    });
}

// This process lives, and could try it again for ever. What has no place among the letters is
// refused; so is a question, for nobody waits for its effect.
void Room::set_aside(Crumb const& crumb, std::string why)
{
    bool const is_full = state_.letters().size() >= RoomState::letters_max;
    if (crumb.doing == Doing::show || is_full)
        return around_.complain(id_, {ErrorCode::internal, "the game failed",
            std::string(name_of(crumb.doing)) + " " + std::string(crumb.name) + ": " + why});
    set_aside(CrashSite{.room = id_,
        .doing = crumb.doing,
        .principal = std::string(crumb.principal),
        .seat = crumb.seat,
        .action = crumb.action,
        .name = std::string(crumb.name),
        .body = std::string(crumb.body),
        .why = std::move(why)});
}

bool Room::is_set_aside(std::uint32_t actor, std::uint64_t action) const
{
    return std::ranges::any_of(state_.letters(), [&](Letter const& letter) {
        return letter.about.doing == name_of(Doing::act) && letter.about.actor == actor
            && letter.about.action == action;
    });
}

// As with bots; so a timer that the game sets again does not ring into the same trap.
bool Room::holds_timer(std::string_view timer) const
{
    return std::ranges::any_of(state_.letters(), [&](Letter const& letter) {
        return letter.about.doing == name_of(Doing::ring) && letter.about.what == timer;
    });
}

bool Room::is_armed(std::string_view timer) const
{
    return std::ranges::find(state_.timers(), timer, &ArmedTimer::name) != state_.timers().end();
}

void Room::refuse_letter(Caller from, std::uint64_t action)
{
    answer(from, action, {ErrorCode::internal, std::string(set_aside_why)});
}

void Room::perform(std::shared_ptr<Instruction> const& instruction, Discard const& discard)
{
    if (!state_.letter(discard.letter))
        return instruction->answer(fail(ErrorCode::not_found, "there is no such letter"));
    carry_out(instruction, Settled{discard.letter, "discarded"});
}

void Room::perform(std::shared_ptr<Instruction> const& instruction, Retry const& retry)
{
    auto const* const letter = state_.letter(retry.letter);
    if (!letter)
        return instruction->answer(fail(ErrorCode::not_found, "there is no such letter"));
    auto const& about = letter->about;
    if (about.doing == name_of(Doing::act))
        return retry_action(instruction, about, retry);
    if (about.doing == name_of(Doing::ring) && !is_armed(about.what)) {
        Crumb const crumb{.room = id_, .doing = Doing::ring, .name = about.what};
        Crumbed const laid(around_.crumbs, crumb);
        return ask(TimerRang{about.what}, crumb, settle_by(instruction, retry.letter, {}));
    }
    // The bot may move again, the timer ring.
    carry_out(instruction, Settled{retry.letter, "retried"});
}

void Room::retry_action(
    std::shared_ptr<Instruction> const& instruction, SetAside const& about, Retry const& retry)
{
    auto const seat = state_.seat_of(about.actor);
    if (!seat)
        return instruction->answer(
            fail(ErrorCode::wrong_phase, "whoever asked for it sits here no more"));
    if (state_.member(about.actor).principal.empty())
        return instruction->answer(fail(ErrorCode::wrong_phase,
            "whoever asked for it was erased, and nobody can read what; discard it"));
    auto const name = retry.name.value_or(about.what);
    auto const text = retry.body.value_or(about.body);
    auto const body = around_.parser.parse(text.empty() ? "{}" : text);
    if (!body)
        return instruction->answer(fail(ErrorCode::bad_request, body.error().message));
    Crumb const crumb{.room = id_,
        .doing = Doing::act,
        .principal = state_.member(about.actor).principal,
        .seat = *seat,
        .action = about.action,
        .name = name,
        .body = text};
    Crumbed const laid(around_.crumbs, crumb);
    ask(SeatAction{*seat, name, *body}, crumb,
        settle_by(instruction, retry.letter, {about.actor, about.action}));
}

// What a letter led to is recorded as if it had been done in time.
std::move_only_function<void(Verdict)> Room::settle_by(
    std::shared_ptr<Instruction> instruction, events::Version letter, events::Cause cause)
{
    return [this, instruction = std::move(instruction), letter, cause](Verdict verdict) {
        if (verdict.refusal)
            return instruction->answer(fail(verdict.refusal->code, verdict.refusal->message));
        if (!has_place_for(verdict))
            return instruction->answer(fail(ErrorCode::too_large, "this room's history is full"));
        commit(std::move(verdict), cause);
        if (phase_ == Phase::live)
            carry_out(instruction, Settled{letter, "retried"});
    };
}

// ---- Standing still

void Room::perform(std::shared_ptr<Instruction> const& instruction, Pause const&)
{
    if (state_.status() == Status::finished)
        return instruction->answer(fail(ErrorCode::room_closed, "this game is over"));
    if (state_.is_on_hold())
        return void(promised_.push_back(instruction));
    carry_out(instruction, Paused{});
    bots_due_.reset();
}

// Absences begin anew.
void Room::perform(std::shared_ptr<Instruction> const& instruction, Continue const&)
{
    if (!state_.is_on_hold())
        return void(promised_.push_back(instruction));
    carry_out(instruction, Continued{});
    if (phase_ != Phase::live)
        return;
    away_since_.assign(state_.chairs().size(), {});
    deserted_at_.reset();
    bots_asked_at_.reset();
    miss_players();
}

// ---- Going back

// Everybody is shown the whole view anew: no patch leads from what they saw.
void Room::perform(std::shared_ptr<Instruction> const& instruction, GoBack const& order)
{
    auto const& then = order.state;
    carry_out(instruction,
        Restored{.version = then.version,
            .at = order.at,
            .link = to_hex({reinterpret_cast<char const*>(then.link.data()), then.link.size()}),
            .state = to_hex(then.state)});
    if (phase_ != Phase::live)
        return;
    for (auto& audience : audiences_)
        audience = {.deserted_at = audience.deserted_at};
    for (auto const& each : attendances_)
        renew(each.who);
    bots_due_.reset();
    pace_.reset(); // Steps count from there again.
    away_since_.assign(state_.chairs().size(), {});
    presence_changed_ = true;
}

} // namespace gatehouse::rooms
