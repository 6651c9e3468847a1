// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "upstream/endpoint.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace gatehouse::upstream {

struct SelectionOptions {
    bool panics = true;                             // See candidates().
    Duration slow_start = std::chrono::seconds(30); // 0: an endpoint takes its share at once.

    bool operator==(SelectionOptions const&) const = default;
};

// Those of a service that may be called now, and what of it each may take.
struct Candidates {
    struct One {
        Endpoint* endpoint;
        int share; // Against the others'; at least 1.
    };
    std::vector<One> all{}; // In the order of the endpoints.
    bool is_panic = false;
};

// Whoever passes its checks and is not ejected. But if those are fewer than half, the checks are
// mistrusted more than the endpoints, and all take part ("panic routing"): the few would not bear
// the load of all. So there is always somebody where there are endpoints, unless `panics` is off:
// then whoever passes, and perhaps nobody.
void find_candidates(
    SelectionOptions const& options, Endpoints all, TimePoint now, Candidates& candidates);

// Of a warm endpoint its weight × 100. One that came or came back lately takes a tenth of that, and
// then more in a straight line until `slow_start` is over: caches fill and code is compiled before
// all of the load comes.
[[nodiscard]] int share_of(Endpoint const& endpoint, Duration slow_start, TimePoint now);

// Smooth weighted round robin (as NGINX has it): of candidates with shares a, b, c in every a + b +
// c calls each has just its share, and they are spread: 5, 1, 1 is a a b a c a a. Keeps its place
// in the endpoints. Takes O(candidates); null where there are none.
[[nodiscard]] Endpoint* next_in_turn(Candidates const& candidates);

} // namespace gatehouse::upstream
