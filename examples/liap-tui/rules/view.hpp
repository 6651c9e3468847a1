// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "liap_tui/state.hpp"

#include <optional>
#include <vector>

namespace gatehouse::liap_tui {

// What one seat may know: everything but the others' hands. README.md says what each field means.
struct View {
    Phase phase{};
    int round = 0;
    int multiplier = 1;
    int deal = 0;
    std::optional<int> starter{};
    std::optional<int> turn{};
    std::optional<std::vector<Piece>> hand{};
    BySeat<int> hand_sizes{};
    BySeat<int> declared{};
    BySeat<int> won{};
    BySeat<int> scores{};
    std::vector<int> kept{};
    std::vector<int> forbidden{};
    int need = 0;
    std::vector<Laid> plays{};
    std::optional<int> best{};
    std::optional<FinishedTurn> last_turn{};
    std::optional<BySeat<int>> deltas{};
    std::vector<int> ready{};
    std::vector<int> winners{};
    Options options{};

    static void fields(auto& self, auto&& field)
    {
        field("phase", self.phase);
        field("round", self.round);
        field("multiplier", self.multiplier);
        field("deal", self.deal);
        field("starter", self.starter);
        field("turn", self.turn);
        field("hand", self.hand);
        field("hand_sizes", self.hand_sizes);
        field("declared", self.declared);
        field("won", self.won);
        field("scores", self.scores);
        field("kept", self.kept);
        field("forbidden", self.forbidden);
        field("need", self.need);
        field("plays", self.plays);
        field("best", self.best);
        field("last_turn", self.last_turn);
        field("deltas", self.deltas);
        field("ready", self.ready);
        field("winners", self.winners);
        field("options", self.options);
    }
};

// `seat` below 0: a spectator, who sees no hand.
[[nodiscard]] View view_of(State const& state, int seat);

}  // namespace gatehouse::liap_tui
