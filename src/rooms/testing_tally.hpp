// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: a small game with everything in it.

#include "base/fields.hpp"
#include "rooms/game.hpp"

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::rooms::testing {

// Three seats count together; each may whisper a secret that only they see again.
struct Tally {
    static constexpr About about{
        .name = "tally", .title = "Tally", .version = 1, .seats_min = 1, .seats_max = 3};

    struct Options {
        static constexpr bool lenient = true;
        int first = 0;
        static void fields(auto& self, auto&& field) { field("first", self.first); }
    };
    struct State {
        bool running = false;
        int sum = 0;
        int moves = 0;
        std::array<int, 3> secrets{};
        bool blind = false;
        bool jammed = false;
        static void fields(auto& self, auto&& field)
        {
            field("running", self.running);
            field("sum", self.sum);
            field("moves", self.moves);
            field("secrets", self.secrets);
            field("blind", self.blind);
            field("jammed", self.jammed);
        }
    };
    struct View {
        bool running = false;
        int sum = 0;
        int moves = 0;
        std::optional<int> secret{};
        static void fields(auto& self, auto&& field)
        {
            field("running", self.running);
            field("sum", self.sum);
            field("moves", self.moves);
            field("secret", self.secret);
        }
    };

    struct Nothing {
        static void fields(auto&, auto&&) {}
    };
    struct Number {
        int n = 0;
        static void fields(auto& self, auto&& field) { field("n", self.n); }
    };
    struct Begin : Nothing { static constexpr std::string_view name = "begin"; };
    struct Add : Number { static constexpr std::string_view name = "add"; };
    struct Many : Number { static constexpr std::string_view name = "many"; };
    struct Whisper : Number { static constexpr std::string_view name = "whisper"; };
    struct Pass : Nothing { static constexpr std::string_view name = "pass"; };
    struct Arm {
        static constexpr std::string_view name = "arm";
        std::string timer;
        std::optional<int> after; // Absent: cancel it.
        static void fields(auto& self, auto&& field)
        {
            field("timer", self.timer);
            field("after", self.after);
        }
    };
    struct Boom : Nothing { static constexpr std::string_view name = "boom"; };
    struct Poison : Nothing { static constexpr std::string_view name = "poison"; };
    struct Blind : Nothing { static constexpr std::string_view name = "blind"; };
    struct Jam : Nothing { static constexpr std::string_view name = "jam"; };
    struct Hurl : Nothing { static constexpr std::string_view name = "hurl"; };
    struct Shout : Number { static constexpr std::string_view name = "shout"; };
    struct End : Nothing { static constexpr std::string_view name = "end"; };
    using Action = std::variant<Begin, Add, Many, Whisper, Pass, Arm, Boom, Poison, Blind, Jam,
        Hurl, Shout, End>;

    struct Began : Nothing { static constexpr std::string_view name = "began"; };
    struct Added : Number { static constexpr std::string_view name = "added"; };
    struct Whispered {
        static constexpr std::string_view name = "whispered";
        int seat = 0;
        int n = 0;
        static void fields(auto& self, auto&& field)
        {
            field("seat", self.seat);
            field("n", self.n);
        }
    };
    struct Poisoned : Nothing { static constexpr std::string_view name = "poisoned"; };
    struct Blinded : Nothing { static constexpr std::string_view name = "blinded"; };
    struct Jammed : Nothing { static constexpr std::string_view name = "jammed"; };
    struct Shouted {
        static constexpr std::string_view name = "shouted";
        std::string words;
        static void fields(auto& self, auto&& field) { field("words", self.words); }
    };
    using Event = std::variant<Began, Added, Whispered, Poisoned, Blinded, Jammed, Shouted>;

    static State begin(Options const& options) { return {.sum = options.first}; }
    static bool is_open(State const& state)
    {
        if (state.jammed)
            throw std::runtime_error("jammed");
        return !state.running;
    }

    static Decision<Event> decide(
        State const&, Seat seat, Action const& action, Context const&)
    {
        using D = Decision<Event>;
        return std::visit(Overload{
            [](Begin const&) { return D{}.emit(Began{}); },
            [](Add const& add) {
                return add.n > 0 ? D{}.emit(Added{{add.n}})
                                 : D::refuse(ErrorCode::rejected, "add something");
            },
            [](Many const& many) {
                D decision;
                for (int i = 0; i < many.n; i++)
                    decision.emit(Added{{1}});
                return decision;
            },
            [&](Whisper const& whisper) { return D{}.emit(Whispered{seat, whisper.n}); },
            [](Pass const&) { return D{}; },
            [](Arm const& arm) {
                return arm.after ? D{}.arm(arm.timer, Milliseconds(*arm.after))
                                 : D{}.cancel(arm.timer);
            },
            [](Boom const&) -> D { throw std::runtime_error("boom"); },
            [](Poison const&) { return D{}.emit(Added{{7}}).emit(Poisoned{}); },
            [](Blind const&) { return D{}.emit(Blinded{}); },
            [](Jam const&) { return D{}.emit(Jammed{}); },
            [](Hurl const&) -> D { throw 42; },
            [](Shout const& shout) {
                return D{}.emit(Shouted{std::string(static_cast<std::size_t>(shout.n), 'A')});
            },
            [](End const&) { return D{}.finish(); }}, action);
    }

    static Decision<Event> decide_timer(State const&, std::string_view timer, Context const&)
    {
        using D = Decision<Event>;
        if (timer == "loop")
            return D{}.emit(Added{{1}}).arm("loop", Milliseconds(1000));
        if (timer == "refuse")
            return D::refuse(ErrorCode::rejected, "not now");
        if (timer == "boom")
            throw std::runtime_error("boom");
        return D{}.emit(Added{{100}});
    }

    static void evolve(State& state, Event const& event)
    {
        state.moves++;
        std::visit(Overload{
            [&](Began const&) { state.running = true; },
            [&](Added const& added) { state.sum += added.n; },
            [&](Whispered const& whispered) {
                state.secrets[static_cast<std::size_t>(whispered.seat) % 3] = whispered.n;
            },
            [](Poisoned const&) { throw std::runtime_error("poisoned"); },
            [&](Blinded const&) { state.blind = true; },
            [&](Jammed const&) { state.jammed = true; },
            [](Shouted const&) {}}, event);
    }

    static View view(State const& state, Seat seat)
    {
        if (state.blind)
            throw std::runtime_error("cannot see");
        View view{.running = state.running, .sum = state.sum, .moves = state.moves};
        if (seat != spectator && state.secrets[static_cast<std::size_t>(seat)] != 0)
            view.secret = state.secrets[static_cast<std::size_t>(seat)];
        return view;
    }

    // Some of it nobody can count: seats that there are not, or twice.
    static std::vector<Standing> results(State const& state)
    {
        return {{spectator, 1, 0}, {0, 1, state.sum}, {0, 9, 9}, {1, 2, -1}, {2, 3, 0}, {3, 4, 0}};
    }

    // All see that somebody whispers, and only they what.
    struct Overheard {
        static constexpr std::string_view name = "whispered";
        int seat = 0;
        std::optional<int> n{};
        static void fields(auto& self, auto&& field)
        {
            field("seat", self.seat);
            field("n", self.n);
        }
    };
    using News = std::variant<Added, Shouted, Overheard>;
    static std::optional<News> news(State const& after, Event const& event, Seat seat)
    {
        if (auto const* added = std::get_if<Added>(&event)) {
            if (after.sum == 666)
                throw std::runtime_error("no news");
            return *added;
        }
        if (auto const* shouted = std::get_if<Shouted>(&event))
            return *shouted;
        if (auto const* whispered = std::get_if<Whispered>(&event))
            return Overheard{whispered->seat,
                whispered->seat == seat ? std::optional(whispered->n) : std::nullopt};
        return std::nullopt;
    }

    struct Recall : Nothing { static constexpr std::string_view name = "recall"; };
    struct Echo : Number { static constexpr std::string_view name = "echo"; };
    struct Crack : Nothing { static constexpr std::string_view name = "crack"; };
    struct Recalled {
        static constexpr std::string_view name = "recalled";
        int sum = 0;
        std::optional<int> secret{};
        static void fields(auto& self, auto&& field)
        {
            field("sum", self.sum);
            field("secret", self.secret);
        }
    };
    using Query = std::variant<Recall, Echo, Crack>;
    using Reply = std::variant<Recalled, Shouted>;
    static Result<Reply> ask(View const& view, Seat seat, Query const& query)
    {
        if (std::holds_alternative<Crack>(query))
            throw std::runtime_error("crack");
        if (auto const* echo = std::get_if<Echo>(&query))
            return Shouted{std::string(static_cast<std::size_t>(echo->n), 'A')};
        if (seat == 2)
            return fail(ErrorCode::forbidden, "seat 2 forgets");
        return Recalled{view.sum, view.secret};
    }

    static std::optional<Action> bot(View const& view, Seat seat, Rng& rng)
    {
        if (!view.running || view.moves % 3 != seat)
            return std::nullopt;
        return Add{{static_cast<int>(1 + rng.below(5))}};
    }
};

}  // namespace gatehouse::rooms::testing
