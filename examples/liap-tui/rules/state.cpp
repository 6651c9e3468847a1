// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/state.hpp"

#include "base/fields.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gatehouse::liap_tui {

namespace {

constexpr int zeros_running_max = 2;

void begin_declaration(State& state)
{
    state.phase = Phase::declaration;
    state.turn = state.starter;
}

// Asks the next weak hand, in seat order from the starter, the first `asked` seats being done.
void ask_weak_hands(State& state, int asked)
{
    state.phase = Phase::preparation;
    for (; asked < seats_count && state.multiplier <= state.options.redeals; asked++) {
        auto const seat = (state.starter + asked) % seats_count;
        if (is_weak(state.hands[index_of(seat)])) {
            state.turn = seat;
            return;
        }
    }
    begin_declaration(state);
}

void apply(State& state, Dealt const& dealt)
{
    if (dealt.round != state.round)
        state.multiplier = 1;
    state.round = dealt.round;
    state.deal = dealt.deal;
    state.starter = dealt.starter;
    for (std::size_t i = 0; i < seats_count; i++)
        state.hands[i].assign(dealt.hands[i].begin(), dealt.hands[i].end());
    state.kept.clear();
    state.declared.fill(undeclared);
    state.won.fill(0);
    state.last_turn.reset();
    state.deltas.reset();
    state.ready.clear();
    ask_weak_hands(state, 0);
}

void apply(State& state, RedealAsked const&)
{
    state.multiplier++;
}

void apply(State& state, Kept const& kept)
{
    state.kept.push_back(kept.seat);
    ask_weak_hands(state, (kept.seat - state.starter + seats_count) % seats_count + 1);
}

void apply(State& state, Declared const& declared)
{
    state.declared[index_of(declared.seat)] = declared.piles;
    auto& zeros = state.zeros[index_of(declared.seat)];
    zeros = declared.piles == 0 ? zeros + 1 : 0;
    state.turn = seat_after(declared.seat);
    if (state.turn == state.starter)
        state.phase = Phase::turn;
}

void apply(State& state, Played const& played)
{
    std::erase_if(state.hands[index_of(played.seat)],
        [&](Piece piece) { return std::ranges::binary_search(played.pieces, piece); });
    auto kind = classify(played.pieces);
    if (!state.plays.empty() && kind != state.plays.front().kind)
        kind = SetKind::discard;
    state.plays.push_back({
        .seat = played.seat,
        .pieces = played.pieces,
        .kind = kind,
        .points = points_of(played.pieces),
        .forced = played.forced,
    });
    state.turn = seat_after(played.seat);
}

void apply(State& state, TurnWon const& won)
{
    state.won[index_of(won.seat)] += won.piles;
    state.last_turn = FinishedTurn{std::exchange(state.plays, {}), won.seat, won.piles};
    state.turn = won.seat;
}

void apply(State& state, Scored const& scored)
{
    for (std::size_t i = 0; i < seats_count; i++)
        state.scores[i] += scored.deltas[i];
    state.deltas = scored.deltas;
    state.phase = Phase::scoring;
    state.turn.reset();
}

void apply(State& state, Readied const& readied)
{
    state.ready.push_back(readied.seat);
}

void apply(State& state, Ended const& ended)
{
    state.winners = ended.winners;
    state.phase = Phase::game_over;
}

}  // namespace

void evolve(State& state, Event const& event)
{
    std::visit([&state](auto const& each) { apply(state, each); }, event);
}

std::vector<int> forbidden_piles(State const& state)
{
    std::vector<int> forbidden;
    if (state.phase != Phase::declaration)
        return forbidden;
    auto const seat = *state.turn;
    if (state.zeros[index_of(seat)] >= zeros_running_max)
        forbidden.push_back(0);
    if (seat_after(seat) != state.starter)
        return forbidden;
    auto const sum = std::accumulate(state.declared.begin(), state.declared.end(), 0);
    auto const rest = hand_size - (sum - undeclared); // Its own is in the sum.
    if (rest >= 0 && !std::ranges::binary_search(forbidden, rest))
        forbidden.push_back(rest);
    return forbidden;
}

Laid const* best_play(std::vector<Laid> const& plays)
{
    Laid const* best = nullptr;
    for (auto const& play : plays)
        if (!best || (play.kind != SetKind::discard && play.points > best->points))
            best = &play;
    return best;
}

}  // namespace gatehouse::liap_tui
