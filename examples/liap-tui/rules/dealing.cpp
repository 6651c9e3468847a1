// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/phases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace gatehouse::liap_tui {

namespace {

rooms::Rng stream_of(rooms::Chance const& chance, int deal)
{
    return chance.stream(static_cast<std::uint64_t>(deal));
}

int holder_of(Hands const& hands, Piece piece)
{
    int seat = 0;
    while (!std::ranges::binary_search(hands[index_of(seat)], piece))
        seat++;
    return seat;
}

}  // namespace

Hands deal(rooms::Rng chance)
{
    std::array<Piece, pieces_count> row;
    std::iota(row.begin(), row.end(), 0);
    chance.shuffle(row);

    Hands hands;
    auto next = row.begin();
    for (auto& hand : hands) {
        std::copy_n(next, hand_size, hand.begin());
        std::ranges::sort(hand);
        next += hand_size;
    }
    return hands;
}

void deal_next(Course& course, rooms::Chance const& chance, int round, std::optional<int> starter)
{
    auto const number = course.state().deal + 1;
    auto const hands = deal(stream_of(chance, number));
    course.happens(Dealt{
        .round = round,
        .deal = number,
        .starter = starter ? *starter : holder_of(hands, red_general),
        .hands = hands,
    });
}

std::optional<std::string> unfair(
    State const& before, Dealt const& dealt, rooms::Chance const& chance)
{
    if (dealt.deal != before.deal + 1)
        return fmt::format("deal {} follows deal {}", dealt.deal, before.deal);
    auto const hands = deal(stream_of(chance, dealt.deal));
    for (std::size_t seat = 0; seat < seats_count; seat++)
        if (hands[seat] != dealt.hands[seat])
            return fmt::format("deal {}: seat {} got other pieces than the seed gives",
                dealt.deal, seat);
    return std::nullopt;
}

}  // namespace gatehouse::liap_tui
