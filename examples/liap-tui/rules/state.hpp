// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "liap_tui/events.hpp"
#include "liap_tui/options.hpp"
#include "liap_tui/sets.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::liap_tui {

enum class Phase : std::uint8_t { waiting, preparation, declaration, turn, scoring, game_over };

constexpr std::array<std::string_view, 6> enum_names(Phase)
{
    return {"waiting", "preparation", "declaration", "turn", "scoring", "game_over"};
}

// Pieces laid on the table in a turn.
struct Laid {
    int seat = 0;
    std::vector<Piece> pieces{};
    SetKind kind{}; // That of the lead, or a discard.
    int points = 0;
    bool forced = false;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("pieces", self.pieces);
        field("kind", self.kind);
        field("points", self.points);
        field("forced", self.forced);
    }
};

struct FinishedTurn {
    std::vector<Laid> plays{};
    int winner = 0;
    int piles = 0;
    static void fields(auto& self, auto&& field)
    {
        field("plays", self.plays);
        field("winner", self.winner);
        field("piles", self.piles);
    }
};

inline constexpr int undeclared = -1;

struct State {
    Options options{};
    Phase phase = Phase::waiting;
    int round = 0;
    int multiplier = 1;
    int deal = 0;
    int starter = 0;
    std::optional<int> turn{}; // The seat whose decision everybody waits for.
    BySeat<std::vector<Piece>> hands{}; // Secret. Ascending.
    std::vector<int> kept{};
    BySeat<int> declared{undeclared, undeclared, undeclared, undeclared};
    BySeat<int> zeros{}; // Rounds in a row in which the seat declared 0.
    BySeat<int> won{};
    BySeat<int> scores{};
    std::vector<Laid> plays{};
    std::optional<FinishedTurn> last_turn{};
    std::optional<BySeat<int>> deltas{};
    std::vector<int> ready{};
    std::vector<int> winners{};

    static void fields(auto& self, auto&& field)
    {
        field("options", self.options);
        field("phase", self.phase);
        field("round", self.round);
        field("multiplier", self.multiplier);
        field("deal", self.deal);
        field("starter", self.starter);
        field("turn", self.turn);
        field("hands", self.hands);
        field("kept", self.kept);
        field("declared", self.declared);
        field("zeros", self.zeros);
        field("won", self.won);
        field("scores", self.scores);
        field("plays", self.plays);
        field("last_turn", self.last_turn);
        field("deltas", self.deltas);
        field("ready", self.ready);
        field("winners", self.winners);
    }
};

// What happened becomes what is. For events that the rules gave.
void evolve(State& state, Event const& event);

// What `state.turn` may not declare, ascending: at most two of the nine numbers.
[[nodiscard]] std::vector<int> forbidden_piles(State const& state);

// The play that wins as things stand: the highest of the led kind, the earliest of equals. Null
// before the lead.
[[nodiscard]] Laid const* best_play(std::vector<Laid> const& plays);

}  // namespace gatehouse::liap_tui
