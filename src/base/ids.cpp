// SPDX-License-Identifier: Apache-2.0
#include "base/ids.hpp"

namespace gatehouse {

// FNV-1a, 32 bits: stable for ever, because slots are stored. Letters count as lower case.
Slot slot_of(std::string_view room)
{
    std::uint32_t hash = 2166136261u;
    for (char const c : room.substr(0, room.find('.'))) {
        char const lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        hash = (hash ^ static_cast<std::uint8_t>(lower)) * 16777619u;
    }
    return static_cast<Slot>((hash ^ (hash >> 16)) % slots_total);
}

}  // namespace gatehouse
