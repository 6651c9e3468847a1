// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/view.hpp"

namespace gatehouse::liap_tui {

View view_of(State const& state, int seat)
{
    View view{
        .phase = state.phase,
        .round = state.round,
        .multiplier = state.multiplier,
        .deal = state.deal,
        .turn = state.turn,
        .declared = state.declared,
        .won = state.won,
        .scores = state.scores,
        .kept = state.kept,
        .forbidden = forbidden_piles(state),
        .plays = state.plays,
        .last_turn = state.last_turn,
        .deltas = state.deltas,
        .ready = state.ready,
        .winners = state.winners,
        .options = state.options,
    };
    if (state.phase != Phase::waiting)
        view.starter = state.starter;
    if (seat >= 0)
        view.hand = state.hands[index_of(seat)];
    for (std::size_t i = 0; i < seats_count; i++)
        view.hand_sizes[i] = static_cast<int>(state.hands[i].size());
    if (auto const* best = best_play(state.plays)) {
        view.need = static_cast<int>(best->pieces.size());
        view.best = best->seat;
    }
    return view;
}

}  // namespace gatehouse::liap_tui
