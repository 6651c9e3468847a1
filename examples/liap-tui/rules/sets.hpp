// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "liap_tui/pieces.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::liap_tui {

// What pieces played together are. A discard is no set, or not one of the kind that was led.
enum class SetKind : std::uint8_t {
    discard,
    single,
    pair,
    three_of_a_kind,
    straight,
    four_of_a_kind,
    extended_straight,
    five_of_a_kind,
    extended_straight_5,
    double_straight,
};

constexpr std::array<std::string_view, 10> enum_names(SetKind)
{
    return {"discard", "single", "pair", "three_of_a_kind", "straight", "four_of_a_kind",
        "extended_straight", "five_of_a_kind", "extended_straight_5", "double_straight"};
}

inline constexpr int set_size_max = 6;

// For different pieces, in any order and number.
[[nodiscard]] SetKind classify(std::span<Piece const> pieces);

[[nodiscard]] int points_of(std::span<Piece const> pieces);

// No piece above 9 points. An empty hand is weak too.
[[nodiscard]] bool is_weak(std::span<Piece const> hand);

}  // namespace gatehouse::liap_tui
