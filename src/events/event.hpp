// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace gatehouse::events {

// Counts the events of a stream from 1; 0 is the version of a stream that has none. On the wire it
// is `s`.
using Version = std::uint64_t;

// The action that caused an event: the dedup key. `actor` numbers the principals of a room from 1
// in the order in which they came; 0 is the system (timers, bots), whose actions are never
// repeated.
struct Cause {
    std::uint32_t actor = 0;
    std::uint64_t action = 0;

    bool operator==(Cause const&) const = default;
};

// A link of a stream's chain (chain.hpp). All zero: none.
using Link = std::array<std::byte, 16>;

// What happened, once and for all.
struct Event {
    Version version = 0;
    std::string type;         // "dealt": a snake_case word, at most 64 bytes.
    std::uint16_t schema = 1; // The layout of `data`; upcasters read older ones.
    WallTime at{};
    Cause cause{};
    std::string data; // CBOR, at most 1 MiB.
    Link link{};      // Over the event and all before it. Stores keep it and do not look at it.

    bool operator==(Event const&) const = default;
};

}  // namespace gatehouse::events
