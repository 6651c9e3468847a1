// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/phases.hpp"

#include <algorithm>

namespace gatehouse::liap_tui {

namespace {

std::vector<int> leaders(BySeat<int> const& scores)
{
    auto const most = std::ranges::max(scores);
    std::vector<int> seats;
    for (int seat = 0; seat < seats_count; seat++)
        if (scores[index_of(seat)] == most)
            seats.push_back(seat);
    return seats;
}

bool is_decided(State const& state)
{
    return state.round >= state.options.rounds
        || std::ranges::max(state.scores) >= state.options.goal;
}

}  // namespace

int score_of(int declared, int won, int multiplier)
{
    constexpr int for_nothing = 3;
    constexpr int for_exactness = 5;
    if (declared != won)
        return (std::min(declared, won) - std::max(declared, won)) * multiplier;
    return (declared == 0 ? for_nothing : declared + for_exactness) * multiplier;
}

void score_round(Course& course)
{
    auto const& state = course.state();
    Scored scored;
    for (std::size_t i = 0; i < seats_count; i++)
        scored.deltas[i] = score_of(state.declared[i], state.won[i], state.multiplier);
    course.happens(scored);
    if (is_decided(state))
        course.happens(Ended{.winners = leaders(state.scores)});
}

// Bots are not waited for.
Decision ready(State const& state, int seat, rooms::Context const& context)
{
    if (std::ranges::find(state.ready, seat) != state.ready.end())
        return Decision::refuse(ErrorCode::rejected, "you are ready already");

    Course course(state);
    course.happens(Readied{.seat = seat});
    auto const& ready = course.state().ready;
    for (int other = 0; other < seats_count; other++)
        if (context.seats[index_of(other)] == rooms::Occupant::player
            && std::ranges::find(ready, other) == ready.end())
            return course.end_on_running_clock();
    deal_next(course, context.chance, state.round + 1, state.last_turn->winner);
    return course.end();
}

Decision next_round(State const& state, rooms::Chance const& chance)
{
    Course course(state);
    deal_next(course, chance, state.round + 1, state.last_turn->winner);
    return course.end();
}

}  // namespace gatehouse::liap_tui
