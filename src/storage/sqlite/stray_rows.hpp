// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/sqlite/pages.hpp"
#include "storage/sqlite/record.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

namespace gatehouse::storage::sqlite {

// The rows of the table of events that lie on leaves to which nothing leads any more, as a page
// above them is damaged. Leaves are known by their shape, and rows by their sums, which are over
// their numbers too: what is found is what was written, once. That it was not removed since, others
// have to know: SQLite leaves removed rows where they were. Keeps about 40 bytes a row.
class StrayRows {
public:
    // Looks at all pages, for the rows that are wanted.
    void find(Pages const& pages, std::function<bool(RowId)> const& is_wanted,
        std::function<void(Record const&)> const& found);
    [[nodiscard]] std::optional<Record> event(Pages const& pages, RowId row) const;

private:
    struct Cell {
        std::uint32_t page;
        std::uint32_t at;
    };

    std::unordered_map<RowId, Cell> cells_{};
};

} // namespace gatehouse::storage::sqlite
