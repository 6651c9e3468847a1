// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/testing/play.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::testing {

namespace testing_detail {

// A second state, made of nothing but what a store would have.
template <rooms::Game G>
class Replica {
public:
    explicit Replica(OptionsOf<G> const& options)
        : options_(options)
        , state_(begin())
    { }

    // Empty, or what is wrong.
    std::optional<std::string> follow(typename G::Event const& event, rooms::Chance const& chance)
    {
        history_.push_back(testing::stored(event));
        if constexpr (rooms::HasFairness<G>)
            if (auto const what = G::unfair(state_, event, chance))
                return "not fair: " + *what;
        return follow(state_, history_.back());
    }

    // Steps that were taken before what follows.
    void take_ticks(int ticks)
    {
        if (ticks == 0)
            return;
        take_ticks(state_, ticks);
        history_.push_back({.type = {}, .schema = 0, .data = std::to_string(ticks)});
    }

    // Goes on from a snapshot, as a room does that woke up.
    bool resume()
    {
        auto read = rooms::rules_of_detail::read_state<typename G::State>(testing::cbor_of(state_));
        if (read)
            state_ = std::move(*read);
        return read.has_value();
    }

    [[nodiscard]] bool leads_again_to(typename G::State const& state) const
    {
        auto again = begin();
        for (auto const& event : history_)
            if (event.type.empty())
                take_ticks(again, std::stoi(event.data));
            else if (follow(again, event))
                return false;
        return testing::cbor_of(again) == testing::cbor_of(state);
    }

    [[nodiscard]] typename G::State const& state() const { return state_; }

private:
    [[nodiscard]] typename G::State begin() const
    {
        return rooms::rules_of_detail::OptionsOf<G>::begin(options_);
    }

    static void take_ticks(typename G::State& state, int ticks)
    {
        if constexpr (rooms::HasTicks<G>)
            for (; ticks > 0; ticks--)
                G::tick(state);
    }

    static std::optional<std::string> follow(typename G::State& state, StoredEvent const& event)
    {
        auto const read = rooms::read_event<G>(event.type, event.schema, event.data);
        if (!read)
            return std::string(event.type) + " cannot be read again: " + read.error().message;
        G::evolve(state, *read);
        return std::nullopt;
    }

    OptionsOf<G> const& options_;
    typename G::State state_;
    std::vector<StoredEvent> history_{}; // Without a type: so many steps.
};

template <rooms::Game G>
class Fuzz {
public:
    Fuzz(Table<G> const& table, PlayOptions<G> const& given)
        : table_(table)
        , given_(given)
        , replica_(given.options)
    { }

    void see(Step<G> const& step, Report& report, auto const& find)
    {
        if (auto const what = broken_promise(step))
            return find(*what);
        replica_.take_ticks(step.ticks);
        for (auto const& event : step.decision.events)
            if (auto const what = replica_.follow(event, table_.chance()))
                return find(*what);
        report.compared++;
        if (!gatehouse::is_same(replica_.state(), step.after))
            return find("what was stored leads to another state: "
                + testing::json_of(replica_.state()) + " instead of "
                + testing::json_of(step.after));
        bool const is_milestone = (step.number + 1) % 1'000 == 0 || table_.is_over();
        if (is_milestone && !replica_.leads_again_to(step.after))
            return find("all that was stored, from the first event on, leads to another state");
        if (step.number % 8 == 7 && !replica_.resume())
            return find("the state cannot be read again");
        if (given_.invariant)
            if (auto const what = given_.invariant(step))
                find(*what);
    }

private:
    Table<G> const& table_;
    PlayOptions<G> const& given_;
    Replica<G> replica_;
};

}  // namespace testing_detail

// Random games. After each step the state equals one that was made of the stored events alone, read
// back, and that goes through a snapshot now and then; after each game, and every 1,000 steps of a
// long one, also one that is made from the first event on. Bots are never refused, nor are alarms;
// deals are fair; and `invariant` holds.
template <rooms::Game G>
[[nodiscard]] Report fuzz(PlayOptions<G> const& given = {})
{
    return testing_detail::play<testing_detail::Fuzz<G>>(given);
}

}  // namespace gatehouse::testing
