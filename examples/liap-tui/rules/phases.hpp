// SPDX-License-Identifier: Apache-2.0
#pragma once

// The decisions of each phase. That the actor may act now has been checked (liap_tui.cpp); `forced`
// says that the clock decided for them.

#include "liap_tui/actions.hpp"
#include "liap_tui/state.hpp"
#include "rooms/game.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::liap_tui {

using Decision = rooms::Decision<Event>;

enum class By : bool { seat, clock };

// Events as they come about: each is applied to a copy of the state at once, so that the next step
// of a rule sees what the last one did.
class Course {
public:
    explicit Course(State const& state) : state_(state) {}

    [[nodiscard]] State const& state() const { return state_; }
    void happens(Event event)
    {
        evolve(state_, event);
        decision_.emit(std::move(event));
    }
    // All that happened, and the clock set for who acts next.
    [[nodiscard]] Decision end();
    // All that happened, and the clock runs on.
    [[nodiscard]] Decision end_on_running_clock() { return std::move(decision_); }

private:
    State state_;
    Decision decision_;
};

// ---- dealing.cpp

// How `chance` deals: seat 0 gets the first eight pieces of the shuffled row, and so on.
[[nodiscard]] Hands deal(rooms::Rng chance);
// Deals the next hands. Without a starter, who holds the red GENERAL starts.
void deal_next(
    Course& course, rooms::Chance const& chance, int round, std::optional<int> starter);
[[nodiscard]] std::optional<std::string> unfair(
    State const& before, Dealt const& dealt, rooms::Chance const& chance);

// ---- preparation.cpp
[[nodiscard]] Decision keep(State const& state, By by);
[[nodiscard]] Decision redeal(State const& state, rooms::Chance const& chance);

// ---- declaration.cpp
[[nodiscard]] Decision declare(State const& state, int piles, By by);
[[nodiscard]] int smallest_declaration(State const& state);

// ---- turn.cpp
[[nodiscard]] Decision play(State const& state, std::vector<Piece> pieces, By by);
[[nodiscard]] std::vector<Piece> weakest_play(State const& state);

// ---- scoring.cpp

[[nodiscard]] int score_of(int declared, int won, int multiplier);
void score_round(Course& course);
[[nodiscard]] Decision ready(State const& state, int seat, rooms::Context const& context);
[[nodiscard]] Decision next_round(State const& state, rooms::Chance const& chance);

}  // namespace gatehouse::liap_tui
