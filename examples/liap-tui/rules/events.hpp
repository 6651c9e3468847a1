// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "liap_tui/pieces.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::liap_tui {

// What happened. Stored for ever: a change here is a new version of the rules.

using Hands = BySeat<std::array<Piece, hand_size>>;

struct Dealt {
    static constexpr std::string_view name = "dealt";
    int round = 0;
    int deal = 0; // The stream of chance that it came from, counted over the whole game.
    int starter = 0;
    Hands hands{};
    static void fields(auto& self, auto&& field)
    {
        field("round", self.round);
        field("deal", self.deal);
        field("starter", self.starter);
        field("hands", self.hands);
    }
};

struct Kept {
    static constexpr std::string_view name = "kept";
    int seat = 0;
    bool forced = false;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("forced", self.forced);
    }
};

// Always followed by Dealt, in one decision.
struct RedealAsked {
    static constexpr std::string_view name = "redeal_asked";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};

struct Declared {
    static constexpr std::string_view name = "declared";
    int seat = 0;
    int piles = 0;
    bool forced = false;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("piles", self.piles);
        field("forced", self.forced);
    }
};

struct Played {
    static constexpr std::string_view name = "played";
    int seat = 0;
    std::vector<Piece> pieces{}; // Ascending.
    bool forced = false;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("pieces", self.pieces);
        field("forced", self.forced);
    }
};

struct TurnWon {
    static constexpr std::string_view name = "turn_won";
    int seat = 0;
    int piles = 0;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("piles", self.piles);
    }
};

struct Scored {
    static constexpr std::string_view name = "scored";
    BySeat<int> deltas{};
    static void fields(auto& self, auto&& field) { field("deltas", self.deltas); }
};

struct Readied {
    static constexpr std::string_view name = "readied";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};

struct Ended {
    static constexpr std::string_view name = "ended";
    std::vector<int> winners{};
    static void fields(auto& self, auto&& field) { field("winners", self.winners); }
};

using Event
    = std::variant<Dealt, Kept, RedealAsked, Declared, Played, TurnWon, Scored, Readied, Ended>;

}  // namespace gatehouse::liap_tui
