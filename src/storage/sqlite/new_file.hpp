// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/sqlite/layout.hpp"

#include <filesystem>
#include <sys/types.h>

namespace gatehouse::storage::sqlite {

// Makes a database and its tables where no file is, whole at once: it gets its name once it is
// written and synced. SQLite needs ten syncs for that, one after the other, and whoever starts a
// server for the first time waits for them. Where this cannot be done nothing is there, and SQLite
// may make it: not every file system has files without a name. The folder is left to be synced.
void make_at_once(std::filesystem::path const& file, Layout const& layout, mode_t mode);

} // namespace gatehouse::storage::sqlite
