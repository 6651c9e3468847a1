// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/sqlite/database.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace gatehouse::storage::sqlite {

// No restoration is noted with this moment, or a later one: epochs have no room for it.
inline constexpr WallTime restoration_end{((std::int64_t{1} << 37) - 10) * 100};

// Leaves word in a store that it was restored from a backup (table `restoration`, a row each time):
// clients may have seen more than it holds, so its rooms begin a new epoch.
[[nodiscard]] Result<void> note_restoration(Database& database, WallTime at);

// When the store was last restored, if it ever was. Of a store that nobody has open, and which is
// brought to today's layout; where there is none, it never was.
[[nodiscard]] Result<std::optional<WallTime>> last_restoration(std::filesystem::path const& file);

} // namespace gatehouse::storage::sqlite
