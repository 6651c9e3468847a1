// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gatehouse::liap_tui {

// What the maker of a room may choose. `within_bounds` is what the game plays by.
struct Options {
    static constexpr bool lenient = true;

    int goal = 50;
    int rounds = 20;
    int redeals = 3; // In one round.
    int preparation_seconds = 15;
    int declaration_seconds = 30;
    int turn_seconds = 30;
    int scoring_seconds = 7;

    static void fields(auto& self, auto&& field)
    {
        field("goal", self.goal);
        field("rounds", self.rounds);
        field("redeals", self.redeals);
        field("preparation_seconds", self.preparation_seconds);
        field("declaration_seconds", self.declaration_seconds);
        field("turn_seconds", self.turn_seconds);
        field("scoring_seconds", self.scoring_seconds);
    }
};

[[nodiscard]] Options within_bounds(Options options);

}  // namespace gatehouse::liap_tui
