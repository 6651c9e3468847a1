// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"

#include <cstdint>

namespace gatehouse::server {

// Which history of the store this is: greater than any before it whenever the store was set back as
// a whole, so that what clients saw may be in it no more. 0 for a store that never was.
//
// SQLite: the tenth of a second in which it was last restored from a backup. PostgreSQL: its
// timeline, which rises when a base is recovered to a moment, and when a standby takes over (which
// may lack the last commits). Asked before the store is opened.
[[nodiscard]] Result<std::uint64_t> history_of(config::Store const& store);

} // namespace gatehouse::server
