// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::node {

// Where the page before ended, in lists of rooms: "1795000000000.k7qxm.9f0c2ab1".
struct Cursor {
    WallTime at{};
    std::string room{};
};

[[nodiscard]] std::optional<Cursor> read_cursor(std::string_view text);
[[nodiscard]] std::string write_cursor(WallTime at, std::string_view room);

} // namespace gatehouse::node
