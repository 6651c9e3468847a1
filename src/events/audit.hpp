// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"

#include <string_view>

namespace gatehouse::events {

// The streams in which operators' orders are recorded (audit/entry.hpp) lie among the rooms, as
// safe as they are, and are none. No game has this name, and no invite code: "audit" has an i.
inline constexpr std::string_view audit_category = "audit";

// So does the one in which API keys are kept (node/key_ring.hpp): "api_keys" has an i, too.
inline constexpr std::string_view keys_category = "api_keys";
inline constexpr std::string_view keys_stream = "api_keys.all";

[[nodiscard]] inline bool is_room_category(std::string_view category)
{
    return category != audit_category && category != keys_category;
}

[[nodiscard]] inline bool is_room(StreamHead const& head)
{
    return is_room_category(head.category);
}

} // namespace gatehouse::events
