// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "limits/gcra.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace gatehouse::limits {

// One of the limits that a request falls under, and its account there, by a name that is the same
// on all nodes.
struct Question {
    std::string key;
    RateLimit limit;
};

struct SharedVerdict {
    Verdict verdict;
    std::size_t which = 0; // The question that refused, or the one with least left.
};

// Accounts that all nodes share. A port: storage/redis. All or nothing, as ask_all(); of several
// that refuse, the first is told.
//
// Fails with `unavailable` or `busy`: then whoever asked falls back to share_of() the limit,
// counted by itself, and never answers with an error of ours.
class SharedLimits {
public:
    using OnVerdict = std::move_only_function<void(Result<SharedVerdict>)>;

    virtual ~SharedLimits() = default;
    virtual void ask(std::span<Question const> questions, int cost, OnVerdict done) = 0;
};

// What one of `nodes` may grant by itself while nobody counts for all of them: together no more
// than the limit in the long run, and one at once each at least.
[[nodiscard]] inline RateLimit share_of(RateLimit const& limit, int nodes)
{
    auto const burst = std::max(limit.burst / std::max(nodes, 1), 1);
    return {.burst = burst, .period = limit.price() * std::max(nodes, 1) * burst};
}

} // namespace gatehouse::limits
