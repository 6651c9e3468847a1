// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "liap_tui/view.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::liap_tui {

// What one may ask without playing. Answered from the view.

// Which sets does my hand hold? Once a set is led: which of its kind?
struct Sets {
    static constexpr std::string_view name = "sets";
};

struct HeldSet {
    SetKind kind{};
    std::vector<Piece> pieces{};
    int points = 0;
    static void fields(auto& self, auto&& field)
    {
        field("kind", self.kind);
        field("pieces", self.pieces);
        field("points", self.points);
    }
};

// The most points first.
struct HeldSets {
    static constexpr std::string_view name = "sets";
    std::vector<HeldSet> sets{};
    static void fields(auto& self, auto&& field) { field("sets", self.sets); }
};

using Query = std::variant<Sets>;
using Reply = std::variant<HeldSets>;

// Fails with `forbidden` where the view shows no hand: to spectators.
[[nodiscard]] Result<Reply> reply_to(View const& view, Query const& query);

}  // namespace gatehouse::liap_tui
