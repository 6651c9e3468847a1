// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace gatehouse::formats {

// What the files of an entry say of themselves, by kind: "store 3", "pack 1", "snapshot 5". Looks
// at bytes and asks no reader, so that it tells of newer ones, too. Of a copy: SQLite may write
// there.
[[nodiscard]] std::set<std::string> formats_in(std::filesystem::path const& entry);

} // namespace gatehouse::formats
