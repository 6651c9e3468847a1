// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::upstream {

// Who gets which share of a route's requests: { designs: 95, designs-v2: 5 }.
struct SplitTarget {
    std::string service;
    int weight = 0; // Against the others'; 0: none. They need not add up to 100.

    bool operator==(SplitTarget const&) const = default;
};

// Divides requests by weight: each by itself, or such that the same key (a principal, a cookie, an
// address) is led to the same service each time, on every shard and node.
//
// The sticky way is weighted rendezvous hashing: each service draws a number for the key, and the
// best wins; its weight makes good numbers likelier. Weights that shift move as few keys as can be:
// a key leaves its service only for one whose weight has grown against it. So who was led to the
// new version stays there while its share grows from 5 to 50, and nobody moves between two services
// whose weights stay in proportion. A service that leaves gives its keys to the others by weight.
//
// At least one weight is above 0. Takes O(targets): there are a few.
class Split {
public:
    explicit Split(std::vector<SplitTarget> targets);

    // The index of the target. `chance` is even over 0 … 1, without the 1.
    [[nodiscard]] std::size_t pick(double chance) const;
    [[nodiscard]] std::size_t pick_for(std::string_view key) const;

    [[nodiscard]] std::vector<SplitTarget> const& targets() const { return targets_; }

private:
    std::vector<SplitTarget> targets_;
    std::vector<std::uint64_t> hashes_{}; // Of their names: their order does not count.
    std::int64_t total_ = 0;
};

} // namespace gatehouse::upstream
