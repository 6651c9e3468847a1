// SPDX-License-Identifier: Apache-2.0
#pragma once

// The contract between a game and the room that runs it. A game is one struct of pure functions
// over described structs (base/fields.hpp): no I/O, no clock, no chance but what the Context gives.
//
//     decide(state, seat, action, context) → events, or a refusal   what somebody wants
//     evolve(state, event)                 → state                  what happened; deterministic
//     view(state, seat)                    → view                   what that seat may know
//
// Events are stored and replayed for ever; `decide` is never run again for them. So chance and time
// go INTO events, and evolve takes them from there. docs/games.md says how a game may change.

#include "base/fields.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "rooms/chance.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::rooms {

using Seat = int; // 0 … seats - 1
inline constexpr Seat spectator = -1;
inline constexpr int room_seats_max = 64;

// Who sits on a seat, as far as a game may care.
enum class Occupant : std::uint8_t { nobody, player, bot };

struct About {
    std::string_view name; // "liap-tui": in URLs, configuration and the store.
    std::string_view title;
    int version;           // Of the rules. A room keeps the version that it began with.
    int seats_min;
    int seats_max;
};

struct Context {
    WallTime now{};
    Chance const& chance;
    std::span<Occupant const> seats;
    std::string_view room{};   // Its name, for deciders that serve many.
    std::uint64_t version = 0; // The room's events before this question.
};

// A named alarm of a room. It survives restarts: it is stored with the events that set it.
struct TimerChange {
    std::string name;
    std::optional<Milliseconds> after; // Empty: cancel it.
};

struct Refusal {
    ErrorCode code;
    std::string message; // For the player: "pick 3 pieces: the starter played 3".
};

// What a game answers: events (and changes of timers), or a refusal that changes nothing.
template <typename Event>
struct Decision {
    std::vector<Event> events{};
    std::vector<TimerChange> timers{};
    std::optional<Refusal> refusal{};
    bool is_over = false;

    Decision& emit(Event event)
    {
        events.push_back(std::move(event));
        return *this;
    }
    Decision& arm(std::string name, Milliseconds after)
    {
        timers.push_back({std::move(name), after});
        return *this;
    }
    Decision& cancel(std::string name)
    {
        timers.push_back({std::move(name), std::nullopt});
        return *this;
    }
    // The game has ended with these events: the room closes, and its seed is revealed.
    Decision& finish()
    {
        is_over = true;
        return *this;
    }
    static Decision refuse(ErrorCode code, std::string message)
    {
        Decision decision;
        decision.refusal = Refusal{code, std::move(message)};
        return decision;
    }
    static Decision refuse(std::string message)
    {
        return refuse(ErrorCode::rejected, std::move(message));
    }
};

// Actions and events are variants of described structs, each with a `name`: on the wire it is `a`,
// in the store the event's type. Layouts that an event had before are `OldEvents`: schemas.hpp.
template <typename G>
concept Game = requires(typename G::State const& state, typename G::State& changing,
    typename G::Action const& action, typename G::Event const& event, Seat seat,
    Context const& context) {
    { G::about } -> std::convertible_to<About>;
    requires Described<typename G::State>;
    requires Described<typename G::View>;
    { G::decide(state, seat, action, context) } -> std::same_as<Decision<typename G::Event>>;
    { G::evolve(changing, event) } -> std::same_as<void>;
    // Denied by default: what is not copied into the view is not sent. `seat` may be `spectator`.
    { G::view(state, seat) } -> std::same_as<typename G::View>;
};

// What whoever makes a room may choose. Without it a room begins with State{}.
template <typename G>
concept HasOptions = requires(typename G::Options const& options) {
    requires Described<typename G::Options>;
    { G::begin(options) } -> std::same_as<typename G::State>;
};

// May people take and leave seats now? Without it they may until the game is over.
template <typename G>
concept HasDoor = requires(typename G::State const& state) {
    { G::is_open(state) } -> std::same_as<bool>;
};

// An alarm rang: the default action is decided here, an ordinary event.
template <typename G>
concept HasTimers = requires(
    typename G::State const& state, std::string_view timer, Context const& context) {
    { G::decide_timer(state, timer, context) } -> std::same_as<Decision<typename G::Event>>;
};

// A game may have bots. A bot sees what its seat sees, never the state: it cannot cheat. Empty: it
// is not the bot's turn.
template <typename G>
concept HasBot = requires(typename G::View const& view, Seat seat, Rng& rng) {
    { G::bot(view, seat, rng) } -> std::same_as<std::optional<typename G::Action>>;
};

// A game in which time goes by by itself, in steps of equal length. A step is no event: what is
// stored is how many there were before each event, and replay takes the same ones. So a step may
// hang on nothing but the state: no clock, no floats, no chance but from a generator in the state
// whose seed an event put there. Actions and timers are decided between two steps, and views are
// shown after them; nobody hears news of a step.
template <typename G>
concept HasTicks = requires(typename G::State const& state, typename G::State& changing) {
    { G::ticks_per_second } -> std::convertible_to<int>; // 20 … 60, and static constexpr.
    // Does time go by now? Not in a lobby, while the game is paused, or when it is over.
    { G::is_ticking(state) } -> std::same_as<bool>;
    { G::tick(changing) } -> std::same_as<void>;
    // Asked after each step: then the room closes, as by Decision::finish.
    { G::is_over(state) } -> std::same_as<bool>;
};
inline constexpr int ticks_per_second_min = 20;
inline constexpr int ticks_per_second_max = 60;

// A game that deals from the room's chance can be checked: is this event what the committed seed
// gives? Called by replay with the state before the event. Empty: fair, or no chance in it; else
// what differs.
template <typename G>
concept HasFairness = requires(
    typename G::State const& before, typename G::Event const& event, Chance const& chance) {
    { G::unfair(before, event, chance) } -> std::same_as<std::optional<std::string>>;
};

// How a seat came out of a game that is over.
struct Standing {
    Seat seat = 0;
    int place = 1; // 1 is the best. Who shares a place has the same.
    std::int64_t points = 0;
};

// Who won? Asked once, when the game is over; it is stored with the end of the room, and counts in
// statistics and leaderboards. Seats that are left out came to nothing.
template <typename G>
concept HasResults = requires(typename G::State const& state) {
    { G::results(state) } -> std::same_as<std::vector<Standing>>;
};

// What an event is to those who watch: "seat 2 plays a pair". A client may show it on the way to
// the view that it led to, and one that misses it is right all the same. Asked right after the
// event was evolved, once for each audience; what `view` keeps from a seat belongs in no news for
// it. `News` is a variant as `Event` is one. Empty: nothing to see.
template <typename G>
concept HasNews = requires(
    typename G::State const& after, typename G::Event const& event, Seat seat) {
    { G::news(after, event, seat) } -> std::same_as<std::optional<typename G::News>>;
};

// Questions that change nothing: "which sets do I hold?" They are answered from the view of whoever
// asks, so an answer tells nobody more than they may know; spectators may ask too. `Query` and
// `Reply` are variants as `Action` is one.
template <typename G>
concept HasQueries = requires(
    typename G::View const& view, Seat seat, typename G::Query const& query) {
    { G::ask(view, seat, query) } -> std::same_as<Result<typename G::Reply>>;
};

// A game whose rules changed may take over the rooms of the rules `Before`: a game too, with the
// same name and a lower version, which stays to replay what they led to. Pure.
template <typename G>
concept HasUpgrade = requires(typename G::Before::State const& old) {
    requires Game<typename G::Before>;
    { G::upgrade(old) } -> std::same_as<typename G::State>;
};

}  // namespace gatehouse::rooms
