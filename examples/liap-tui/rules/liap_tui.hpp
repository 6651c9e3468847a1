// SPDX-License-Identifier: Apache-2.0
#pragma once

// Liap Tui, the game of README.md, for the contract of rooms/game.hpp.
//
//     pieces, sets      the 32 pieces; what pieces played together are
//     actions, events   what a seat may ask for; what happened
//     state, view       what is, and how it becomes so; what a seat may know of it
//     phases            the decisions, a file for each phase
//     bot               plays from a view
//     news, queries     what is shown of an event; what can be asked of a view

#include "liap_tui/actions.hpp"
#include "liap_tui/events.hpp"
#include "liap_tui/news.hpp"
#include "liap_tui/options.hpp"
#include "liap_tui/queries.hpp"
#include "liap_tui/state.hpp"
#include "liap_tui/view.hpp"
#include "rooms/game.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::liap_tui {

struct LiapTui {
    static constexpr rooms::About about{
        .name = "liap-tui",
        .title = "Liap Tui",
        .version = 1,
        .seats_min = seats_count,
        .seats_max = seats_count,
    };
    using Options = liap_tui::Options;
    using State = liap_tui::State;
    using Action = liap_tui::Action;
    using Event = liap_tui::Event;
    using View = liap_tui::View;
    using News = liap_tui::News;
    using Query = liap_tui::Query;
    using Reply = liap_tui::Reply;

    [[nodiscard]] static State begin(Options const& options);
    [[nodiscard]] static bool is_open(State const& state) { return state.phase == Phase::waiting; }
    [[nodiscard]] static rooms::Decision<Event> decide(
        State const& state, rooms::Seat seat, Action const& action, rooms::Context const& context);
    [[nodiscard]] static rooms::Decision<Event> decide_timer(
        State const& state, std::string_view timer, rooms::Context const& context);
    static void evolve(State& state, Event const& event) { liap_tui::evolve(state, event); }
    [[nodiscard]] static View view(State const& state, rooms::Seat seat)
    {
        return view_of(state, seat);
    }
    [[nodiscard]] static std::optional<News> news(
        State const& after, Event const& event, rooms::Seat)
    {
        return news_of(after, event);
    }
    [[nodiscard]] static Result<Reply> ask(View const& view, rooms::Seat, Query const& query)
    {
        return reply_to(view, query);
    }
    [[nodiscard]] static std::optional<Action> bot(
        View const& view, rooms::Seat seat, rooms::Rng& rng);
    [[nodiscard]] static std::vector<rooms::Standing> results(State const& state);
    [[nodiscard]] static std::optional<std::string> unfair(
        State const& before, Event const& event, rooms::Chance const& chance);
};

static_assert(rooms::Game<LiapTui> && rooms::HasBot<LiapTui> && rooms::HasFairness<LiapTui>
    && rooms::HasResults<LiapTui> && rooms::HasNews<LiapTui> && rooms::HasQueries<LiapTui>);

}  // namespace gatehouse::liap_tui
