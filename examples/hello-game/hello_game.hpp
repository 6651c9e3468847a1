// SPDX-License-Identifier: Apache-2.0
// The room thinks of a number from 1 to 100. Whoever guesses it first has won.
#pragma once

#include "gatehouse/game.hpp"

struct HelloGame {
    static constexpr gatehouse::About about{"hello-game", "Hello, game", 1, 1, 8}; // 1 to 8 seats.
    struct Guess { // What a player asks for: {"a":"guess","d":{"number":50}}.
        static constexpr std::string_view name = "guess";
        int number = 0;
        static void fields(auto& self, auto&& field) { field("number", self.number); }
    };
    struct Guessed { // What happened: stored for ever, with what chance gave.
        static constexpr std::string_view name = "guessed";
        int seat = 0, number = 0, secret = 0;
        static void fields(auto& self, auto&& field)
        {
            field("seat", self.seat), field("number", self.number), field("secret", self.secret);
        }
    };
    struct State { // What is, made of events alone. Secret 0: nothing was drawn yet.
        int secret = 0, low = 1, high = 100;
        std::optional<int> winner{};
        static void fields(auto& self, auto&& field)
        {
            field("secret", self.secret), field("low", self.low), field("high", self.high);
            field("winner", self.winner);
        }
    };
    using Action = std::variant<Guess>;
    using Event = std::variant<Guessed>;
    using View = State;

    static auto decide(State const& state, int seat, Action action, gatehouse::Context const& room)
    {
        using Decision = gatehouse::Decision<Event>;
        auto const number = std::get<Guess>(action).number;
        if (number < state.low || number > state.high)
            return Decision::refuse("it is somewhere else");
        auto const secret = state.secret ? state.secret : 1 + int(room.chance.stream(0).below(100));
        auto decision = Decision().emit(Guessed{seat, number, secret});
        return number == secret ? decision.finish() : decision;
    }
    static void evolve(State& state, Event const& event)
    {
        auto const& [seat, number, secret] = std::get<Guessed>(event);
        state.secret = secret;
        if (number == secret)
            state.low = state.high = number, state.winner = seat;
        else
            (number < secret ? state.low : state.high) = number + (number < secret ? 1 : -1);
    }
    static View view(State state, int) { return state.secret = 0, state; } // Nobody's to know.
};
