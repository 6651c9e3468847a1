// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small game in fixed steps: two snails race. Each step they creep, by chance from a generator
// that the start put into the state; who feeds theirs lets it go faster for a while. What it wrote
// lies in tests/corpus for ever, so it does not change.

#include "rooms/game.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::rooms::testing::snails {

inline constexpr int food_max = 5;
inline constexpr int fast_ticks = 30;

enum class Phase : std::uint8_t { lobby, racing, resting, over };
constexpr std::array<std::string_view, 4> enum_names(Phase)
{
    return {"lobby", "racing", "resting", "over"};
}

struct Options {
    int length = 300;
    int mark = 30; // Viewers see which marks it has passed, and no more.
    static void fields(auto& self, auto&& field)
    {
        field("length", self.length);
        field("mark", self.mark);
    }
};

struct Snail {
    int at = 0;
    int food = food_max;
    int fast = 0; // For so many steps.
    static void fields(auto& self, auto&& field)
    {
        field("at", self.at);
        field("food", self.food);
        field("fast", self.fast);
    }
};

struct State {
    Phase phase{};
    int length = 300;
    int mark = 30;
    std::uint64_t luck = 0;
    std::uint64_t steps = 0;
    std::array<Snail, 2> snails{};
    static void fields(auto& self, auto&& field)
    {
        field("phase", self.phase);
        field("length", self.length);
        field("mark", self.mark);
        field("luck", self.luck);
        field("steps", self.steps);
        field("first", self.snails[0]);
        field("second", self.snails[1]);
    }
};

struct View {
    Phase phase{};
    int first = 0; // Marks passed.
    int second = 0;
    int food = 0; // Of the own one.
    static void fields(auto& self, auto&& field)
    {
        field("phase", self.phase);
        field("first", self.first);
        field("second", self.second);
        field("food", self.food);
    }
};

// ---- What is stored

struct Started {
    static constexpr std::string_view name = "started";
    std::uint64_t luck = 0;
    static void fields(auto& self, auto&& field) { field("luck", self.luck); }
};
struct Fed {
    static constexpr std::string_view name = "fed";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};
struct Rested {
    static constexpr std::string_view name = "rested";
    static void fields(auto&, auto&&) { }
};
struct Went {
    static constexpr std::string_view name = "went";
    static void fields(auto&, auto&&) { }
};

// ---- What is asked for

struct Start {
    static constexpr std::string_view name = "start";
};
struct Feed {
    static constexpr std::string_view name = "feed";
};
struct Rest {
    static constexpr std::string_view name = "rest";
};
struct Go {
    static constexpr std::string_view name = "go";
};

struct Snails {
    static constexpr About about{"snails", "Snails", 1, 1, 2};
    static constexpr int ticks_per_second = 20;
    using Options = snails::Options;
    using State = snails::State;
    using View = snails::View;
    using Action = std::variant<Start, Feed, Rest, Go>;
    using Event = std::variant<Started, Fed, Rested, Went>;
    using Decided = Decision<Event>;

    static State begin(Options const& options)
    {
        return {.length = std::max(options.length, 1), .mark = std::max(options.mark, 1)};
    }
    static bool is_open(State const& state) { return state.phase == Phase::lobby; }

    static Decided decide(
        State const& state, Seat seat, Action const& action, Context const& context)
    {
        auto const expect = [&](Phase phase, Event event) {
            return state.phase == phase ? Decided().emit(event)
                                        : Decided::refuse(ErrorCode::wrong_phase, "not now");
        };
        return std::visit(Overload{[&](Start) {
                                       return expect(
                                           Phase::lobby, Started{context.chance.stream(1).next()});
                                   },
                              [&](Feed) {
                                  if (snail(state, seat).food == 0)
                                      return Decided::refuse("nothing is left to feed it with");
                                  return expect(Phase::racing, Fed{seat});
                              },
                              [&](Rest) { return expect(Phase::racing, Rested{}); },
                              [&](Go) { return expect(Phase::resting, Went{}); }},
            action);
    }

    static void evolve(State& state, Event const& event)
    {
        std::visit(Overload{[&](Started const& started) {
                                state.phase = Phase::racing;
                                state.luck = started.luck;
                            },
                       [&](Fed const& fed) {
                           auto& snail = state.snails[static_cast<std::size_t>(fed.seat)];
                           snail.food--;
                           snail.fast = fast_ticks;
                       },
                       [&](Rested) { state.phase = Phase::resting; },
                       [&](Went) { state.phase = Phase::racing; }},
            event);
    }

    static bool is_ticking(State const& state) { return state.phase == Phase::racing; }
    static void tick(State& state)
    {
        state.steps++;
        for (auto& snail : state.snails) {
            snail.at += static_cast<int>(draw(state) % 2) + (snail.fast > 0 ? 1 : 0);
            snail.fast -= snail.fast > 0 ? 1 : 0;
            if (snail.at >= state.length)
                state.phase = Phase::over;
        }
    }
    static bool is_over(State const& state) { return state.phase == Phase::over; }

    static View view(State const& state, Seat seat)
    {
        auto const mark = [&](Snail const& snail) { return snail.at / state.mark; };
        return {.phase = state.phase,
            .first = mark(state.snails[0]),
            .second = mark(state.snails[1]),
            .food = seat == spectator ? 0 : snail(state, seat).food};
    }

    static std::vector<Standing> results(State const& state)
    {
        auto const [first, second] = std::pair(state.snails[0].at, state.snails[1].at);
        return {{0, first >= second ? 1 : 2, first}, {1, second >= first ? 1 : 2, second}};
    }

private:
    static Snail const& snail(State const& state, Seat seat)
    {
        return state.snails[static_cast<std::size_t>(seat)];
    }
    // Knuth's MMIX; of its high bits.
    static std::uint64_t draw(State& state)
    {
        state.luck = state.luck * 6364136223846793005u + 1442695040888963407u;
        return state.luck >> 33;
    }
};

} // namespace gatehouse::rooms::testing::snails
