// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/database.hpp"

#include <cstdint>

namespace gatehouse::storage::sqlite {

// What one of our files says that it is, and how it comes to be.
struct Layout {
    std::int64_t application_id;
    std::int64_t version;
    // Makes the tables, in a database that has none.
    Result<void> (*lay)(Database&);
    // From an older layout to this one, a transaction for each step. Needs room for the file a
    // second time. Fails with `internal` where the file is damaged, and changes nothing then.
    Result<void> (*upgrade)(Database&, std::int64_t from);
};

[[nodiscard]] Layout const& log_layout();
[[nodiscard]] Layout const& key_layout();
[[nodiscard]] Layout const& views_layout();
[[nodiscard]] Layout const& records_layout();

} // namespace gatehouse::storage::sqlite
