// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "entry.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace gatehouse::corpus {

// Each plays a room by today's code, as the seed wants it, and returns what that leaves.
[[nodiscard]] Stored play_liap_tui(std::uint32_t seed);
[[nodiscard]] Stored play_high_card(std::uint32_t seed);
[[nodiscard]] Stored play_coins(std::uint32_t seed);
[[nodiscard]] Stored play_hosts(std::uint32_t seed);
[[nodiscard]] Stored play_snails(std::uint32_t seed);
[[nodiscard]] Stored play_lobby(std::uint32_t seed);
[[nodiscard]] Stored play_letters(std::uint32_t seed);
[[nodiscard]] Stored play_past(std::uint32_t seed);
[[nodiscard]] Stored play_fork(std::uint32_t seed);
[[nodiscard]] Stored play_tower_defence(std::uint32_t seed);

struct Told {
    std::string_view name;
    Stored (*play)(std::uint32_t seed);
};
inline constexpr std::array stories{
    Told{"liap-tui", play_liap_tui},
    Told{"high-card", play_high_card},
    Told{"coins", play_coins},
    Told{"hosts", play_hosts},
    Told{"snails", play_snails},
    Told{"lobby", play_lobby},
    Told{"letters", play_letters},
    Told{"past", play_past},
    Told{"fork", play_fork},
    Told{"tower-defence", play_tower_defence},
};

} // namespace gatehouse::corpus
