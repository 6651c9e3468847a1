// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::formats {

// An entry is a folder with what one version left:
//
//     store.db, store.db.keys, store.db.views    the embedded store
//     erasures, erasures.owed                    what lies beside it
//     target/                                    an archive and a backup in one
//
// Some of it may be missing: older versions did not know it.

// What today's code reads there, a line of JSON each, that can be compared. Of a copy: opening a
// store brings it up to date. Throws where something cannot be read.
[[nodiscard]] std::vector<std::string> told(std::filesystem::path const& entry);

} // namespace gatehouse::formats
