// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/database.hpp"

#include <cstdint>

namespace gatehouse::storage::sqlite {

inline constexpr std::int64_t application_id = 0x47485345; // "GHSE": gatehouse store of events.
inline constexpr std::int64_t layout_version = 3;

// Makes the tables, in a database that has none.
[[nodiscard]] Result<void> lay_layout(Database& database);

// From an older layout to this one, a transaction for each step. Needs room for the store a second
// time. Fails with `internal` where the store is damaged, and changes nothing then.
[[nodiscard]] Result<void> upgrade_layout(Database& database, std::int64_t from);

} // namespace gatehouse::storage::sqlite
