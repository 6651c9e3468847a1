// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/liap_tui.hpp"

#include "liap_tui/bot.hpp"
#include "liap_tui/phases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gatehouse::liap_tui {

namespace {

// For each action in the order of the variant: the phase in which it is asked for, and of whom.
struct Place {
    Phase phase;
    bool is_in_turn;
};
constexpr std::array<Place, std::variant_size_v<Action>> places{{
    {Phase::waiting, false},     // start
    {Phase::preparation, true},  // redeal
    {Phase::declaration, true},  // declare
    {Phase::turn, true},         // play
    {Phase::scoring, false},     // ready
}};

std::string_view name_of(Phase phase)
{
    return enum_names(phase)[static_cast<std::size_t>(phase)];
}

std::optional<Decision> out_of_place(State const& state, int seat, Action const& action)
{
    if (seat < 0 || seat >= seats_count)
        return Decision::refuse(ErrorCode::forbidden, "spectators watch, they do not play");
    auto const place = places[action.index()];
    if (state.phase != place.phase)
        return Decision::refuse(ErrorCode::wrong_phase,
            fmt::format("{} belongs to the phase {}, and this is {}",
                Choice<Action>::name_of(action), name_of(place.phase), name_of(state.phase)));
    if (place.is_in_turn && state.turn != seat)
        return Decision::refuse(ErrorCode::not_your_turn, "wait for your turn");
    return std::nullopt;
}

Decision start(State const& state, rooms::Context const& context)
{
    if (std::ranges::count(context.seats, rooms::Occupant::nobody) > 0)
        return Decision::refuse(
            ErrorCode::rejected, "all four seats must be taken, by people or bots");
    Course course(state);
    deal_next(course, context.chance, 1, std::nullopt);
    return course.end();
}

}  // namespace

State LiapTui::begin(Options const& options)
{
    return {.options = within_bounds(options)};
}

Decision LiapTui::decide(
    State const& state, rooms::Seat seat, Action const& action, rooms::Context const& context)
{
    if (auto refused = out_of_place(state, seat, action))
        return *std::move(refused);
    return std::visit(
        Overload{
            [&](Start const&) { return start(state, context); },
            [&](Redeal const& asked) {
                return asked.accept ? redeal(state, context.chance) : keep(state, By::seat);
            },
            [&](Declare const& asked) { return declare(state, asked.piles, By::seat); },
            [&](Play const& asked) { return play(state, asked.pieces, By::seat); },
            [&](Ready const&) { return ready(state, seat, context); },
        },
        action);
}

Decision LiapTui::decide_timer(
    State const& state, std::string_view timer, rooms::Context const& context)
{
    if (timer != "turn")
        return {};
    switch (state.phase) {
    case Phase::preparation: return keep(state, By::clock);
    case Phase::declaration: return declare(state, smallest_declaration(state), By::clock);
    case Phase::turn: return play(state, weakest_play(state), By::clock);
    case Phase::scoring: return next_round(state, context.chance);
    case Phase::waiting:
    case Phase::game_over: break;
    }
    return {};
}

std::optional<Action> LiapTui::bot(View const& view, rooms::Seat seat, rooms::Rng& rng)
{
    return bot_action(view, seat, rng);
}

// Who has more points than I have is before me.
std::vector<rooms::Standing> LiapTui::results(State const& state)
{
    std::vector<rooms::Standing> standings;
    for (auto const points : state.scores) {
        auto const better = std::ranges::count_if(
            state.scores, [points](int others) { return others > points; });
        standings.push_back({.seat = static_cast<rooms::Seat>(standings.size()),
            .place = 1 + static_cast<int>(better), .points = points});
    }
    return standings;
}

std::optional<std::string> LiapTui::unfair(
    State const& before, Event const& event, rooms::Chance const& chance)
{
    auto const* dealt = std::get_if<Dealt>(&event);
    return dealt ? liap_tui::unfair(before, *dealt, chance) : std::nullopt;
}

}  // namespace gatehouse::liap_tui
