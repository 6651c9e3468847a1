// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/phases.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gatehouse::liap_tui {

Decision declare(State const& state, int piles, By by)
{
    if (piles < 0 || piles > hand_size)
        return Decision::refuse(
            ErrorCode::rejected, fmt::format("declare 0 to {} piles", hand_size));
    if (std::ranges::binary_search(forbidden_piles(state), piles)) {
        auto message = piles == 0
            ? std::string("not 0: nobody declares it three rounds running, nor the last to make 8")
            : fmt::format("not {}: the four numbers may not sum to {}", piles, hand_size);
        return Decision::refuse(ErrorCode::rejected, std::move(message));
    }
    Course course(state);
    course.happens(Declared{.seat = *state.turn, .piles = piles, .forced = by == By::clock});
    return course.end();
}

int smallest_declaration(State const& state)
{
    int piles = 0;
    for (auto const each : forbidden_piles(state))
        if (each == piles)
            piles++;
    return piles;
}

}  // namespace gatehouse::liap_tui
