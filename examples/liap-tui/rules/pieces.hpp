// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace gatehouse::liap_tui {

// A piece is its id, 0 … 31, the strongest first: sorted by id is sorted by points, downwards.
using Piece = int;

inline constexpr int pieces_count = 32;
inline constexpr int seats_count = 4;
inline constexpr int hand_size = 8;
inline constexpr Piece red_general = 0;

template <typename T>
using BySeat = std::array<T, seats_count>;

enum class PieceKind : std::uint8_t { general, advisor, elephant, chariot, horse, cannon, soldier };
inline constexpr int piece_kinds = 7;

enum class Colour : std::uint8_t { red, black };

namespace pieces_detail {

inline constexpr std::array<int, pieces_count> points{
    14, 13, 12, 12, 11, 11, 10, 10, 9, 9, 8, 8, 7, 7, 6, 6,
    5, 5, 4, 4, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1};

}  // namespace pieces_detail

[[nodiscard]] constexpr int points_of(Piece piece)
{
    return pieces_detail::points.at(static_cast<std::size_t>(piece));
}

// Each kind has two neighbouring numbers of points, the even one red: the points tell the rest.
[[nodiscard]] constexpr PieceKind kind_of(Piece piece)
{
    return static_cast<PieceKind>((14 - points_of(piece)) / 2);
}

[[nodiscard]] constexpr Colour colour_of(Piece piece)
{
    return points_of(piece) % 2 == 0 ? Colour::red : Colour::black;
}

// Throws for what is none: then the event comes from a damaged store, and the room is shut.
[[nodiscard]] constexpr std::size_t index_of(int seat)
{
    if (seat < 0 || seat >= seats_count)
        throw std::out_of_range("there is no such seat");
    return static_cast<std::size_t>(seat);
}

[[nodiscard]] constexpr int seat_after(int seat)
{
    return (seat + 1) % seats_count;
}

}  // namespace gatehouse::liap_tui
