// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small game of which little is heard: what it decides often changes nothing but a timer, or
// nothing at all, and one action breaks it. What it wrote lies in tests/corpus for ever, so it does
// not change.

#include "rooms/game.hpp"

#include <stdexcept>
#include <string_view>
#include <variant>

namespace gatehouse::corpus::bells {

inline constexpr int pulls_max = 6;

// ---- What is stored

struct Pulled {
    static constexpr std::string_view name = "pulled";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};
struct Struck {
    static constexpr std::string_view name = "struck";
    static void fields(auto&, auto&&) { }
};

struct State {
    int pulled = 0;
    int struck = 0;
    static void fields(auto& self, auto&& field)
    {
        field("pulled", self.pulled);
        field("struck", self.struck);
    }
};

// ---- What is asked for

struct Pull {
    static constexpr std::string_view name = "pull";
};
struct Listen {
    static constexpr std::string_view name = "listen";
};
struct Wind { // The clock strikes so much later.
    static constexpr std::string_view name = "wind";
    int after_ms = 0;
    static void fields(auto& self, auto&& field) { field("after_ms", self.after_ms); }
};
struct Stop {
    static constexpr std::string_view name = "stop";
};
struct Crack {
    static constexpr std::string_view name = "crack";
};

struct Bells {
    static constexpr rooms::About about{"bells", "Bells", 1, 1, 2};
    using State = bells::State;
    using View = bells::State;
    using Action = std::variant<Pull, Listen, Wind, Stop, Crack>;
    using Event = std::variant<Pulled, Struck>;
    using Decided = rooms::Decision<Event>;

    static bool is_open(State const& state) { return state.pulled == 0; }

    static Decided decide(
        State const& state, rooms::Seat seat, Action const& action, rooms::Context const&)
    {
        return std::visit(
            Overload{[&](Pull) {
                         auto decided = Decided().emit(Pulled{seat});
                         return state.pulled + 1 == pulls_max ? decided.finish() : decided;
                     },
                [](Listen) { return Decided(); },
                [](Wind wind) { return Decided().arm("clock", Milliseconds(wind.after_ms)); },
                [](Stop) { return Decided().cancel("clock"); },
                [](Crack) -> Decided { throw std::runtime_error("the bell has cracked"); }},
            action);
    }
    static Decided decide_timer(State const&, std::string_view, rooms::Context const&)
    {
        return Decided().emit(Struck{});
    }
    static void evolve(State& state, Event const& event)
    {
        (std::holds_alternative<Pulled>(event) ? state.pulled : state.struck)++;
    }
    static View view(State const& state, rooms::Seat) { return state; }
    static std::optional<Action> bot(View const& view, rooms::Seat seat, rooms::Rng&)
    {
        return view.pulled % 2 == seat && view.pulled > 0 ? std::optional<Action>(Pull())
                                                          : std::nullopt;
    }
};

} // namespace gatehouse::corpus::bells
