// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/stream_check.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <functional>

namespace gatehouse::storage {

// What was looked at so far.
struct Verified {
    std::uint64_t streams = 0;
    std::uint64_t events = 0;
    std::uint64_t findings = 0;
};

using OnFinding = events::StreamCheck::OnFinding;
using OnProgress = std::function<void(Verified const&)>;

// Looks at everything that a log holds, while nobody writes to it: each stream by a StreamCheck,
// and that the whole log tells of the same events, at positions that only grow. Goes on after each
// finding as far as it can. Holds a page of each kind in memory. `on_progress` is called after each
// page.
Verified verify(Log& log, OnFinding const& on_finding, OnProgress const& on_progress);

} // namespace gatehouse::storage
