// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/queries.hpp"

#include <algorithm>

namespace gatehouse::liap_tui {

namespace {

std::vector<Piece> chosen(std::vector<Piece> const& hand, unsigned which)
{
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < hand.size(); i++)
        if ((which >> i & 1) != 0)
            pieces.push_back(hand[i]);
    return pieces;
}

// All choices from a hand are 255 at most.
std::vector<HeldSet> sets_of(std::vector<Piece> const& hand)
{
    std::vector<HeldSet> sets;
    for (unsigned which = 1; which < 1U << std::min(hand.size(), std::size_t(hand_size)); which++) {
        auto pieces = chosen(hand, which);
        auto const kind = classify(pieces);
        auto const points = points_of(pieces);
        if (kind != SetKind::discard)
            sets.push_back({.kind = kind, .pieces = std::move(pieces), .points = points});
    }
    std::ranges::stable_sort(sets, std::ranges::greater(), &HeldSet::points);
    return sets;
}

}  // namespace

Result<Reply> reply_to(View const& view, Query const&)
{
    if (!view.hand)
        return fail(ErrorCode::forbidden, "spectators hold no pieces");
    auto sets = sets_of(*view.hand);
    if (!view.plays.empty())
        std::erase_if(
            sets, [&](HeldSet const& set) { return set.kind != view.plays.front().kind; });
    return HeldSets{std::move(sets)};
}

}  // namespace gatehouse::liap_tui
