// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tower_defence/maps.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace gatehouse::tower_defence {

enum class Difficulty : std::uint8_t { easy, normal, hard };

constexpr std::array<std::string_view, 3> enum_names(Difficulty)
{
    return {"easy", "normal", "hard"};
}

inline constexpr int waves_max = 20;

// What the maker of a room may choose. `within_bounds` is what the game plays by.
struct Options {
    static constexpr bool lenient = true;

    MapName map{};
    Difficulty difficulty = Difficulty::normal;
    int waves = 15;
    int calm_seconds = 20; // Before the first wave.
    static void fields(auto& self, auto&& field)
    {
        field("map", self.map);
        field("difficulty", self.difficulty);
        field("waves", self.waves);
        field("calm_seconds", self.calm_seconds);
    }
};

[[nodiscard]] inline Options within_bounds(Options options)
{
    options.waves = std::clamp(options.waves, 1, waves_max);
    options.calm_seconds = std::clamp(options.calm_seconds, 1, 60);
    return options;
}

} // namespace gatehouse::tower_defence
