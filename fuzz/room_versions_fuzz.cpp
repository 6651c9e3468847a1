// SPDX-License-Identifier: Apache-2.0

// What a store says that an older or newer server wrote: an error, or an event and a state of
// today. What resumes is written as it was read; whatever upgrades plays on; a snapshot that is
// restored gives itself again.
//
// The first byte says what the rest is: 0 to 3 the state of a game by the first to the fourth
// server of testing_coins.hpp, 4 a state to upgrade, 5 the state of a snapshot; else an event: its
// schema is the byte's low nibble, its type is found by the high one.

#include "base/assert.hpp"
#include "base/digest.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/schemas.hpp"
#include "rooms/state.hpp"
#include "rooms/testing_coins.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

using namespace gatehouse;
using namespace gatehouse::rooms;
using namespace gatehouse::rooms::testing::coins;

namespace {

std::string state_of(Play const& play)
{
    std::string bytes;
    play.write_state(bytes);
    return bytes;
}

void check_play(Play& play)
{
    std::string text;
    json::Writer out(text);
    play.show(0, out);
    GH_ASSERT(!play.update(0, out));
    static_cast<void>(play.is_open());
}

void check_state(Rules const& rules, std::string_view state)
{
    auto const play = rules.resume(state);
    if (!play)
        return;
    GH_ASSERT(state_of(**play).size() <= state.size());
    auto const again = rules.resume(state_of(**play));
    GH_ASSERT(again && state_of(**again) == state_of(**play));
    check_play(**play);
}

void check_upgrade(Rules const& rules, std::string_view state)
{
    auto const upgraded = rules.upgrade(1, state);
    GH_ASSERT(upgraded.has_value() == rules.before(1)->resume(state).has_value());
    if (!upgraded)
        return;
    auto const play = rules.resume(*upgraded);
    GH_ASSERT(play && state_of(**play) == *upgraded);
    check_play(**play);
}

void check_snapshot(Catalogue const& games, std::string_view state)
{
    events::Snapshot snapshot{.state = std::string(state), .hash = sha256(state)};
    cbor::Reader in(state); // It says itself of which version it is, and with which link.
    static_cast<void>(in.unsigned_integer());
    if (auto const link = in.bytes(); link.size() == snapshot.link.size())
        std::memcpy(snapshot.link.data(), link.data(), link.size());
    if (in.map() > 0 && in.text() == "version")
        snapshot.version = in.unsigned_integer();
    auto room = RoomState::restore(snapshot, games);
    if (!room)
        return;
    GH_ASSERT(room->exists() && room->version() == snapshot.version);
    auto const again = RoomState::restore(room->snapshot(), games);
    GH_ASSERT(again && again->snapshot() == room->snapshot());
    static_cast<void>(room->view());
    static_cast<void>(room->due_upgrade(games));
    check_play(room->play());
}

void check_event(Catalogue const& games, std::uint8_t kind, std::string_view body)
{
    constexpr std::array<std::string_view, 6> types{
        "thrown", "left", "folded", "room.came", "room.upgraded", "flew"};
    auto const type = types[(kind >> 4) % types.size()];
    std::uint16_t const schema = kind & 15;
    if (auto const event = decode_platform(type, schema, body))
        GH_ASSERT(decode_platform(type, schema_of(*event), encode_body(*event)).has_value());
    for (int version : {1, 2}) {
        auto const play = games.find("coins", version)->begin("\xa0").value();
        auto const before = state_of(*play);
        if (!play->evolve(type, schema, body))
            GH_ASSERT(state_of(*play) == before);
        static_cast<void>(play->unfair(type, schema, body, Chance(std::string(32, 's'))));
        check_play(*play);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static Catalogue const games = [] {
        Catalogue all;
        all.add(rules_of<Fourth>());
        return all;
    }();
    static std::array<std::unique_ptr<Rules>, 4> const servers{
        rules_of<First>(), rules_of<Second>(), rules_of<Third>(), rules_of<Fourth>()};
    if (size == 0)
        return 0;
    std::string_view const rest(reinterpret_cast<char const*>(data + 1), size - 1);
    auto const kind = data[0];
    if (kind < servers.size())
        check_state(*servers[kind], rest);
    else if (kind == 4)
        check_upgrade(*games.find("coins"), rest);
    else if (kind == 5)
        check_snapshot(games, rest);
    else
        check_event(games, kind, rest);
    return 0;
}
