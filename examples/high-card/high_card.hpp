// SPDX-License-Identifier: Apache-2.0
#pragma once

// The smallest game: two players draw a card each, and the higher one wins. README.md quotes it.

#include "rooms/game.hpp"

#include <array>
#include <string_view>
#include <variant>

namespace gatehouse::high_card {

using rooms::Context;
using rooms::Seat;

struct HighCard {
    static constexpr rooms::About about{"high-card", "High Card", 1, 2, 2}; // Version 1, two seats.

    struct Draw { // What a player asks for: {"a":"draw"}.
        static constexpr std::string_view name = "draw";
    };
    struct Drawn { // What happened: stored for ever, with what chance gave.
        static constexpr std::string_view name = "drawn";
        int seat = 0, card = 0;
        static void fields(auto& self, auto&& field)
        {
            field("seat", self.seat), field("card", self.card);
        }
    };
    struct State { // What is: made of events alone. 0: no card yet.
        std::array<int, 2> cards{};
        static void fields(auto& self, auto&& field) { field("cards", self.cards); }
    };
    using Action = std::variant<Draw>;
    using Event = std::variant<Drawn>;
    using View = State;

    static rooms::Decision<Event> decide(State const& state, Seat seat, Action, Context const& room)
    {
        if (state.cards[std::size_t(seat)] != 0)
            return rooms::Decision<Event>::refuse("you have a card");
        auto const card = 1 + int(room.chance.stream(std::uint64_t(seat)).below(52));
        auto decision = rooms::Decision<Event>().emit(Drawn{seat, card});
        return state.cards[std::size_t(1 - seat)] != 0 ? decision.finish() : decision;
    }
    static void evolve(State& state, Event const& event)
    {
        auto const& [seat, card] = std::get<Drawn>(event);
        state.cards[std::size_t(seat)] = card;
    }
    static View view(State state, Seat seat) // A card stays hidden until both are out.
    {
        if (state.cards[0] == 0 || state.cards[1] == 0)
            for (auto const other : {0, 1})
                if (other != seat)
                    state.cards[std::size_t(other)] = 0;
        return state;
    }
};

static_assert(rooms::Game<HighCard>);

}  // namespace gatehouse::high_card
