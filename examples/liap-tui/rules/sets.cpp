// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/sets.hpp"

#include <algorithm>
#include <numeric>

namespace gatehouse::liap_tui {

namespace {

using Counts = std::array<int, piece_kinds>;

int count_of(Counts const& counts, PieceKind kind)
{
    return counts[static_cast<std::size_t>(kind)];
}

SetKind of_one_kind(PieceKind kind, std::size_t size)
{
    if (size == 2)
        return SetKind::pair;
    if (kind != PieceKind::soldier)
        return SetKind::discard;
    switch (size) {
    case 3: return SetKind::three_of_a_kind;
    case 4: return SetKind::four_of_a_kind;
    case 5: return SetKind::five_of_a_kind;
    default: return SetKind::discard;
    }
}

// The pieces of a straight: all three of its kinds are there, and nothing else. As no kind but the
// soldier has more than two pieces of a colour, the size tells how many kinds are doubled.
SetKind of_a_straight(std::size_t size)
{
    switch (size) {
    case 3: return SetKind::straight;
    case 4: return SetKind::extended_straight;
    case 5: return SetKind::extended_straight_5;
    default: return SetKind::double_straight;
    }
}

bool is_straight(Counts const& counts, PieceKind highest, std::size_t size)
{
    auto const first = counts.begin() + static_cast<std::ptrdiff_t>(highest);
    auto const is_there = [](int count) { return count > 0; };
    return std::all_of(first, first + 3, is_there)
        && std::accumulate(first, first + 3, 0) == static_cast<int>(size);
}

}  // namespace

SetKind classify(std::span<Piece const> pieces)
{
    auto const size = pieces.size();
    if (size == 0 || size > set_size_max)
        return SetKind::discard;
    if (size == 1)
        return SetKind::single;

    Counts counts{};
    for (auto const piece : pieces) {
        if (colour_of(piece) != colour_of(pieces[0]))
            return SetKind::discard;
        counts[static_cast<std::size_t>(kind_of(piece))]++;
    }
    auto const kind = kind_of(pieces[0]);
    if (count_of(counts, kind) == static_cast<int>(size))
        return of_one_kind(kind, size);
    if (is_straight(counts, PieceKind::general, size)
        || is_straight(counts, PieceKind::chariot, size))
        return of_a_straight(size);
    return SetKind::discard;
}

int points_of(std::span<Piece const> pieces)
{
    return std::transform_reduce(
        pieces.begin(), pieces.end(), 0, std::plus{}, [](Piece piece) { return points_of(piece); });
}

bool is_weak(std::span<Piece const> hand)
{
    return std::ranges::all_of(hand, [](Piece piece) { return points_of(piece) <= 9; });
}

}  // namespace gatehouse::liap_tui
