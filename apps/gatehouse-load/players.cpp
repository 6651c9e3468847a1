// SPDX-License-Identifier: Apache-2.0
#include "players.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::load {
namespace {

std::string list(std::vector<int> const& numbers)
{
    std::string text;
    for (int const number : numbers)
        text += (text.empty() ? "" : ",") + std::to_string(number);
    return "[" + text + "]";
}

bool contains(std::vector<int> const& all, int one)
{
    return std::ranges::find(all, one) != all.end();
}

// ---- Liap Tui: examples/liap-tui/README.md, "The wire"

std::optional<Wish> declare(View const& view, Chance& chance)
{
    auto const forbidden = integers_in(view.find("game", "forbidden"));
    int piles = chance.below(9);
    while (contains(forbidden, piles))
        piles = (piles + 1) % 9;
    return Wish{"declare", "{\"piles\":" + std::to_string(piles) + "}"};
}

// Any pieces will do to follow. To lead, one piece, or now and then a pair, which stand side by
// side.
std::optional<Wish> play(View const& view, Chance& chance)
{
    auto hand = integers_in(view.find("game", "hand"));
    auto const need = integer_in(view.find("game", "need")).value_or(0);
    if (hand.empty() || std::cmp_less(hand.size(), need))
        return std::nullopt;
    if (need == 0 && chance.one_in(2))
        for (std::size_t i = 0; i + 1 < hand.size(); i++)
            if (hand[i] >= 2 && hand[i] <= 20 && hand[i] % 2 == 0 && hand[i + 1] == hand[i] + 1)
                return Wish{"play", "{\"pieces\":" + list({hand[i], hand[i + 1]}) + "}"};
    for (std::size_t i = hand.size(); i > 1; i--)
        std::swap(hand[i - 1], hand[static_cast<std::size_t>(chance.below(static_cast<int>(i)))]);
    hand.resize(static_cast<std::size_t>(std::max(need, 1)));
    return Wish{"play", "{\"pieces\":" + list(hand) + "}"};
}

std::optional<Wish> liap_tui_wish(View const& view, int seat, Chance& chance)
{
    auto const phase = view.find("game", "phase");
    if (phase == "\"waiting\"")
        return integer_in(view.find("room", "host")) == seat ? std::optional(Wish{"start", "{}"})
                                                             : std::nullopt;
    if (phase == "\"scoring\"") {
        if (contains(integers_in(view.find("game", "ready")), seat))
            return std::nullopt;
        return Wish{"ready", "{}"};
    }
    if (integer_in(view.find("game", "turn")) != seat)
        return std::nullopt;
    if (phase == "\"preparation\"")
        return Wish{"redeal", chance.one_in(2) ? R"({"accept":true})" : R"({"accept":false})"};
    if (phase == "\"declaration\"")
        return declare(view, chance);
    return play(view, chance);
}

bool liap_tui_is_over(View const& view) { return view.find("game", "phase") == "\"game_over\""; }

constexpr std::array players{
    Player{"liap-tui", 4, liap_tui_wish, liap_tui_is_over},
};

}  // namespace

Player const* player_of(std::string_view game)
{
    auto const found = std::ranges::find(players, game, &Player::game);
    return found == players.end() ? nullptr : &*found;
}

Preparation prepare(View const& view, int seat, int people)
{
    if (view.find("room", "status") != "\"open\"")
        return {.is_complete = true};
    auto seats = view.find("room", "seats");
    int seated = 0;
    int number = 0;
    std::optional<int> free;
    static constexpr std::string_view by = "\"by\":\"";
    for (auto at = seats.find(by); at != std::string_view::npos; at = seats.find(by), number++) {
        seats.remove_prefix(at + by.size());
        if (seats.starts_with("player"))
            seated++;
        else if (seats.starts_with("nobody") && !free)
            free = number;
    }
    bool const is_host = integer_in(view.find("room", "host")) == seat;
    if (!is_host || seated < people)
        return {};
    if (!free)
        return {.is_complete = true};
    return {.wish = Wish{"room.bot", "{\"seat\":" + std::to_string(*free) + "}"}};
}

}  // namespace gatehouse::load
