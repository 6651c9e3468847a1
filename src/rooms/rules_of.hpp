// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/assert.hpp"
#include "rooms/rules.hpp"
#include "rooms/schemas.hpp"

#include <array>
#include <memory>
#include <utility>

namespace gatehouse::rooms {

namespace rules_of_detail {

template <typename... Es>
consteval bool are_the_games_own(std::variant<Es...> const*)
{
    return (!Es::name.starts_with("room.") && ...);
}

// An optional function with a slip in its signature would be passed over in silence.
template <Game G>
consteval void expect_signatures()
{
    static_assert(!requires { &G::begin; } || HasOptions<G>, "begin: see rooms::HasOptions");
    static_assert(!requires { &G::is_open; } || HasDoor<G>, "is_open: see rooms::HasDoor");
    static_assert(!requires { &G::decide_timer; } || HasTimers<G>, "decide_timer: see HasTimers");
    static_assert(!requires { &G::bot; } || HasBot<G>, "bot: see rooms::HasBot");
    static_assert(!requires { &G::unfair; } || HasFairness<G>, "unfair: see rooms::HasFairness");
    static_assert(!requires { &G::results; } || HasResults<G>, "results: see rooms::HasResults");
    static_assert(!requires { &G::news; } || HasNews<G>, "news: see rooms::HasNews");
    static_assert(!requires { &G::ask; } || HasQueries<G>, "ask: see rooms::HasQueries");
    static_assert(!(requires { &G::tick; } || requires { G::ticks_per_second; }) || HasTicks<G>,
        "tick: see rooms::HasTicks");
    if constexpr (HasTicks<G>)
        static_assert(ticks_per_second_min <= G::ticks_per_second
                && G::ticks_per_second <= ticks_per_second_max,
            "a game takes 20 to 60 steps a second");
    static_assert(!requires { &G::upgrade; } || HasUpgrade<G>, "upgrade: see rooms::HasUpgrade");
    static_assert(G::about.seats_max <= room_seats_max, "a room has at most 64 seats");
    static_assert(are_the_games_own(static_cast<typename G::Event const*>(nullptr)),
        "events named room.… are the platform's");
    expect_upcasts<G>();
    if constexpr (HasUpgrade<G>) {
        using Before = typename G::Before;
        static_assert(Before::about.name == G::about.name, "Before: the same game, as it was");
        static_assert(Before::about.version < G::about.version, "changed rules count up");
        static_assert(Before::about.seats_max <= G::about.seats_max, "who sits keeps their seat");
        expect_signatures<Before>();
    }
}

template <Game G>
class GamePlay final : public Play {
public:
    using Action = typename G::Action;
    using Event = typename G::Event;
    using View = typename G::View;

    explicit GamePlay(typename G::State state) : state_(std::move(state)) {}

    [[nodiscard]] bool is_open() const override
    {
        if constexpr (HasDoor<G>)
            return G::is_open(state_);
        return true;
    }

    void decide(Question const& question, Context const& context,
        std::move_only_function<void(Verdict)> answer) override
    {
        answer(std::visit(Overload{
            [&](SeatAction const& wish) { return decide_action(wish, context); },
            [&](TimerRang const& rang) { return decide_timer(rang, context); },
            [&](SeatQuery const& query) { return reply_to(query); },
            [](Prepare const&) { return Verdict{}; }}, question));
    }

    Result<void> evolve(
        std::string_view type, std::uint16_t schema, std::string_view data) override
    {
        G::evolve(state_, GH_TRY(read_event<G>(type, schema, data)));
        return {};
    }

    [[nodiscard]] int ticks_per_second() const override
    {
        if constexpr (HasTicks<G>)
            return G::ticks_per_second;
        return 0;
    }
    [[nodiscard]] bool is_ticking() const override
    {
        if constexpr (HasTicks<G>)
            return G::is_ticking(state_);
        return false;
    }
    void tick() override
    {
        if constexpr (HasTicks<G>)
            G::tick(state_);
    }
    [[nodiscard]] bool is_over() const override
    {
        if constexpr (HasTicks<G>)
            return G::is_over(state_);
        return false;
    }

    void news(std::string_view type, std::uint16_t schema, std::string_view data,
        std::span<Seat const> audiences, Tell const& tell) const override
    {
        if constexpr (HasNews<G>) {
            auto const event = read_event<G>(type, schema, data);
            std::string text;
            for (auto const audience : audiences)
                if (auto const news = event ? G::news(state_, *event, audience) : std::nullopt) {
                    text.clear();
                    json::Writer out(text);
                    out.object().key("e").value(Choice<typename G::News>::name_of(*news)).key("d");
                    std::visit([&out](auto const& body) { write_json(out, body); }, *news);
                    out.end_object();
                    tell(audience, text);
                }
        }
    }

    void show(Seat audience, json::Writer& out) override
    {
        auto const& view = shown(audience).emplace(G::view(state_, audience));
        write_json(out, view);
    }

    bool update(Seat audience, json::Writer& out) override
    {
        auto& last = shown(audience);
        GH_ASSERT(last);
        auto now = G::view(state_, audience);
        if (is_same(*last, now))
            return false;
        write_patch(out, *last, now);
        *last = std::move(now);
        return true;
    }

    void forget(Seat audience) override { shown(audience).reset(); }

    [[nodiscard]] std::optional<BotAction> bot(Seat seat, Rng& rng) const override
    {
        if constexpr (HasBot<G>) {
            if (auto const action = G::bot(G::view(state_, seat), seat, rng)) {
                BotAction wish{std::string(Choice<Action>::name_of(*action)), {}};
                json::Writer out(wish.body);
                std::visit([&out](auto const& body) { write_json(out, body); }, *action);
                return wish;
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<std::string> unfair(std::string_view type, std::uint16_t schema,
        std::string_view data, Chance const& chance) const override
    {
        if constexpr (HasFairness<G>) {
            auto const event = read_event<G>(type, schema, data);
            return event ? G::unfair(state_, *event, chance) : event.error().detail;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::vector<Standing> results() const override
    {
        if constexpr (HasResults<G>)
            return G::results(state_);
        return {};
    }

    void write_state(std::string& out) const override
    {
        cbor::Writer writer(out);
        write_cbor(writer, state_);
    }

private:
    Verdict decide_action(SeatAction const& wish, Context const& context)
    {
        Action action;
        if (!Choice<Action>::select(wish.name, action))
            return {.refusal = Refusal{ErrorCode::bad_request,
                        "no such action: " + std::string(wish.name.substr(0, 64))}};
        auto const read = std::visit(
            [&](auto& body) { return read_json(wish.body, body); }, action);
        if (!read)
            return {.refusal = Refusal{read.error().code, read.error().message}};
        return encode(G::decide(state_, wish.seat, action, context));
    }

    Verdict decide_timer(TimerRang const& rang, Context const& context)
    {
        if constexpr (HasTimers<G>)
            return encode(G::decide_timer(state_, rang.name, context));
        return {};
    }

    [[nodiscard]] Verdict reply_to([[maybe_unused]] SeatQuery const& asked) const
    {
        if constexpr (HasQueries<G>) {
            typename G::Query query;
            if (!Choice<typename G::Query>::select(asked.name, query))
                return {.refusal = Refusal{ErrorCode::bad_request,
                            "no such question: " + std::string(asked.name.substr(0, 64))}};
            auto const read = std::visit(
                [&](auto& body) { return read_json(asked.body, body); }, query);
            if (!read)
                return {.refusal = Refusal{read.error().code, read.error().message}};
            auto const reply = G::ask(G::view(state_, asked.seat), asked.seat, query);
            if (!reply)
                return {.refusal = Refusal{reply.error().code, reply.error().message}};
            Verdict verdict;
            json::Writer out(verdict.reply);
            std::visit([&out](auto const& body) { write_json(out, body); }, *reply);
            return verdict;
        }
        return {.refusal = Refusal{ErrorCode::unsupported, "this game answers no questions"}};
    }

    static Verdict encode(Decision<Event> decision)
    {
        Verdict verdict{.timers = std::move(decision.timers),
            .refusal = std::move(decision.refusal), .is_over = decision.is_over};
        for (auto const& event : decision.events) {
            auto& stored = verdict.events.emplace_back(
                std::string(Choice<Event>::name_of(event)), schema_of(event), std::string());
            cbor::Writer out(stored.data);
            std::visit([&out](auto const& body) { write_cbor(out, body); }, event);
        }
        return verdict;
    }

    // Spectators come first: their number is -1.
    std::optional<View>& shown(Seat audience)
    {
        return shown_[static_cast<std::size_t>(audience + 1)];
    }

    typename G::State state_;
    std::array<std::optional<View>, G::about.seats_max + 1> shown_{};
};

template <typename G>
struct OptionsOf {
    struct Type {};
    static typename G::State begin(Type) { return {}; }
};
template <HasOptions G>
struct OptionsOf<G> {
    using Type = typename G::Options;
    static typename G::State begin(Type const& options) { return G::begin(options); }
};

template <typename State>
Result<State> read_state(std::string_view stored)
{
    State state{};
    cbor::Reader in(stored);
    read_cbor(in, state);
    if (in.is_broken() || !in.is_at_end())
        return fail(ErrorCode::internal, "this room's state cannot be read");
    return state;
}

template <typename G>
struct RulesBefore {};

template <Game G>
class GameRules final : public Rules {
    using Options = OptionsOf<G>;

public:
    [[nodiscard]] About about() const override { return G::about; }
    [[nodiscard]] std::optional<GameShape> shape() const override { return game_shape<G>(); }

    [[nodiscard]] Result<std::string> read_options(json::Node node) const override
    {
        typename Options::Type options{};
        GH_CHECK(read_json(node, options));
        std::string stored;
        cbor::Writer out(stored);
        write_cbor(out, options);
        return stored;
    }

    [[nodiscard]] Result<std::unique_ptr<Play>> begin(std::string_view stored) const override
    {
        typename Options::Type options{};
        cbor::Reader in(stored);
        read_cbor(in, options);
        if (in.is_broken())
            return fail(ErrorCode::internal, "this room's options cannot be read");
        return std::make_unique<GamePlay<G>>(Options::begin(options));
    }

    [[nodiscard]] Result<std::unique_ptr<Play>> resume(std::string_view stored) const override
    {
        return std::make_unique<GamePlay<G>>(GH_TRY(read_state<typename G::State>(stored)));
    }

    [[nodiscard]] Rules const* before(int version) const override
    {
        if constexpr (HasUpgrade<G>)
            return version == G::Before::about.version ? &before_.rules
                                                       : before_.rules.before(version);
        return nullptr;
    }

    [[nodiscard]] Result<std::string> upgrade(int version, std::string_view state) const override
    {
        if constexpr (HasUpgrade<G>) {
            std::string older;
            if (version != G::Before::about.version) {
                older = GH_TRY(before_.rules.upgrade(version, state));
                state = older;
            }
            std::string upgraded;
            cbor::Writer out(upgraded);
            write_cbor(out, G::upgrade(GH_TRY(read_state<typename G::Before::State>(state))));
            return upgraded;
        }
        return Rules::upgrade(version, state);
    }

private:
    [[no_unique_address]] RulesBefore<G> before_{};
};

template <HasUpgrade G>
struct RulesBefore<G> {
    GameRules<typename G::Before> rules{};
};

}  // namespace rules_of_detail

// Puts a C++ game behind the border.
template <Game G>
[[nodiscard]] std::unique_ptr<Rules> rules_of()
{
    rules_of_detail::expect_signatures<G>();
    return std::make_unique<rules_of_detail::GameRules<G>>();
}

}  // namespace gatehouse::rooms
