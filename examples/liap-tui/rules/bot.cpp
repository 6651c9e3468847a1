// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/bot.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace gatehouse::liap_tui {

namespace {

// Some pieces of a hand.
struct Pick {
    unsigned chosen; // A bit for each place in the hand.
    int size;
    SetKind kind;
    int points;
};

std::vector<Piece> pieces_of(std::vector<Piece> const& hand, unsigned chosen)
{
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < hand.size(); i++)
        if (chosen >> i & 1U)
            pieces.push_back(hand[i]);
    return pieces;
}

Pick pick_of(std::vector<Piece> const& hand, unsigned chosen)
{
    std::array<Piece, hand_size> pieces;
    std::size_t size = 0;
    for (auto rest = chosen; rest != 0; rest &= rest - 1)
        pieces[size++] = hand[static_cast<std::size_t>(std::countr_zero(rest))];
    auto const those = std::span<Piece const>(pieces).first(size);
    return {chosen, static_cast<int>(size), classify(those), points_of(those)};
}

// Every choice of `size` pieces of a hand, or (0) of any size that can be played: at most 246.
std::vector<Pick> picks_of(std::vector<Piece> const& hand, int size)
{
    GH_ASSERT(hand.size() <= hand_size);
    std::vector<Pick> all;
    all.reserve(1U << hand.size());
    for (unsigned chosen = 1; chosen < 1U << hand.size(); chosen++) {
        auto const count = std::popcount(chosen);
        if (size == 0 ? count <= set_size_max : count == size)
            all.push_back(pick_of(hand, chosen));
    }
    return all;
}

// Would this set win more often than not, if led? The more pieces, the rarer an answer.
bool is_strong(Pick const& pick)
{
    switch (pick.kind) {
    case SetKind::discard: return false;
    case SetKind::single: return pick.points >= 12;
    case SetKind::pair: return pick.points >= 14;
    default: return true;
    }
}

// The largest strong sets first, as long as there are any. A set of three or more has to be led:
// who neither starts nor holds a piece that takes the lead cannot count on it.
int piles_expected(std::vector<Piece> const& hand, bool leads)
{
    auto const can_lead = leads || is_strong(pick_of(hand, 1));
    auto sets = picks_of(hand, 0);
    std::erase_if(sets, [&](Pick const& each) {
        return !is_strong(each) || (each.size > 2 && !can_lead);
    });
    int piles = 0;
    while (!sets.empty()) {
        auto const best = *std::ranges::max_element(
            sets, {}, [](Pick const& each) { return std::pair(each.size, each.points); });
        piles += best.size;
        std::erase_if(
            sets, [&](Pick const& each) { return (each.chosen & best.chosen) != 0; });
    }
    return piles;
}

// A weak hand is good for declaring nothing; one with middling sets is worth another deal.
Action decide_redeal(View const& view, int seat, rooms::Rng& rng)
{
    auto const expected = piles_expected(*view.hand, view.starter == seat);
    return Redeal{.accept = expected > 0 && rng.below(2) == 0};
}

// The allowed number nearest to what the hand promises, the lower of two equally near.
Action decide_declaration(View const& view, int seat)
{
    auto const expected = piles_expected(*view.hand, view.starter == seat);
    int best = -1;
    for (int piles = 0; piles <= hand_size; piles++) {
        if (std::ranges::binary_search(view.forbidden, piles))
            continue;
        if (best < 0 || std::abs(piles - expected) < std::abs(best - expected))
            best = piles;
    }
    return Declare{best};
}

// The largest strong set whose piles are all wanted; else the strongest single while piles are
// wanted, and the weakest when none are.
Pick const& choose_lead(std::vector<Pick> const& sets, int wanted)
{
    auto const worth = [wanted](Pick const& each) {
        auto const is_wanted = each.size <= wanted;
        if (is_wanted && is_strong(each))
            return 1000 * each.size + each.points;
        return -1000 * each.size + (wanted > 0 ? each.points : -each.points);
    };
    return *std::ranges::max_element(sets, {}, worth);
}

// The cheapest that wins while all its piles are wanted; else one that loses: the weakest while
// some piles are wanted, the strongest when none are. What must win all the same wins cheaply.
Pick const& choose_answer(std::vector<Pick> const& plays, View const& view, int wanted)
{
    auto const best = std::ranges::find(view.plays, *view.best, &Laid::seat);
    auto const wants_to_win = view.need <= wanted;
    auto const keeps_strength = wanted > 0;
    auto const worth = [&](Pick const& each) {
        auto const wins = each.kind == view.plays.front().kind && each.points > best->points;
        auto const cost = wins || keeps_strength ? -each.points : each.points;
        return (wins == wants_to_win ? 1000 : 0) + cost;
    };
    return *std::ranges::max_element(plays, {}, worth);
}

Action decide_play(View const& view, int seat)
{
    auto const wanted = view.declared[index_of(seat)] - view.won[index_of(seat)];
    auto picks = picks_of(*view.hand, view.need);
    if (view.need > 0)
        return Play{pieces_of(*view.hand, choose_answer(picks, view, wanted).chosen)};
    std::erase_if(picks, [](Pick const& each) { return each.kind == SetKind::discard; });
    return Play{pieces_of(*view.hand, choose_lead(picks, wanted).chosen)};
}

}  // namespace

std::optional<Action> bot_action(View const& view, int seat, rooms::Rng& rng)
{
    if (view.turn != seat || !view.hand)
        return std::nullopt;
    switch (view.phase) {
    case Phase::preparation: return decide_redeal(view, seat, rng);
    case Phase::declaration: return decide_declaration(view, seat);
    case Phase::turn: return decide_play(view, seat);
    case Phase::waiting:
    case Phase::scoring:
    case Phase::game_over: break;
    }
    return std::nullopt;
}

}  // namespace gatehouse::liap_tui
