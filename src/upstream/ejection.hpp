// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "upstream/endpoint.hpp"
#include "upstream/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gatehouse::upstream {

// Those whose share of good answers lies far below that of the others.
struct SuccessRate {
    Duration interval = std::chrono::seconds(10);
    std::uint32_t calls_min = 100; // Of an endpoint in the interval; with fewer it is not judged.
    std::size_t endpoints_min = 5; // That are judged; of fewer, who is to say which is odd?
    int deviations_tenths = 19;    // So many tenths of a standard deviation below the mean.

    bool operator==(SuccessRate const&) const = default;
};

struct EjectionOptions {
    int failures = 5; // In a row.
    std::optional<SuccessRate> rate = SuccessRate{};
    Duration first = std::chrono::seconds(30); // The second time twice as long, then three times, …
    Duration longest = std::chrono::minutes(5); // … up to this.

    bool operator==(EjectionOptions const&) const = default;
};

// Passive ejection: an endpoint that answers calls badly is left out for a while, without a probe.
//
// At most half of a service's endpoints are out at any instant, so never the only one: what takes
// more than half is wrong with the service, and that is the breaker's matter. Whoever should go and
// may not stays, and goes at its next failure once there is room.
//
// Each ejection lasts `first` longer than the one before; each stretch of `first` that an endpoint
// then stays in forgives one. Pure: no timer; that it is back shows in `ejected_until`.

// Counts how a call to `endpoint` ended. True: it is ejected from now on.
bool note_outcome(EjectionOptions const& options, Endpoints all, Endpoint& endpoint,
    Outcome outcome, TimePoint now);

// To be asked at the end of each interval: who is ejected for their success rate. The counts begin
// anew. The worst go first, where not all may.
std::vector<Endpoint*> judge_rates(EjectionOptions const& options, Endpoints all, TimePoint now);

} // namespace gatehouse::upstream
