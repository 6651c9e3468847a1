// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/archive/objects.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::archive {

// Which of these rooms of a game have a pack, those that were finished before `since` aside. Asks
// for the names of all packs of the game since then: 1,000 a request, so it is for rooms that are
// young, or for questions that are rare.
[[nodiscard]] Result<std::vector<std::string>> packed_since(Objects& objects,
    std::string_view game, std::vector<std::string> const& rooms, WallTime since);

} // namespace gatehouse::storage::archive
