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
constexpr std::ptrdiff_t display_name_characters_max = 24;

Refusal full()
{
    return {ErrorCode::too_large, "this room's history is full: play on in a new room"};
}

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
    Crumbed const crumb(around_.crumbs,
        {.room = id_, .doing = Doing::act, .principal = state_.member(by.actor).principal,
            .seat = by.audience, .action = act.id, .name = act.name, .body = act.body});
    GH_ASSERT(act.name != options_.abort_at || act.name.empty());
    ask(SeatAction{by.audience, act.name, *body}, [this, who = by.who, cause](Verdict verdict) {
        if (verdict.refusal)
            return answer(who, cause.action, std::move(*verdict.refusal));
        if (!has_place_for(verdict))
            return answer(who, cause.action, full());
        commit(std::move(verdict), cause);
        if (phase_ == Phase::live)
            answers_.push_back({who, cause.action, false, state_.version(), {}});
    });
}

void Room::decide(Ring const& ring)
{
    auto const armed = std::ranges::find_if(state_.timers(), [&](ArmedTimer const& timer) {
        return timer.name == ring.timer && timer.at == ring.at;
    });
    if (armed == state_.timers().end())
        return; // Cancelled or set anew while it waited.
    Crumbed const crumb(
        around_.crumbs, {.room = id_, .doing = Doing::ring, .name = ring.timer});
    ask(TimerRang{ring.timer}, [this, name = ring.timer](Verdict verdict) {
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
    if (!wish || state_.status() == Status::finished)
        return;
    auto const body = around_.parser.parse(wish->second.body);
    GH_ASSERT(body);
    Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::bot, .seat = wish->first,
        .name = wish->second.name, .body = wish->second.body});
    ask(SeatAction{wish->first, wish->second.name, *body}, [this](Verdict verdict) {
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

void Room::ask(Question const& question, std::move_only_function<void(Verdict)> then)
{
    seats_ = state_.occupants();
    question_ = std::make_shared<Asked>(
        std::move(then), around_.now.steady + options_.decision_max);
    auto const on_answer = [this, asked = std::weak_ptr(question_)](Verdict verdict) {
        auto const still_asked = asked.lock();
        if (still_asked && still_asked == question_)
            conclude(std::move(verdict));
    };
    try {
        state_.play().decide(question, {around_.now.wall, *chance_, seats_}, on_answer);
    } catch (std::exception const& thrown) {
        around_.complain(id_, {ErrorCode::internal, "the game threw in decide", thrown.what()});
        on_answer(trouble()); // A timer that it threw at is spent.
    }
}

void Room::conclude(Verdict verdict)
{
    auto const asked = std::exchange(question_, nullptr);
    if (verdict.events.size() > events_per_decision_max)
        verdict = trouble();
    guarded([&] { asked->then(std::move(verdict)); });
    asked_by_.reset();
    if (is_pumping_)
        return;
    pump(); // The answer came late: go on with what waited.
    around_.touched(id_);
}

// What a game answers after that nobody hears.
void Room::give_up_waiting()
{
    around_.complain(id_, {ErrorCode::unavailable, "the game does not answer",
        "nobody waits longer than " + std::to_string(options_.decision_max.count())
            + " ms; what was asked is refused, a timer is spent"});
    conclude({.refusal = Refusal{ErrorCode::unavailable,
                  "the game did not answer in time; nothing was changed, try again"}});
}

// ---- What the platform itself is asked

void Room::decide_platform(Attendance const& by, Act const& act)
{
    auto const refuse = [&](ErrorCode code, std::string message) {
        answer(by.who, act.id, {code, std::move(message)});
    };
    auto const accept = [&](PlatformEvent const& event) {
        record(event, {by.actor, act.id});
        if (phase_ == Phase::live)
            answers_.push_back({by.who, act.id, false, state_.version(), {}});
    };
    if (is_full())
        return refuse(full().code, full().message);
    auto const body = around_.parser.parse(act.body.empty() ? "{}" : act.body);
    if (!body)
        return refuse(ErrorCode::bad_request, body.error().message);

    if (act.name == "room.name") {
        auto const member = body->find("name");
        auto const display = member ? member->text() : std::nullopt;
        auto const begins_character = [](char c) { return (c & 0xc0) != 0x80; };
        if (!display || display->empty()
            || std::ranges::count_if(*display, begins_character) > display_name_characters_max)
            return refuse(ErrorCode::bad_request, "/name: expected 1 to 24 characters");
        return accept(
            Named{.actor = by.actor, .sealed = sealed(by.actor, *display, Named::name)});
    }
    if (act.name != "room.bot" && act.name != "room.unbot")
        return refuse(ErrorCode::bad_request, "no such action: " + act.name.substr(0, 64));

    auto const member = body->find("seat");
    auto const seat = member ? member->integer() : std::nullopt;
    if (!seat || *seat < 0 || std::cmp_greater_equal(*seat, state_.chairs().size()))
        return refuse(ErrorCode::bad_request, "/seat: expected the number of a seat");
    if (state_.status() != Status::open)
        return refuse(ErrorCode::wrong_phase, "the game has begun");
    if (state_.host() != by.audience)
        return refuse(ErrorCode::forbidden, "only the host seats bots");
    auto const occupant = state_.chairs()[static_cast<std::size_t>(*seat)].by;
    if (act.name == "room.bot") {
        if (occupant != Occupant::nobody)
            return refuse(ErrorCode::room_full, "that seat is taken");
        return accept(BotSeated{static_cast<int>(*seat)});
    }
    if (occupant != Occupant::bot)
        return refuse(ErrorCode::bad_request, "no bot sits there");
    accept(SeatLeft{static_cast<int>(*seat)});
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
    append_timers(event.data, timers);
    event.link = state_.link_of(event);
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
    events_.push_back(std::move(event));
}

}  // namespace gatehouse::rooms
