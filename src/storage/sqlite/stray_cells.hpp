// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/sqlite/pages.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace gatehouse::storage::sqlite {

// Where a row lies on a leaf of a table.
struct StrayCell {
    std::uint32_t page;
    std::uint32_t at;
};

// Visits the cells of all pages that look like leaves, whether or not anything leads to them, with
// the number that each one's row has. What they are of, and whether they are anything, has to be
// found out.
void each_stray_cell(
    Pages const& pages, std::function<void(StrayCell, std::uint64_t row)> const& visit);

// The bytes of its row, at most `size_max`.
[[nodiscard]] std::optional<std::string> payload_of(
    Pages const& pages, StrayCell cell, std::size_t size_max);

} // namespace gatehouse::storage::sqlite
