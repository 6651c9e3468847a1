// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace gatehouse::storage::sqlite {

// All that is the store, of which some may be missing: the file, its keys, and what SQLite keeps
// beside each. They go together: one that is left when another file comes to the store's name is
// taken for that one's, and an old WAL is replayed over it.
[[nodiscard]] std::vector<std::filesystem::path> files_of(std::filesystem::path const& store);

} // namespace gatehouse::storage::sqlite
