// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>

namespace gatehouse::events {

// What a store committed since the process started.
struct CommitTally {
    std::uint64_t commits = 0;  // Transactions of what shards appended; each is one sync of a disk.
    std::uint64_t failures = 0; // Of them, those of which nothing became durable.
    std::uint64_t events = 0;   // That became durable.
    Duration busy{};            // What all that took; nothing else is appended meanwhile.
};

} // namespace gatehouse::events
