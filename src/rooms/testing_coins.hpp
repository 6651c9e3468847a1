// SPDX-License-Identifier: Apache-2.0
#pragma once

// One small game as four servers had it, one after the other: two players throw a coin in turn.
//
//     First    rules 1, `thrown` in schema 1
//     Second   rules 1, `thrown` in schema 2
//     Third    rules 1, `thrown` in schema 3, and `left` is called `folded`
//     Fourth   rules 2: another state, to which rooms of rules 1 are upgraded
//
// What they wrote lies in tests/corpus for ever, so these structs do not change either: the next
// server is a Fifth.

#include "rooms/game.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::rooms::testing::coins {

inline constexpr int throws_max = 12;

enum class Face : std::uint8_t { heads, tails };
constexpr std::array<std::string_view, 2> enum_names(Face) { return {"heads", "tails"}; }

// ---- What was stored, oldest first

struct Thrown1 {
    static constexpr std::string_view name = "thrown";
    int seat = 0;
    bool heads = false;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("heads", self.heads);
    }
};
struct Thrown2 {
    static constexpr std::string_view name = "thrown";
    static constexpr int schema = 2;
    int seat = 0;
    Face face{};
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("face", self.face);
    }
};
struct Thrown3 {
    static constexpr std::string_view name = "thrown";
    static constexpr int schema = 3;
    int seat = 0;
    Face face{};
    int spins = 0; // Nobody counted them before.
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("face", self.face);
        field("spins", self.spins);
    }
};
struct Left {
    static constexpr std::string_view name = "left";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};
struct Folded {
    static constexpr std::string_view name = "folded";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};

// ---- The game

struct Throw {
    static constexpr std::string_view name = "throw";
};
struct Fold {
    static constexpr std::string_view name = "fold";
};

template <typename Event>
Event toss(Seat seat, int throws, Chance const& chance)
{
    auto rng = chance.stream(static_cast<std::uint64_t>(throws));
    auto const face = static_cast<Face>(rng.below(2));
    using Thrown = std::variant_alternative_t<0, Event>;
    if constexpr (std::is_same_v<Thrown, Thrown1>)
        return Thrown{seat, face == Face::heads};
    else if constexpr (std::is_same_v<Thrown, Thrown2>)
        return Thrown{seat, face};
    else
        return Thrown{seat, face, static_cast<int>(1 + rng.below(9))};
}

// What all four of them have in common. In turn: those who folded throw on, but get no points.
template <typename TheState, typename TheEvent>
struct Coins {
    using State = TheState;
    using Event = TheEvent;
    using Action = std::variant<Throw, Fold>;
    using Decided = Decision<Event>;

    static bool is_open(State const& state) { return state.throws == 0; }

    static Decided decide(
        State const& state, Seat seat, Action const& action, Context const& context)
    {
        if (seat == spectator)
            return Decided::refuse(ErrorCode::forbidden, "spectators watch");
        if (std::holds_alternative<Fold>(action))
            return Decided().emit(std::variant_alternative_t<1, Event>{seat});
        if (state.throws % 2 != seat)
            return Decided::refuse(ErrorCode::not_your_turn, "wait for your turn");
        return next(state, context);
    }
    static Decided decide_timer(State const& state, std::string_view, Context const& context)
    {
        return next(state, context);
    }
    static Decided next(State const& state, Context const& context)
    {
        auto decided = Decided().emit(
            toss<Event>(state.throws % 2, state.throws, context.chance));
        if (state.throws + 1 == throws_max)
            return decided.finish();
        return decided.arm("throw", Milliseconds(20'000));
    }
    static std::optional<std::string> unfair(
        State const& before, Event const& event, Chance const& chance)
    {
        if (event.index() != 0)
            return std::nullopt;
        auto const fair = toss<Event>(before.throws % 2, before.throws, chance);
        return face_of(std::get<0>(fair)) == face_of(std::get<0>(event))
            ? std::nullopt
            : std::optional<std::string>("the coin fell on the other side");
    }

protected:
    static std::vector<Standing> standings(int first, int second)
    {
        return {{0, first >= second ? 1 : 2, first}, {1, second >= first ? 1 : 2, second}};
    }
    static Face face_of(Thrown1 const& thrown) { return thrown.heads ? Face::heads : Face::tails; }
    static Face face_of(auto const& thrown) { return thrown.face; }
};

// ---- Rules 1

struct State1 {
    std::array<int, 2> points{};
    std::array<bool, 2> left{};
    int throws = 0;
    static void fields(auto& self, auto&& field)
    {
        field("points", self.points);
        field("left", self.left);
        field("throws", self.throws);
    }
};

template <typename Event>
struct Rules1 : Coins<State1, Event> {
    static constexpr About about{
        .name = "coins", .title = "Coins", .version = 1, .seats_min = 2, .seats_max = 2};
    using View = State1;

    static View view(State1 const& state, Seat) { return state; }
    static std::vector<Standing> results(State1 const& state)
    {
        return Rules1::standings(state.points[0], state.points[1]);
    }
    static std::optional<std::variant<Throw, Fold>> bot(View const& view, Seat seat, Rng&)
    {
        if (view.throws == 0 || view.throws % 2 != seat)
            return std::nullopt;
        return Throw{};
    }
    static void evolve(State1& state, Event const& event)
    {
        auto const seat = std::visit(
            [](auto const& any) { return static_cast<std::size_t>(any.seat) % 2; }, event);
        if (event.index() == 1) {
            state.left[seat] = true;
            return;
        }
        state.throws++;
        state.points[seat]
            += !state.left[seat] && Rules1::face_of(std::get<0>(event)) == Face::heads;
    }
};

struct First : Rules1<std::variant<Thrown1, Left>> {};

struct Second : Rules1<std::variant<Thrown2, Left>> {
    using OldEvents = std::variant<Thrown1>;
    static Thrown2 upcast(Thrown1 const& old)
    {
        return {old.seat, old.heads ? Face::heads : Face::tails};
    }
};

struct Third : Rules1<std::variant<Thrown3, Folded>> {
    using OldEvents = std::variant<Thrown1, Thrown2, Left>;
    static Thrown2 upcast(Thrown1 const& old) { return Second::upcast(old); }
    static Thrown3 upcast(Thrown2 const& old) { return {old.seat, old.face, 0}; }
    static Folded upcast(Left const& old) { return {old.seat}; }
};

// ---- Rules 2: heads count double on odd spins

struct Player {
    int points = 0;
    bool folded = false;
    static void fields(auto& self, auto&& field)
    {
        field("points", self.points);
        field("folded", self.folded);
    }
};

struct State2 {
    std::vector<Player> players = std::vector<Player>(2);
    int throws = 0;
    static void fields(auto& self, auto&& field)
    {
        field("players", self.players);
        field("throws", self.throws);
    }
};

struct Fourth : Coins<State2, std::variant<Thrown3, Folded>> {
    static constexpr About about{
        .name = "coins", .title = "Coins", .version = 2, .seats_min = 2, .seats_max = 2};
    using View = State2;
    using Before = Third;

    static std::vector<Standing> results(State2 const& state)
    {
        return standings(state.players[0].points, state.players[1].points);
    }
    static State2 upgrade(State1 const& old)
    {
        return {.players = {{old.points[0], old.left[0]}, {old.points[1], old.left[1]}},
            .throws = old.throws};
    }
    static View view(State2 const& state, Seat) { return state; }
    static void evolve(State2& state, Event const& event)
    {
        auto const seat = std::visit(
            [](auto const& any) { return static_cast<std::size_t>(any.seat) % 2; }, event);
        if (state.players.size() <= seat)
            return;
        auto& player = state.players[seat];
        if (auto const* thrown = std::get_if<Thrown3>(&event)) {
            state.throws++;
            if (thrown->face == Face::heads && !player.folded)
                player.points += thrown->spins % 2 == 0 ? 1 : 2;
        } else {
            player.folded = true;
        }
    }
};

static_assert(Game<First> && Game<Second> && Game<Third> && Game<Fourth>);
static_assert(HasUpgrade<Fourth>);

}  // namespace gatehouse::rooms::testing::coins
