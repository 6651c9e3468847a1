// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests: a game that is played without a platform, tick by tick.

#include "rooms/chance.hpp"
#include "tower_defence/tower_defence.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

#include <array>
#include <optional>
#include <string>

namespace gatehouse::tower_defence {

template <typename T>
std::string cbor_of(T const& value)
{
    std::string bytes;
    cbor::Writer out(bytes);
    write_cbor(out, value);
    return bytes;
}

inline State read_again(State const& state)
{
    auto const bytes = cbor_of(state);
    State again;
    cbor::Reader in(bytes);
    read_cbor(in, again);
    return in.is_broken() ? State{} : again;
}

inline std::size_t patch_size(View const& before, View const& after)
{
    std::string text;
    json::Writer out(text);
    write_patch(out, before, after);
    return text.size();
}

struct Field {
    explicit Field(Options const& options = {}, int players = 1, std::uint64_t seed = 1)
        : chance(std::string(24, 'k') + std::string(8, static_cast<char>('a' + seed % 26)))
        , rng(std::string(32, 'r'), seed)
        , state(TowerDefence::begin(options))
    {
        for (int seat = 0; seat < players; seat++)
            seats[index_of(seat)] = rooms::Occupant::player;
    }

    static Field begun(Options const& options = {}, int players = 1, std::uint64_t seed = 1)
    {
        Field field(options, players, seed);
        field.act(0, Start{});
        return field;
    }

    rooms::Decision<Event> act(int seat, Action const& action)
    {
        auto decision = decide(seat, action);
        for (auto const& event : decision.events)
            evolve(state, event);
        return decision;
    }

    [[nodiscard]] rooms::Decision<Event> decide(int seat, Action const& action) const
    {
        return TowerDefence::decide(
            state, seat, action, {.now = {}, .chance = chance, .seats = seats});
    }

    [[nodiscard]] std::string refusal(int seat, Action const& action) const
    {
        auto const decision = decide(seat, action);
        return decision.refusal ? decision.refusal->message : "";
    }

    void tick(int count = 1)
    {
        for (int i = 0; i < count && state.phase == Phase::playing; i++)
            TowerDefence::tick(state);
    }

    // Bots move on all seats twice a second until it is over.
    void let_bots_play()
    {
        while (state.phase == Phase::playing) {
            if (state.tick % 10 == 0)
                for (auto const seat : view_of(state).seats)
                    if (auto const action = bot_action(view_of(state), seat, rng))
                        act(seat, *action);
            tick();
        }
    }

    rooms::Chance chance;
    rooms::Rng rng;
    BySeat<rooms::Occupant> seats{};
    State state;
};

inline Upgrade upgrade(int x, int y)
{
    Upgrade made;
    made.x = x;
    made.y = y;
    return made;
}

inline Sell sell(int x, int y)
{
    Sell made;
    made.x = x;
    made.y = y;
    return made;
}

inline Ping ping(int x, int y)
{
    Ping made;
    made.x = x;
    made.y = y;
    return made;
}

} // namespace gatehouse::tower_defence
