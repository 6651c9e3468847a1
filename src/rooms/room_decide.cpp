// SPDX-License-Identifier: Apache-2.0
// Stage 2 of a room's turn: the game answers, and its events are evolved at once.
#include "rooms/room.hpp"

#include "base/assert.hpp"
#include "base/digest.hpp"
#include "events/append_check.hpp"
#include "rooms/schemas.hpp"

#include <algorithm>
#include <exception>

namespace gatehouse::rooms {
namespace {

constexpr std::size_t events_per_decision_max = 256;

Verdict trouble() { return {.refusal = Refusal{ErrorCode::internal, "the game failed on this"}}; }

}  // namespace

// ---- Questions

void Room::decide(Attendance const& by, Act const& act)
{
    auto const body = around_.parser.parse(act.body.empty() ? "{}" : act.body);
    if (!body)
        return answer(by.who, act.id, {ErrorCode::bad_request, body.error().message});
    events::Cause const cause{by.actor, act.id};
    asked_by_ = Answer{by.who, act.id};
    Crumb const crumb{.room = id_, .doing = Doing::act,
        .principal = state_.member(by.actor).principal, .seat = by.audience, .action = act.id,
        .name = act.name, .body = act.body};
    Crumbed const laid(around_.crumbs, crumb);
    GH_ASSERT(act.name != options_.abort_at || act.name.empty());
    for (bool volatile loops = !act.name.empty() && act.name == options_.loop_at; loops;) { }
    ask(SeatAction{by.audience, act.name, *body}, crumb,
        [this, who = by.who, cause](Verdict verdict) {
            if (verdict.refusal)
                return answer(who, cause.action, std::move(*verdict.refusal));
            if (!has_place_for(verdict))
                return answer(who, cause.action, no_place());
            commit(std::move(verdict), cause);
            if (phase_ == Phase::live)
                answers_.push_back({who, cause.action, Answer::Kind::act, state_.version(), {}});
        });
}

void Room::decide(Ring const& ring)
{
    auto const armed = std::ranges::find_if(state_.timers(), [&](ArmedTimer const& timer) {
        return timer.name == ring.timer && timer.at == ring.at;
    });
    if (armed == state_.timers().end())
        return; // Cancelled or set anew while it waited.
    if (waits_to_ask_again())
        return;
    Crumb const crumb{.room = id_, .doing = Doing::ring, .name = ring.timer};
    Crumbed const laid(around_.crumbs, crumb);
    ask(TimerRang{ring.timer}, crumb, [this, name = ring.timer](Verdict verdict) {
        if (holds_timer(name))
            return; // It is spent, and a letter tells of it.
        if (must_ask_again(verdict))
            return;
        if (verdict.refusal) {
            around_.complain(
                id_, {verdict.refusal->code, verdict.refusal->message, "timer " + name});
            verdict = {};
        }
        if (!has_place_for(verdict))
            return stand_still();
        bool const sets_it_anew = std::ranges::any_of(
            verdict.timers, [&](TimerChange const& change) { return change.name == name; });
        std::vector<TimerSet> rang;
        if (!sets_it_anew)
            rang.push_back({name, std::nullopt}); // A timer rings once.
        commit(std::move(verdict), {}, std::move(rang));
    });
}

void Room::decide(BotTurn const&)
{
    auto const wish = bot_wish();
    if (!wish || state_.stands_still())
        return;
    if (waits_to_ask_again())
        return bots_asked_at_.reset();
    bool const is_bots
        = state_.chairs()[static_cast<std::size_t>(wish->first)].by == Occupant::bot;
    if (!is_bots && options_.absence == Absence::fallback)
        for (auto const& timer : state_.timers())
            if (!holds_timer(timer.name))
                return decide(Ring{timer.name, timer.at});
    auto const body = around_.parser.parse(wish->second.body);
    GH_ASSERT(body);
    Crumb const crumb{.room = id_, .doing = Doing::bot, .seat = wish->first,
        .name = wish->second.name, .body = wish->second.body};
    Crumbed const laid(around_.crumbs, crumb);
    ask(SeatAction{wish->first, wish->second.name, *body}, crumb, [this](Verdict verdict) {
        if (must_ask_again(verdict))
            return;
        if (verdict.refusal)
            return around_.complain(
                id_, {verdict.refusal->code, "a bot was refused", verdict.refusal->message});
        if (!has_place_for(verdict))
            return stand_still();
        commit(std::move(verdict), {});
    });
}

// A bot draws from a stream of its own, so that its luck says nothing of the cards'.
std::optional<std::pair<Seat, BotAction>> Room::bot_wish() const
{
    if (state_.status() == Status::finished)
        return std::nullopt;
    for (std::size_t i = 0; i < state_.chairs().size(); i++) {
        auto const& chair = state_.chairs()[i];
        bool const is_bots = chair.by == Occupant::bot || chair.stand_in;
        if (!is_bots || holds_bot(static_cast<Seat>(i)))
            continue;
        Rng rng(sha256("bots " + state_.seed()), state_.version());
        if (auto wish = state_.play().bot(static_cast<Seat>(i), rng))
            return std::pair{static_cast<Seat>(i), std::move(*wish)};
    }
    return std::nullopt;
}

// A letter tells of a move of this bot that broke the server: it would make it again.
bool Room::holds_bot(Seat seat) const
{
    return std::ranges::any_of(state_.letters(), [&](Letter const& letter) {
        return letter.about.doing == name_of(Doing::bot) && letter.about.seat == seat;
    });
}

// The crumb tells what is asked, in case that it comes to nothing.
void Room::ask(Question const& question, Crumb const& crumb,
    std::move_only_function<void(Verdict)> then)
{
    seats_ = state_.occupants();
    question_ = std::make_shared<Asked>(
        std::move(then), around_.now.steady + options_.decision_max,
        std::string(name_of(crumb.doing)) + " " + std::string(crumb.name));
    auto const asked = question_;
    if (auto failure = put(question, *asked); !failure.empty()) {
        set_aside(crumb, std::move(failure));
        if (phase_ == Phase::live)
            conclude(trouble());
    } else if (asked->at_once) {
        conclude(*std::move(asked->at_once));
    }
}

// Answers why it failed, where it did: then nothing that the game said counts.
std::string Room::put(Question const& question, Asked& asked)
{
    auto const on_answer = [this, weak = std::weak_ptr(question_)](Verdict verdict) {
        auto const still_asked = weak.lock();
        if (!still_asked || still_asked != question_)
            return;
        if (!still_asked->is_being_put)
            conclude(std::move(verdict));
        else if (!still_asked->at_once)
            still_asked->at_once = std::move(verdict);
    };
    auto const begun = around_.stopwatch ? around_.stopwatch() : Duration();
    try {
        state_.play().decide(question,
            {around_.now.wall, *chance_, seats_, id_, state_.version()}, on_answer);
    } catch (std::exception const& thrown) {
        return "threw: " + std::string(thrown.what()).substr(0, 256);
    } catch (...) {
        return "threw what is no std::exception";
    }
    asked.is_being_put = false;
    return around_.stopwatch ? too_slow(around_.stopwatch() - begun) : std::string();
}

std::string Room::too_slow(Duration took)
{
    if (took <= options_.decision_slow)
        return {};
    around_.slow_decisions++;
    auto const ms = std::to_string(std::chrono::floor<Milliseconds>(took).count()) + " ms";
    if (took > options_.decision_too_slow)
        return "took " + ms;
    around_.complain(id_, {ErrorCode::internal, "the game is slow to decide", "it took " + ms});
    return {};
}

void Room::conclude(Verdict verdict)
{
    auto const asked = std::exchange(question_, nullptr);
    if (verdict.events.size() > events_per_decision_max)
        verdict = trouble();
    if (verdict.undecided) {
        complain_of(*verdict.undecided, asked->what);
        verdict.refusal = Refusal{verdict.undecided->code, verdict.undecided->message};
    }
    guarded([&] { asked->then(std::move(verdict)); });
    asked_by_.reset();
    if (is_pumping_)
        return;
    if (phase_ == Phase::live && !is_gate_full())
        queue_what_is_due(); // Or alarms would wait until nobody asks for anything.
    pump(); // The answer came late: go on with what waited.
    around_.touched(id_);
}

// What a game answers after that nobody hears.
void Room::give_up_waiting()
{
    conclude({.undecided = Error{ErrorCode::unavailable,
                  "the game did not answer in time; nothing was changed, try again",
                  "nobody waits longer than " + std::to_string(options_.decision_max.count())
                      + " ms; what was asked is refused, timers and bots are tried again"}});
}

// ---- Events

std::vector<TimerSet> Room::timers_of(Verdict const& verdict) const
{
    std::vector<TimerSet> timers;
    for (auto const& change : verdict.timers) {
        auto& timer = timers.emplace_back(change.name, std::nullopt);
        if (change.after)
            timer.at = around_.now.wall + *change.after;
    }
    return timers;
}

// An accepted action leaves at least one event: it carries the dedup key.
void Room::commit(Verdict verdict, events::Cause cause, std::vector<TimerSet> timers)
{
    for (auto& timer : timers_of(verdict))
        timers.push_back(std::move(timer));
    if (verdict.events.empty() && !verdict.is_over)
        return record(Acted{}, cause, timers);
    for (std::size_t i = 0; i < verdict.events.size() && phase_ == Phase::live; i++) {
        auto& event = verdict.events[i];
        bool const is_last = i + 1 == verdict.events.size();
        record(std::move(event), cause, is_last ? timers : std::vector<TimerSet>{});
    }
    if (verdict.is_over && phase_ == Phase::live)
        record(Finished{results()}, cause);
}

// Only seats that somebody has, each once: what a game says otherwise nobody could count.
std::vector<Placed> Room::results() const
{
    std::vector<Placed> placed;
    std::vector<Standing> standings;
    try {
        standings = state_.play().results();
    } catch (std::exception const& thrown) {
        around_.complain(id_, {ErrorCode::internal, "the game threw in results", thrown.what()});
    }
    for (auto const& [seat, place, points] : standings) {
        if (seat < 0 || std::cmp_greater_equal(seat, state_.chairs().size()))
            continue;
        auto const& chair = state_.chairs()[static_cast<std::size_t>(seat)];
        auto const is_new = std::ranges::find(placed, seat, &Placed::seat) == placed.end();
        if (is_new && chair.by != Occupant::nobody)
            placed.push_back({seat, chair.actor, place, points});
    }
    return placed;
}

void Room::record(
    PlatformEvent const& event, events::Cause cause, std::vector<TimerSet> const& timers)
{
    record({std::string(Choice<PlatformEvent>::name_of(event)), schema_of(event),
               encode_body(event)}, cause, timers);
}

void Room::record(GameEvent what, events::Cause cause, std::vector<TimerSet> const& timers)
{
    events::Event event{.version = state_.version() + 1, .type = std::move(what.type),
        .schema = what.schema, .at = around_.now.wall, .cause = cause,
        .data = std::move(what.data)};
    auto const body_size = event.data.size();
    append_timers(event.data, timers);
    if (state_.ticks() > 0)
        append_tick(event.data, state_.ticks());
    event.link = state_.link_of(event);
    auto const waited = state_.reservations();
    Result<void> evolved;
    try {
        evolved = events::check(event);
        if (evolved)
            evolved = state_.evolve(event, around_.games);
    } catch (std::exception const& thrown) {
        evolved = fail(ErrorCode::internal, "the game threw in evolve", thrown.what());
    }
    if (!evolved) {
        around_.complain(id_, evolved.error());
        if (asked_by_)
            asked_by_->refusal = trouble().refusal;
        start_over(); // What is stored is sound: this event is not.
        return;
    }
    note_who_waits_no_more(waited);
    note_news(event, std::string_view(event.data).substr(0, body_size));
    events_.push_back(std::move(event));
}

}  // namespace gatehouse::rooms
