// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace gatehouse::projections {

struct Rated {
    int rating = 0; // Before.
    int place = 1;  // 1 is the best.
};

// What each of them wins or loses: Elo's rule, in whole numbers, between all pairs. A game of n
// counts as much as one of two, so a pair of it counts 1/(n-1). The sum is 0, so ratings neither
// rise nor fall as a whole, and what was given can be taken back exactly.
[[nodiscard]] std::vector<int> rate(std::span<Rated const> players);

} // namespace gatehouse::projections
