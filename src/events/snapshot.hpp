// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event.hpp"
#include "events/keys.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::events {

inline constexpr std::size_t snapshot_size_max = 4 << 20; // Bytes of `state`.

// What a stream came to with its event `version`, so that replay can begin there. It says nothing
// that the events do not say: without it a start is slower, and no more.
struct Snapshot {
    Version version = 0;
    Link link{};       // Of that event: what the next one links to.
    std::string state; // CBOR, in the words of whoever wrote the events.
    std::string hash;  // SHA-256 of what a replay up to `version` must come to; 32 bytes.

    bool operator==(Snapshot const&) const = default;
};

struct StreamSnapshot {
    std::string stream;
    Snapshot snapshot;
};

// What a stream needs to come to life again: the events that its newest snapshot does not tell of.
struct History {
    std::optional<Snapshot> snapshot{};
    std::vector<Event> events{};   // From snapshot.version + 1, or from 1.
    std::vector<MemberKey> keys{}; // In the order of the actors.
    std::string keys_lost{};       // Why they cannot be read; else empty. Names are missing then.
};

} // namespace gatehouse::events
