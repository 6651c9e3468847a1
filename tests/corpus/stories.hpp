// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "entry.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::corpus {

// Plays a whole game by today's code, as the seed wants it, and returns what it leaves: "liap-tui",
// "high-card", "coins", "hosts" or
// "lobby". Throws where there is no such story.
[[nodiscard]] Stored record(std::string_view story, std::uint32_t seed);

} // namespace gatehouse::corpus
