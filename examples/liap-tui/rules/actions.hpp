// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "liap_tui/pieces.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::liap_tui {

// What a seat may ask for.

struct Start {
    static constexpr std::string_view name = "start";
    static void fields(auto&, auto&&) {}
};

struct Redeal {
    static constexpr std::string_view name = "redeal";
    bool accept = false;
    static void fields(auto& self, auto&& field) { field("accept", self.accept); }
};

struct Declare {
    static constexpr std::string_view name = "declare";
    int piles = 0;
    static void fields(auto& self, auto&& field) { field("piles", self.piles); }
};

struct Play {
    static constexpr std::string_view name = "play";
    std::vector<Piece> pieces{};
    static void fields(auto& self, auto&& field) { field("pieces", self.pieces); }
};

struct Ready {
    static constexpr std::string_view name = "ready";
    static void fields(auto&, auto&&) {}
};

using Action = std::variant<Start, Redeal, Declare, Play, Ready>;

}  // namespace gatehouse::liap_tui
