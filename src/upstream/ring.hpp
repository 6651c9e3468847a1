// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "upstream/selection.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::upstream {

// The same for the same bytes on all shards and nodes, and for ever: what is sticky hangs on it.
// Quick (FNV-1a, mixed once more), not secret: who may choose keys can have them meet, which is
// what the bound on loads is for.
[[nodiscard]] std::uint64_t hash_of(std::string_view key);

// Consistent hashing with bounded loads (Mirrokni et al., 2018): calls with the same key go to the
// same endpoint, as long as it has not more than its due.
//
// Endpoints lie on a circle of hashes, each at 128 points per 100 of weight; a key belongs to the
// first point behind it. An endpoint that comes or goes moves only the keys that it gains or loses.
// No endpoint is given a call that would bring it over
//
//     1.25 × (calls under way + 1) × its share of all weights, rounded up
//
// and what is too much for one goes on to the next on the circle: to the same one each time, as
// long as loads stay. The bounds add up to more than there is, so there is always somebody.
//
// Built once for a set of endpoints, and only read then; 16 bytes a point. Looking up takes
// O(log points + candidates), and a few steps more where endpoints are full.
class Ring {
public:
    explicit Ring(Endpoints endpoints);

    // Of `candidates`, endpoints of this ring, the one for `key`. Null where there are none.
    [[nodiscard]] Endpoint* find(std::uint64_t key, Candidates const& candidates) const;

private:
    struct Point {
        std::uint64_t at;
        Endpoint* endpoint;
    };
    std::vector<Point> points_{};
};

// What a candidate may have under way when one more comes.
[[nodiscard]] std::uint64_t load_bound(
    std::uint64_t under_way, std::uint64_t share, std::uint64_t shares);

} // namespace gatehouse::upstream
