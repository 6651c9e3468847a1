// SPDX-License-Identifier: Apache-2.0
#pragma once

// The smallest game: two players draw a card each, and the higher one wins. README.md quotes it.

#include "rooms/game.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

namespace gatehouse::high_card {

struct Draw { // What a player asks for: {"a":"draw"}.
    static constexpr std::string_view name = "draw";
    static void fields(auto&, auto&&) {}
};

struct Drawn { // What happened: stored for ever, with what chance gave.
    static constexpr std::string_view name = "drawn";
    int seat = 0;
    int card = 0;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("card", self.card);
    }
};

struct Table { // What is: made of events alone. 0: no card yet.
    std::array<int, 2> cards{};
    static void fields(auto& self, auto&& field) { field("cards", self.cards); }
};

struct HighCard {
    static constexpr rooms::About about{"high-card", "High Card", 1, 2, 2}; // Version 1, two seats.
    struct Options { static void fields(auto&, auto&&) {} };
    using State = Table;
    using View = Table;
    using Action = std::variant<Draw>;
    using Event = std::variant<Drawn>;
    using Decision = rooms::Decision<Event>;

    static State begin(Options const&) { return {}; }
    static bool is_open(State const& table) { return table.cards == std::array{0, 0}; }
    static bool is_over(State const& table) { return table.cards[0] != 0 && table.cards[1] != 0; }

    static Decision decide(State table, rooms::Seat seat, Action const&, rooms::Context const& room)
    {
        if (std::ranges::count(room.seats, rooms::Occupant::nobody) != 0)
            return Decision::refuse(ErrorCode::wrong_phase, "wait for somebody to play against");
        if (table.cards[std::size_t(seat)] != 0)
            return Decision::refuse(ErrorCode::rejected, "you have a card");
        auto const card = 1 + int(room.chance.stream(std::uint64_t(seat)).below(52));
        auto decision = Decision().emit(Drawn{seat, card});
        evolve(table, Drawn{seat, card});
        return is_over(table) ? decision.finish() : decision;
    }
    static Decision decide_timer(State, std::string_view, rooms::Context const&) { return {}; }

    static void evolve(State& table, Event const& event)
    {
        auto const& [seat, card] = std::get<Drawn>(event);
        table.cards[std::size_t(seat)] = card;
    }
    static View view(State table, rooms::Seat seat) // Others' cards stay hidden until both are out.
    {
        for (rooms::Seat other : {0, 1})
            if (other != seat && !is_over(table))
                table.cards[std::size_t(other)] = 0;
        return table;
    }
};

static_assert(rooms::Game<HighCard>);

}  // namespace gatehouse::high_card
