// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tower Defence, the game of README.md, for the contract of rooms/game.hpp.
//
//     kinds, maps, waves  what there is: towers, enemies, ways, who comes when
//     actions, events     what a seat may ask for; what was granted
//     state, tick         what is, what an event makes of it, and what a step of time does
//     view, book          what all see of it; what never changes, for who asks
//     bot                 plays from a view

#include "rooms/game.hpp"
#include "tower_defence/book.hpp"
#include "tower_defence/bot.hpp"
#include "tower_defence/view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::tower_defence {

struct TowerDefence {
    static constexpr rooms::About about{
        .name = "tower-defence",
        .title = "Tower Defence",
        .version = 1,
        .seats_min = 1,
        .seats_max = seats_count,
    };
    using Options = tower_defence::Options;
    using State = tower_defence::State;
    using Action = tower_defence::Action;
    using Event = tower_defence::Event;
    using View = tower_defence::View;
    using News = tower_defence::News;
    using Query = tower_defence::Query;
    using Reply = tower_defence::Reply;

    static constexpr int ticks_per_second = tower_defence::ticks_per_second;
    [[nodiscard]] static bool is_ticking(State const& state)
    {
        return state.phase == Phase::playing;
    }
    static void tick(State& state) { tower_defence::tick(state); }
    [[nodiscard]] static bool is_over(State const& state)
    {
        return state.phase == Phase::won || state.phase == Phase::lost;
    }

    [[nodiscard]] static State begin(Options const& options)
    {
        return {.options = within_bounds(options)};
    }
    [[nodiscard]] static bool is_open(State const& state) { return state.phase == Phase::waiting; }
    [[nodiscard]] static rooms::Decision<Event> decide(
        State const& state, rooms::Seat seat, Action const& action, rooms::Context const& context);
    static void evolve(State& state, Event const& event) { tower_defence::evolve(state, event); }
    [[nodiscard]] static View view(State const& state, rooms::Seat) { return view_of(state); }
    [[nodiscard]] static std::optional<News> news(State const&, Event const& event, rooms::Seat);
    [[nodiscard]] static Result<Reply> ask(View const& view, rooms::Seat, Query const&)
    {
        return book_of(view.options.map);
    }
    [[nodiscard]] static std::optional<Action> bot(
        View const& view, rooms::Seat seat, rooms::Rng& rng)
    {
        return bot_action(view, seat, rng);
    }
    // All win or all lose; the points are what each one's towers did.
    [[nodiscard]] static std::vector<rooms::Standing> results(State const& state);
    [[nodiscard]] static std::optional<std::string> unfair(
        State const& before, Event const& event, rooms::Chance const& chance);
};

static_assert(rooms::Game<TowerDefence> && rooms::HasBot<TowerDefence>);
static_assert(rooms::HasOptions<TowerDefence> && rooms::HasFairness<TowerDefence>);
static_assert(rooms::HasResults<TowerDefence> && rooms::HasNews<TowerDefence>);
static_assert(rooms::HasQueries<TowerDefence> && rooms::HasDoor<TowerDefence>);
static_assert(rooms::HasTicks<TowerDefence>);

} // namespace gatehouse::tower_defence
