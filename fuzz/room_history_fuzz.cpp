// SPDX-License-Identifier: Apache-2.0

// Whatever a store brings, replay answers: an error, or a state that can be shown. What it reads it
// writes again such that it reads the same, and the same history gives the same state.
//
// The input is rows: a byte for the type and the schema, one for the actor, one for the action, two
// for the size of the data (little endian, and no more than is left), the data.

#include "base/assert.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/schemas.hpp"
#include "rooms/state.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

using namespace gatehouse;
using namespace gatehouse::rooms;

namespace {

// A game that has every kind of field, and takes every event.
struct Probe {
    static constexpr About about{
        .name = "probe", .title = "Probe", .version = 1, .seats_min = 1, .seats_max = 3};

    enum class Colour : std::uint8_t { red, black };
    friend constexpr std::array<std::string_view, 2> enum_names(Colour) { return {"red", "black"}; }

    struct Options {
        std::int64_t first = 0;
        static void fields(auto& self, auto&& field) { field("first", self.first); }
    };
    struct Card {
        Colour colour{};
        std::int8_t rank = 0;
        std::uint64_t mark = 0;
        static void fields(auto& self, auto&& field)
        {
            field("colour", self.colour);
            field("rank", self.rank);
            field("mark", self.mark);
        }
    };
    struct Laid {
        static constexpr std::string_view name = "laid";
        std::vector<Card> cards{};
        std::vector<std::vector<int>> piles{};
        std::optional<std::string> word{};
        std::array<bool, 3> flags{};
        static void fields(auto& self, auto&& field)
        {
            field("cards", self.cards);
            field("piles", self.piles);
            field("word", self.word);
            field("flags", self.flags);
        }
    };
    struct Swept {
        static constexpr std::string_view name = "swept";
        static void fields(auto&, auto&&) {}
    };
    struct State {
        std::int64_t first = 0;
        Laid laid{};
        static void fields(auto& self, auto&& field)
        {
            field("first", self.first);
            field("laid", self.laid);
        }
    };
    using View = State;
    using Event = std::variant<Laid, Swept>;
    using Action = Event;

    struct Cleared { // What `swept` was called once.
        static constexpr std::string_view name = "cleared";
        std::vector<std::string> why{};
        static void fields(auto& self, auto&& field) { field("why", self.why); }
    };
    using OldEvents = std::variant<Cleared>;
    static Swept upcast(Cleared const&) { return {}; }

    static State begin(Options const& options) { return {.first = options.first, .laid = {}}; }
    static bool is_open(State const& state) { return state.laid.cards.empty(); }
    static Decision<Event> decide(State const&, Seat, Action const&, Context const&) { return {}; }
    static Decision<Event> decide_timer(State const&, std::string_view, Context const&)
    {
        return {};
    }
    static void evolve(State& state, Event const& event)
    {
        auto const* laid = std::get_if<Laid>(&event);
        state.laid = laid ? *laid : Laid{};
    }
    static View view(State const& state, Seat) { return state; }
};

constexpr std::array<std::string_view, 29> types{"room.opened", "room.came", "room.named",
    "room.seated", "room.bot_seated", "room.seat_left", "room.stand_in", "room.acted",
    "room.finished", "laid", "swept", "room.nothing", "", "cleared", "room.upgraded",
    "room.set_aside", "room.settled", "room.kicked", "room.host_given", "room.paused",
    "room.continued", "room.forfeited", "room.restored", "room.forked", "room.resumed",
    "room.ticking", "room.unlisted", "room.reserved", "room.released"};

std::vector<events::Event> history_of(std::string_view input)
{
    auto const byte = [&] {
        auto const first = static_cast<unsigned char>(input.empty() ? 0 : input.front());
        input.remove_prefix(std::min<std::size_t>(1, input.size()));
        return first;
    };
    std::vector<events::Event> events;
    while (!input.empty()) {
        events::Event event;
        event.version = events.size() + 1;
        auto const kind = byte();
        event.type = types[kind % types.size()];
        event.schema = static_cast<std::uint16_t>(1 + kind / types.size() % 3);
        event.cause.actor = byte() % 4;
        event.cause.action = byte();
        auto const low = byte();
        event.data = input.substr(0, low + 256U * byte());
        input.remove_prefix(event.data.size());
        events.push_back(std::move(event));
    }
    return events;
}

void check_rows(events::Event const& event)
{
    if (auto const text = cbor::to_json(event.data)) {
        json::Parser parser;
        GH_ASSERT(parser.parse(*text).has_value());
    }
    auto const parts = split(event.data);
    if (!parts)
        return;
    std::string data(parts->body);
    append_timers(data, parts->timers);
    auto const again = split(data);
    GH_ASSERT(again && again->body == parts->body);
    GH_ASSERT(std::ranges::equal(again->timers, parts->timers,
        [](TimerSet const& a, TimerSet const& b) { return a.name == b.name && a.at == b.at; }));

    if (auto const platform = decode_platform(event.type, event.schema, parts->body)) {
        auto const body = encode_body(*platform);
        auto const same = decode_platform(event.type, schema_of(*platform), body);
        GH_ASSERT(same && encode_body(*same) == body);
    }
}

// All that a room would ask of the state, as one text.
std::string shown(RoomState& state)
{
    std::string text;
    json::Writer out(text);
    write_json(out.array(), state.view());
    for (Seat audience = spectator; audience < Probe::about.seats_max; audience++) {
        state.play().show(audience, out);
        GH_ASSERT(!state.play().update(audience, out));
    }
    out.end_array();
    json::Parser parser;
    GH_ASSERT(parser.parse(text).has_value());

    state.play().write_state(text);
    for (auto const& timer : state.timers())
        text += timer.name + '@' + std::to_string(timer.at.ms);
    for (auto const& member : state.members())
        text += member.principal + '#' + std::to_string(member.applied.last());
    return text;
}

std::string replayed(std::vector<events::Event> const& events, Catalogue const& games)
{
    RoomState state("fuzz.00000000");
    for (auto const& event : events) {
        if (!state.evolve(event, games))
            return "broken at " + std::to_string(event.version);
        GH_ASSERT(state.version() == event.version);
        GH_ASSERT(state.timers().size() <= RoomState::timers_max);
    }
    return state.exists() ? shown(state) : std::string{};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static Catalogue const games = [] {
        Catalogue with_probe;
        with_probe.add(rules_of<Probe>());
        return with_probe;
    }();
    auto const events = history_of({reinterpret_cast<char const*>(data), size});
    for (auto const& event : events)
        check_rows(event);
    GH_ASSERT(replayed(events, games) == replayed(events, games));
    return 0;
}
