// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string_view>

namespace gatehouse {

// The cores of a node, numbered from 0. Every mutable object belongs to exactly one of them.
using ShardIndex = std::uint16_t;

// The unit of ownership, ordering and commit: rooms are spread over 256 slots, slots over shards.
using Slot = std::uint16_t;
inline constexpr Slot slots_total = 256;

// A connection of one shard, accepted or dialled. Never used twice: a late callback for a closed
// connection finds nothing, instead of somebody else's.
struct ConnectionId {
    std::uint64_t number = 0;

    auto operator<=>(ConnectionId const&) const = default;
    explicit operator bool() const { return number != 0; }
};

// A room's stream, such as "k7qxm.9f0c2ab1": the invite code, a dot, random hex digits. The slot
// hangs on the code alone, so a code leads to the shard that knows the room.
[[nodiscard]] Slot slot_of(std::string_view room);

}  // namespace gatehouse

template <>
struct std::hash<gatehouse::ConnectionId> {
    std::size_t operator()(gatehouse::ConnectionId id) const noexcept
    {
        return std::hash<std::uint64_t>{}(id.number);
    }
};
