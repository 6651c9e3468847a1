// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/testing/report.hpp"
#include "gatehouse/testing/table.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace gatehouse::testing {

template <rooms::Game G>
struct PlayOptions {
    // Of players, and alarms. FUZZ_ACTIONS and FUZZ_SEED say otherwise.
    std::uint64_t actions = 50'000;
    std::uint64_t seed = 1;
    OptionsOf<G> options{};
    Whim<G> whim{};
    // What must hold after each step. Says what does not, or nothing.
    std::function<std::optional<std::string>(Step<G> const& step)> invariant{};
};

namespace testing_detail {

inline constexpr std::uint64_t steps_per_game_max = 20'000;
inline constexpr std::size_t events_per_decision_max = 256; // As in a room.

// Plays games until as many actions were asked for. `Follower` is made anew for each of them, and
// sees every step; what it throws, or the game, is a finding.
template <typename Follower, rooms::Game G>
Report play(PlayOptions<G> const& given, auto&... more)
{
    auto const actions = from_environment("FUZZ_ACTIONS", given.actions);
    auto const seed = from_environment("FUZZ_SEED", given.seed);
    Report report;
    for (std::uint64_t game = 1; report.actions < actions && !report.is_full(); game++) {
        report.games++;
        Table<G> table(seed, game, given.options, given.whim);
        Follower follower(table, given, more...);
        std::string where;
        auto const find = [&](std::string const& what) {
            report.find("game " + std::to_string(game) + " of seed " + std::to_string(seed) + ", "
                + where + ": " + what);
        };
        auto const see = [&](Step<G> const& step) {
            where = step.text();
            report.actions++;
            report.accepted += step.decision.refusal ? 0 : 1;
            report.events += step.decision.events.size();
            follower.see(step, report, find);
        };
        auto const before = report.findings.size();
        try {
            while (!table.is_over() && !table.is_stuck() && table.steps() < steps_per_game_max
                && report.actions < actions && report.findings.size() == before)
                table.step(see);
        } catch (std::exception const& thrown) {
            find(std::string("it threw after this: ") + thrown.what());
        }
        report.finished += table.is_over() ? 1 : 0;
    }
    if (report.accepted == 0)
        report.find("no action was ever accepted: give the test a whim, or the game a bot");
    return report;
}

// What a room would leave out of what it stores.
template <rooms::Game G>
bool has_odd_results(typename G::State const& state)
{
    if constexpr (rooms::HasResults<G>) {
        std::set<rooms::Seat> seen;
        for (auto const& [seat, place, points] : G::results(state))
            if (seat < 0 || seat >= G::about.seats_max || place < 1 || !seen.insert(seat).second)
                return true;
    }
    return false;
}

// What holds of every game: the platform counts on it.
template <rooms::Game G>
std::optional<std::string> broken_promise(Step<G> const& step)
{
    auto const& decision = step.decision;
    if (decision.refusal && (!decision.events.empty() || !decision.timers.empty()))
        return "it was refused, and yet something happened";
    if (decision.refusal && decision.refusal->message.empty())
        return "it was refused without a word: say why, for the player";
    if (decision.refusal && step.is_bots)
        return "the bot was refused: " + decision.refusal->message;
    if (decision.refusal && !step.action)
        return "the alarm was refused: " + decision.refusal->message;
    if (decision.events.size() > events_per_decision_max)
        return "more than " + std::to_string(events_per_decision_max) + " events at once";
    if (decision.is_over && has_odd_results<G>(step.after))
        return "its results name a seat twice, or one that is not there, or a place before the 1st";
    return std::nullopt;
}

}  // namespace testing_detail

}  // namespace gatehouse::testing
