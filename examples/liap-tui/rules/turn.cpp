// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/phases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gatehouse::liap_tui {

namespace {

// Why these pieces may not be played, for the player. `pieces` is sorted.
std::optional<std::string> objection(State const& state, std::vector<Piece> const& pieces)
{
    if (!state.plays.empty() && pieces.size() != state.plays.front().pieces.size())
        return fmt::format("play {}, as many as were led", state.plays.front().pieces.size());
    if (!std::ranges::includes(state.hands[index_of(*state.turn)], pieces))
        return "you do not hold all of these pieces, or name one twice";
    if (state.plays.empty() && classify(pieces) == SetKind::discard)
        return fmt::format("lead a set of 1 to {} pieces: these form none", set_size_max);
    return std::nullopt;
}

}  // namespace

Decision play(State const& state, std::vector<Piece> pieces, By by)
{
    std::ranges::sort(pieces);
    if (auto reason = objection(state, pieces))
        return Decision::refuse(ErrorCode::rejected, *std::move(reason));

    Course course(state);
    auto const piles = static_cast<int>(pieces.size());
    course.happens(Played{*state.turn, std::move(pieces), by == By::clock});
    if (course.state().plays.size() == seats_count) {
        auto const winner = best_play(course.state().plays)->seat;
        course.happens(TurnWon{.seat = winner, .piles = piles});
        if (course.state().hands[0].empty())
            score_round(course);
    }
    return course.end();
}

std::vector<Piece> weakest_play(State const& state)
{
    auto const& hand = state.hands[index_of(*state.turn)];
    auto const need = state.plays.empty() ? 1 : state.plays.front().pieces.size();
    if (hand.size() < need)
        throw std::out_of_range("the hand is too small: the events are damaged");
    return {hand.end() - static_cast<std::ptrdiff_t>(need), hand.end()};
}

}  // namespace gatehouse::liap_tui
