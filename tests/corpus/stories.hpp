// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace gatehouse::corpus {

// Plays a whole game by today's code, as the seed wants it, and returns its events: "liap-tui",
// "high-card" or "coins". Throws where there is no such story.
[[nodiscard]] std::vector<events::Event> record(std::string_view story, std::uint32_t seed);

} // namespace gatehouse::corpus
