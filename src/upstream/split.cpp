// SPDX-License-Identifier: Apache-2.0
#include "upstream/split.hpp"

#include "base/assert.hpp"
#include "upstream/quick_dice.hpp"
#include "upstream/ring.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace gatehouse::upstream {

Split::Split(std::vector<SplitTarget> targets)
    : targets_(std::move(targets))
{
    for (auto const& each : targets_) {
        GH_ASSERT(each.weight >= 0);
        hashes_.push_back(hash_of(each.service));
        total_ += each.weight;
    }
    GH_ASSERT(total_ > 0);
}

std::size_t Split::pick(double chance) const
{
    auto const drawn = static_cast<std::int64_t>(chance * static_cast<double>(total_));
    auto left = std::min(drawn, total_ - 1); // Rounding may reach the end.
    std::size_t at = 0;
    while (left >= targets_[at].weight)
        left -= targets_[at++].weight;
    return at;
}

// The shortest of waits that are exponentially distributed with the weights as rates: each wins
// with its share of them (Schindelhauer and Schomaker, 2005).
std::size_t Split::pick_for(std::string_view key) const
{
    auto const hash = hash_of(key);
    std::size_t best = 0;
    auto shortest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < targets_.size(); i++) {
        if (targets_[i].weight == 0)
            continue;
        auto const word = mixed(hash ^ hashes_[i]) >> 11;
        auto const number = (static_cast<double>(word) + 0.5) * 0x1p-53; // Above 0, below 1.
        auto const wait = -std::log(number) / targets_[i].weight;
        if (wait < shortest) {
            shortest = wait;
            best = i;
        }
    }
    return best;
}

} // namespace gatehouse::upstream
