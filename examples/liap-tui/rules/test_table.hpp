// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests: a table where a game is played without a platform, and the sets by the book.

#include "liap_tui/liap_tui.hpp"
#include "rooms/chance.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::liap_tui {

struct Table {
    explicit Table(std::uint64_t seed = 1, Options const& options = {})
        : chance(seed_of(seed)), state(LiapTui::begin(options))
    {
    }

    static std::string seed_of(std::uint64_t number)
    {
        std::string seed(32, '\0');
        for (std::size_t i = 0; i < 8; i++)
            seed[i] = static_cast<char>(number >> (8 * i));
        return seed;
    }

    [[nodiscard]] rooms::Context context() const
    {
        return {.now = {}, .chance = chance, .seats = seats};
    }

    rooms::Decision<Event> act(int seat, Action const& action)
    {
        return happen(LiapTui::decide(state, seat, action, context()));
    }
    rooms::Decision<Event> ring()
    {
        return happen(LiapTui::decide_timer(state, "turn", context()));
    }

    [[nodiscard]] std::optional<ErrorCode> refusal(int seat, Action const& action) const
    {
        auto const decision = LiapTui::decide(state, seat, action, context());
        return decision.refusal ? std::optional(decision.refusal->code) : std::nullopt;
    }

    rooms::Chance chance;
    BySeat<rooms::Occupant> seats{rooms::Occupant::player, rooms::Occupant::player,
        rooms::Occupant::player, rooms::Occupant::player};
    State state;

private:
    rooms::Decision<Event> happen(rooms::Decision<Event> decision)
    {
        for (auto const& event : decision.events)
            evolve(state, event);
        return decision;
    }
};

// What an event of one kind says, or its default.
template <typename E>
E the(rooms::Decision<Event> const& decision)
{
    for (auto const& event : decision.events)
        if (auto const* found = std::get_if<E>(&event))
            return *found;
    return {};
}

template <typename T>
std::string json_of(T const& value)
{
    std::string text;
    json::Writer out(text);
    write_json(out, value);
    return text;
}

// The sets as the table of README.md, letter by letter. For pieces in ascending order.
inline SetKind set_by_the_book(std::vector<Piece> const& pieces)
{
    using enum SetKind;
    static std::map<std::string, SetKind, std::less<>> const book{{"G", single}, {"A", single},
        {"E", single}, {"C", single}, {"H", single}, {"N", single}, {"S", single}, {"AA", pair},
        {"EE", pair}, {"CC", pair}, {"HH", pair}, {"NN", pair}, {"SS", pair},
        {"SSS", three_of_a_kind}, {"GAE", straight}, {"CHN", straight}, {"SSSS", four_of_a_kind},
        {"GAAE", extended_straight}, {"GAEE", extended_straight}, {"CCHN", extended_straight},
        {"CHHN", extended_straight}, {"CHNN", extended_straight}, {"SSSSS", five_of_a_kind},
        {"GAAEE", extended_straight_5}, {"CCHHN", extended_straight_5},
        {"CCHNN", extended_straight_5}, {"CHHNN", extended_straight_5},
        {"CCHHNN", double_straight}};
    // The row of ids as README.md lists it: upper case is red.
    static constexpr std::string_view row = "GgAAaaEEeeCCccHHhhNNnnSSSSSsssss";
    std::string reds;
    std::string blacks;
    for (auto const piece : pieces) {
        auto const letter = row[static_cast<std::size_t>(piece)];
        (letter < 'a' ? reds : blacks).push_back(static_cast<char>(letter & ~0x20));
    }
    auto const found = book.find(reds.empty() ? blacks : reds);
    return (reds.empty() || blacks.empty()) && found != book.end() ? found->second : discard;
}

}  // namespace gatehouse::liap_tui
