// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/sqlite/pages.hpp"

#include <cstdint>
#include <optional>

namespace gatehouse::storage::sqlite {

// The number of the last row of the table that has this root, 0 where it is empty; none where a
// page on the way to it is not as SQLite leaves one: then nobody can tell what came last. SQLite
// itself would take a table that lost its end for a shorter one.
[[nodiscard]] std::optional<std::uint64_t> last_row_of(Pages const& pages, std::uint32_t root);

} // namespace gatehouse::storage::sqlite
