// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/options.hpp"

#include <algorithm>

namespace gatehouse::liap_tui {

Options within_bounds(Options options)
{
    constexpr int seconds_max = 600;
    return {
        .goal = std::clamp(options.goal, 1, 1000),
        .rounds = std::clamp(options.rounds, 1, 100),
        .redeals = std::clamp(options.redeals, 0, 10),
        .preparation_seconds = std::clamp(options.preparation_seconds, 1, seconds_max),
        .declaration_seconds = std::clamp(options.declaration_seconds, 1, seconds_max),
        .turn_seconds = std::clamp(options.turn_seconds, 1, seconds_max),
        .scoring_seconds = std::clamp(options.scoring_seconds, 1, seconds_max),
    };
}

}  // namespace gatehouse::liap_tui
