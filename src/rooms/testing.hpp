// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of this folder share: a small game with everything in it, and a bench on which one
// room is driven by hand, its store included.

#include "rooms/room.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/testing_late.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace gatehouse::rooms::testing {

using Json = nlohmann::json;

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

    static std::optional<Action> bot(View const& view, Seat seat, Rng& rng)
    {
        if (!view.running || view.moves % 3 != seat)
            return std::nullopt;
        return Add{{static_cast<int>(1 + rng.below(5))}};
    }
};

// Decisions that come when the test says so.
struct Held {
    std::deque<std::move_only_function<void()>> answers{};
    bool is_on = false;

    [[nodiscard]] std::unique_ptr<Rules> rules()
    {
        return std::make_unique<LateRules>(rules_of<Tally>(), [this](auto answer) {
            if (is_on)
                answers.push_back(std::move(answer));
            else
                answer();
        });
    }
    void release()
    {
        auto answer = std::move(answers.front());
        answers.pop_front();
        answer();
    }
};

inline std::string state_bytes(RoomState const& state)
{
    std::string bytes;
    state.play().write_state(bytes);
    auto view = state.view();
    json::Writer out(bytes);
    write_json(out, view);
    for (auto const& timer : state.timers())
        bytes += timer.name + "@" + std::to_string(timer.at.ms) + ";";
    for (auto const& member : state.members())
        bytes += member.principal + "#" + std::to_string(member.applied.last()) + ";";
    return bytes;
}

inline std::string options_bytes(Rules const& rules, std::string_view options = "{}")
{
    json::Parser parser;
    return *rules.read_options(*parser.parse(options));
}

// Somebody at the other end of the wire: keeps what is shown, and demands that the chain of updates
// never breaks.
struct Client {
    Caller who;
    std::string principal;
    Json view{};
    std::optional<std::uint64_t> version{};
    Json seat{};
    bool is_in = false;
    std::vector<Json> heard{};
    std::map<std::uint64_t, std::uint64_t> acks{};
    std::map<std::uint64_t, std::string> errors{};

    void hear(Json const& message)
    {
        if (message.is_array()) {
            for (auto const& each : message)
                hear(each);
            return;
        }
        heard.push_back(message);
        std::string const type = message["t"];
        if (type == "joined")
            enter(message);
        else if (type == "upd")
            update(message);
        else if (type == "ack")
            acks[message["id"]] = message["s"];
        else if (type == "err" && message.contains("id"))
            errors[message["id"]] = message["code"];
        else if (type == "left")
            is_in = false;
    }

    [[nodiscard]] std::vector<Json> of_type(std::string_view type) const
    {
        std::vector<Json> all;
        for (auto const& each : heard)
            if (each["t"] == type)
                all.push_back(each);
        return all;
    }

private:
    void enter(Json const& message)
    {
        is_in = true;
        seat = message["seat"];
        if (message["how"] == "snap")
            view = message["view"];
        else
            EXPECT_EQ(message["s"], *version) << "goes on from what the client holds";
        version = message["s"];
    }

    void update(Json const& message)
    {
        if (message.contains("view")) {
            view = message["view"];
        } else {
            EXPECT_EQ(message["p"], *version) << principal << " misses an update: " << message;
            view.merge_patch(message["d"]);
        }
        version = message["s"];
    }
};

// Never the same bytes twice, for as long as a test takes.
class CountingDice final : public Dice {
public:
    std::string bytes(std::size_t size) override { return std::string(size, ++next_); }

private:
    char next_ = 0;
};

// One room, driven by hand. What it appends waits in `asked` until the test keeps or loses it.
class Bench {
public:
    explicit Bench(RoomOptions const& with = {}) : options(with)
    {
        games.add(held.rules());
    }

    static constexpr char const* stream = "k7qxm.00000001";
    Held held{}; // Outlives the room.
    Now now{TimePoint(std::chrono::hours(1)), WallTime{1'000'000}};
    RoomOptions options;
    Catalogue games{};
    std::deque<events::StreamAppend> asked{};
    std::vector<events::Event> kept{};
    std::vector<events::MemberKey> keys{}; // As the store has them.
    std::optional<events::StreamState> stored_state{};
    std::vector<Error> complaints{};
    std::vector<Delivery> sent{};
    std::size_t touched = 0;
    std::vector<events::Snapshot> snapshots{};
    std::map<Caller, Client*> clients{};
    CountingDice dice{};
    Surroundings around{.games = games,
        .frame = [](std::string_view json) { return make_frame(std::string(json)); },
        .deliver = [this](Delivery delivery) { route(std::move(delivery)); },
        .complain = [this](std::string_view, Error const& error) { complaints.push_back(error); },
        .touched = [this](std::string_view) { touched++; },
        .keep = [this](std::string_view,
                    events::Snapshot taken) { snapshots.push_back(std::move(taken)); },
        .now = now, .dice = dice};
    std::unique_ptr<Room> room{};

    void open(std::string const& seed = std::string(64, '0'))
    {
        room = std::make_unique<Room>(stream, options, around);
        room->open({.game = "tally", .rules = 1, .code = "K7QXM", .seed = seed,
                       .options = to_hex(options_bytes(*games.find("tally")))},
            [this](Result<void> kept_now) { opened = kept_now; });
        settle();
    }
    std::optional<Result<void>> opened{};

    Client add(std::string principal, std::uint64_t connection)
    {
        return {.who = {0, {connection}, 1}, .principal = std::move(principal)};
    }
    void ask(Client& from, std::variant<Join, Act, Leave, Gone, Refresh> what)
    {
        clients[from.who] = &from;
        room->take({from.who, std::move(what)});
    }
    void join(Client& from, Join join = {})
    {
        join.id = join.id == 0 ? 1 : join.id;
        join.principal = from.principal;
        ask(from, std::move(join));
    }
    void act(Client& from, std::uint64_t id, std::string name, std::string body = {},
        std::optional<events::Version> base = {})
    {
        ask(from, Act{id, std::move(name), std::move(body), base});
    }

    // Ends the turn; what it appends goes on its way.
    void turn()
    {
        if (auto append = room->end_turn())
            asked.push_back(std::move(*append));
    }
    // The store answers its oldest question: kept.
    void keep()
    {
        auto append = write_oldest();
        ASSERT_TRUE(append);
        room->durable();
    }
    enum class Fate : std::uint8_t { lost, kept_unknown };
    void lose(Fate fate = Fate::lost)
    {
        auto const expected = asked.front().expected;
        if (fate == Fate::kept_unknown && expected == kept.size())
            static_cast<void>(write_oldest());
        else
            asked.pop_front();
        room->lost({ErrorCode::internal, "input/output error"});
    }
    // As Rooms does after each answer.
    void reload()
    {
        turn();
        if (!room->wants_events())
            return;
        room->learn(keys);
        static_cast<void>(room->absorb(kept));
        if (room->wants_events())
            room->hydrated();
        turn();
    }
    void settle()
    {
        turn();
        while (!asked.empty()) {
            keep();
            turn();
        }
    }
    // A new process: nothing but the store is left.
    void crash()
    {
        asked.clear();
        clients.clear();
        held.answers.clear();
        room = std::make_unique<Room>(stream, options, around);
        room->learn(keys);
        static_cast<void>(room->absorb(kept));
        room->hydrated();
        settle();
    }
    // The store does, and the room is told.
    void forget(std::string_view subject)
    {
        std::erase_if(keys, [&](events::MemberKey const& key) { return key.subject == subject; });
        room->forget(subject);
        settle();
    }
    void pass(Milliseconds span)
    {
        now.steady += span;
        now.wall = now.wall + span;
    }
    // Time goes by, and alarms ring when they are due.
    void after(Milliseconds span)
    {
        auto const until = now.steady + span;
        while (room->alarm() && *room->alarm() <= until) {
            auto const step = std::max(*room->alarm() - now.steady, Duration(0));
            pass(std::chrono::ceil<Milliseconds>(step));
            room->ring();
            settle();
        }
        pass(std::chrono::ceil<Milliseconds>(until - now.steady));
    }

    // What the audience should see, from the stored events alone.
    [[nodiscard]] Json expected_view(Seat seat, std::size_t version) const
    {
        RoomState state(stream);
        state.learn(keys);
        for (std::size_t i = 0; i < version; i++)
            EXPECT_TRUE(state.evolve(kept[i], games));
        std::string text;
        json::Writer out(text);
        write_json(out.object().key("room"), state.view());
        state.play().show(seat, out.key("game"));
        out.end_object();
        return Json::parse(text);
    }
    [[nodiscard]] RoomState replayed() const
    {
        RoomState state(stream);
        state.learn(keys);
        for (auto const& event : kept)
            EXPECT_TRUE(state.evolve(event, games));
        return state;
    }
    [[nodiscard]] int sum() const { return expected_view(spectator, kept.size())["game"]["sum"]; }

private:
    std::optional<events::StreamAppend> write_oldest()
    {
        if (asked.empty())
            return std::nullopt;
        auto append = std::move(asked.front());
        asked.pop_front();
        EXPECT_EQ(append.expected, kept.size());
        kept.insert(kept.end(), append.events.begin(), append.events.end());
        for (auto& key : append.keys) {
            std::erase_if(keys, [&](auto const& each) { return each.actor == key.actor; });
            keys.push_back(std::move(key));
        }
        stored_state = append.state;
        return append;
    }

    void route(Delivery delivery)
    {
        auto const found = clients.find(delivery.to);
        if (found != clients.end())
            found->second->hear(Json::parse(*delivery.frame));
        sent.push_back(std::move(delivery));
    }
};

// A room with two players at the table, and somebody else.
struct Table : ::testing::Test {
    Bench bench{};
    Client ann = bench.add("ann", 1);
    Client bob = bench.add("bob", 2);
    Client eve = bench.add("eve", 3);

    void SetUp() override
    {
        bench.open();
        bench.join(ann);
        bench.join(bob);
        bench.settle();
    }
};

}  // namespace gatehouse::rooms::testing
