// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "liap_tui/state.hpp"

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::liap_tui {

// What events are to those who watch, all seats alike. An event that is none of these is told to
// nobody: so hands stay secret.
namespace news {

struct Dealt {
    static constexpr std::string_view name = "dealt";
    int round = 0;
    int deal = 0;
    int starter = 0;
    int multiplier = 1;
    BySeat<int> hand_sizes{};
    static void fields(auto& self, auto&& field)
    {
        field("round", self.round);
        field("deal", self.deal);
        field("starter", self.starter);
        field("multiplier", self.multiplier);
        field("hand_sizes", self.hand_sizes);
    }
};

struct Played : Laid {
    static constexpr std::string_view name = "played";
};

struct Scored {
    static constexpr std::string_view name = "scored";
    BySeat<int> deltas{};
    BySeat<int> scores{}; // With them.
    static void fields(auto& self, auto&& field)
    {
        field("deltas", self.deltas);
        field("scores", self.scores);
    }
};

}  // namespace news

using News = std::variant<news::Dealt, Kept, RedealAsked, Declared, news::Played, TurnWon,
    news::Scored, Readied, Ended>;

// `after` is the state that the event led to.
[[nodiscard]] News news_of(State const& after, Event const& event);

}  // namespace gatehouse::liap_tui
