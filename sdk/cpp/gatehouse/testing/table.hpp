// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/testing/shape.hpp"
#include "rooms/rules_of.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::testing {

template <typename T>
[[nodiscard]] std::string json_of(T const& value)
{
    std::string text;
    json::Writer out(text);
    write_json(out, value);
    return text;
}

template <typename T>
[[nodiscard]] std::string cbor_of(T const& value)
{
    std::string bytes;
    cbor::Writer out(bytes);
    write_cbor(out, value);
    return bytes;
}

// An event as the store keeps it.
struct StoredEvent {
    std::string_view type;
    std::uint16_t schema;
    std::string data;
};

template <typename... Es>
[[nodiscard]] StoredEvent stored(std::variant<Es...> const& event)
{
    return {Choice<std::variant<Es...>>::name_of(event), rooms::schema_of(event),
        std::visit([](auto const& body) { return testing::cbor_of(body); }, event)};
}

// One thing that a seat asked for, or an alarm that rang, and what came of it.
template <rooms::Game G>
struct Step {
    std::uint64_t number; // In its game, from 0.
    typename G::State const& before;
    typename G::State const& after;
    rooms::Seat seat;                // Whose action it was; `spectator` where an alarm rang.
    typename G::Action const* action; // Null where an alarm rang,
    std::string_view timer;           // this one.
    bool is_bots;                     // A bot wished for it, from its view.
    rooms::Context const& context;
    rooms::Decision<typename G::Event> const& decision;
    int ticks = 0; // Of a game in fixed steps: how many it took since the step before, up to here.

    [[nodiscard]] std::string text() const
    {
        auto const what = action
            ? "seat " + std::to_string(seat) + " asks for "
                + std::string(Choice<typename G::Action>::name_of(*action)) + " "
                + std::visit([](auto const& body) { return testing::json_of(body); }, *action)
            : timer.empty() ? "it ends by itself" : "the timer " + std::string(timer) + " rings";
        return "step " + std::to_string(number) + ", " + what;
    }
};

template <rooms::Game G>
using OptionsOf = typename rooms::rules_of_detail::OptionsOf<G>::Type;

// What to ask for, besides what a bot would and what is drawn from the action's shape: by who knows
// the game. Empty: nothing comes to mind.
template <rooms::Game G>
using Whim = std::function<std::optional<typename G::Action>(
    typename G::State const& state, rooms::Seat seat, rooms::Rng& rng)>;

// A game that is played without a platform around it: random people come and go, ask for sensible
// things and for nonsense, and alarms ring at any moment. The same number plays the same game.
template <rooms::Game G>
class Table {
public:
    using State = typename G::State;
    using Action = typename G::Action;
    using Event = typename G::Event;

    Table(std::uint64_t seed, std::uint64_t game, OptionsOf<G> const& options, Whim<G> const& whim)
        : rng_(std::string(32, 't'), (seed << 32) + game)
        , whim_(whim)
        , chance_(seed_of_room())
        , state_(rooms::rules_of_detail::OptionsOf<G>::begin(options))
        , seats_(G::about.seats_max, rooms::Occupant::nobody)
    {
        auto const spare = static_cast<std::uint32_t>(G::about.seats_max - G::about.seats_min);
        auto const people = static_cast<std::uint32_t>(G::about.seats_max)
            - (one_in(2) ? 0 : rng_.below(spare + 1));
        for (std::uint32_t seat = 0; seat < people; seat++)
            seats_[seat] = someone();
    }

    [[nodiscard]] State const& state() const { return state_; }
    [[nodiscard]] rooms::Chance const& chance() const { return chance_; }
    [[nodiscard]] rooms::Rng& rng() { return rng_; }
    [[nodiscard]] bool is_over() const { return is_over_; }
    // Nothing has happened for so long that nothing will.
    [[nodiscard]] bool is_stuck() const { return quiet_ > quiet_max; }
    [[nodiscard]] std::uint64_t steps() const { return number_; }

    // Decides once, lets it happen, and shows the step while `before` is still there.
    void step(auto&& see)
    {
        now_ = now_ + Milliseconds(rng_.below(30'000));
        if (one_in(64))
            come_or_go();
        rooms::Context const context{.now = now_, .chance = chance_, .seats = seats_};
        if (takes_its_last_tick())
            return happen(rooms::spectator, nullptr, {}, false, context, {.is_over = true}, see);
        if (!armed_.empty() && one_in(20))
            return ring(context, see);
        auto const [seat, action, is_bots] = wish();
        if (!action) {
            quiet_++;
            return;
        }
        auto const decision = G::decide(state_, seat, *action, context);
        happen(seat, &*action, {}, is_bots, context, decision, see);
    }

private:
    static constexpr int quiet_max = 100;

    struct Wish {
        rooms::Seat seat;
        std::optional<Action> action;
        bool is_bots;
    };

    [[nodiscard]] bool one_in(std::uint32_t n) { return rng_.below(n) == 0; }

    std::string seed_of_room()
    {
        std::string seed(32, '\0');
        for (auto& byte : seed)
            byte = static_cast<char>(rng_.next());
        return seed;
    }

    rooms::Occupant someone()
    {
        return rooms::HasBot<G> && one_in(4) ? rooms::Occupant::bot : rooms::Occupant::player;
    }

    void come_or_go()
    {
        if constexpr (rooms::HasDoor<G>)
            if (!G::is_open(state_))
                return;
        auto& seat = seats_[rng_.below(static_cast<std::uint32_t>(seats_.size()))];
        if (seat == rooms::Occupant::nobody)
            seat = someone();
        else if (one_in(2))
            seat = rooms::Occupant::nobody;
    }

    // Lets some time go by in a game in fixed steps, mostly little.
    bool takes_its_last_tick()
    {
        if constexpr (rooms::HasTicks<G>)
            for (auto rest = rng_.below(one_in(16) ? 200 : 8); rest > 0 && G::is_ticking(state_);
                 rest--) {
                G::tick(state_);
                ticks_++;
                if (G::is_over(state_))
                    return true;
            }
        return false;
    }

    // Half of the time what a bot would do, whoever sits there: so that games get somewhere.
    Wish wish()
    {
        auto const from = rng_.below(static_cast<std::uint32_t>(seats_.size()));
        bool const asks_bots = one_in(2);
        for (std::size_t i = 0; i < seats_.size(); i++) {
            auto const at = (from + i) % seats_.size();
            auto const seat = static_cast<rooms::Seat>(at);
            if (seats_[at] == rooms::Occupant::nobody)
                continue;
            if constexpr (rooms::HasBot<G>)
                if (asks_bots) {
                    if (auto action = G::bot(G::view(state_, seat), seat, rng_))
                        return {seat, std::move(action), true};
                    continue;
                }
            return {seat, fancy(seat), false};
        }
        return {rooms::spectator, std::nullopt, false};
    }

    std::optional<Action> fancy(rooms::Seat seat)
    {
        if (whim_ && one_in(2))
            return whim_(state_, seat, rng_);
        Vocabulary words;
        words.learn(G::view(state_, seat));
        Action action;
        Imagination(std::move(words), rng_).imagine(action);
        return action;
    }

    void ring(rooms::Context const& context, auto& see)
    {
        if constexpr (rooms::HasTimers<G>) {
            auto const at = armed_.begin() + rng_.below(static_cast<std::uint32_t>(armed_.size()));
            auto const name = *at;
            armed_.erase(at);
            happen(rooms::spectator, nullptr, name, false, context,
                G::decide_timer(state_, name, context), see);
        }
    }

    void happen(rooms::Seat seat, Action const* action, std::string_view timer, bool is_bots,
        rooms::Context const& context, rooms::Decision<Event> const& decision, auto& see)
    {
        auto const before = state_;
        if (!decision.refusal) {
            for (auto const& event : decision.events)
                G::evolve(state_, event);
            for (auto const& change : decision.timers)
                set(change);
            is_over_ = decision.is_over;
        }
        quiet_ = decision.events.empty() && ticks_ == 0 ? quiet_ + 1 : 0;
        see(Step<G>{.number = number_++, .before = before, .after = state_, .seat = seat,
            .action = action, .timer = timer, .is_bots = is_bots, .context = context,
            .decision = decision, .ticks = std::exchange(ticks_, 0)});
    }

    void set(rooms::TimerChange const& change)
    {
        std::erase(armed_, change.name);
        if (change.after)
            armed_.push_back(change.name);
    }

    rooms::Rng rng_;
    Whim<G> const& whim_;
    rooms::Chance chance_;
    State state_;
    std::vector<rooms::Occupant> seats_;
    std::vector<std::string> armed_{};
    WallTime now_{1'790'000'000'000};
    std::uint64_t number_ = 0;
    int quiet_ = 0;
    int ticks_ = 0; // Since the step before.
    bool is_over_ = false;
};

}  // namespace gatehouse::testing
