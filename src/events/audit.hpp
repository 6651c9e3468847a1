// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"

#include <string_view>

namespace gatehouse::events {

// The streams in which operators' orders are recorded (audit/entry.hpp) lie among the rooms, as
// safe as they are, and are none. No game has this name, and no invite code: "audit" has an i.
inline constexpr std::string_view audit_category = "audit";

[[nodiscard]] inline bool is_room(StreamHead const& head)
{
    return head.category != audit_category;
}

} // namespace gatehouse::events
