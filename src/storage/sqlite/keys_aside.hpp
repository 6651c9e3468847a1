// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/open.hpp"

#include <filesystem>

namespace gatehouse::storage::sqlite {

// Keys that cannot be opened cost names, and no start: their file is put aside, and a new one
// begun.

// Is what keeps the keys from being opened what their file holds? Not that it cannot be had now, or
// that a newer gatehouse wrote it. Changes no byte of it.
[[nodiscard]] bool are_keys_damaged(Options const& options);

// Renames the file, and its WAL, to `<file>.keys.damaged-1` (…-2): nobody has it open. Answers the
// name.
[[nodiscard]] Result<std::filesystem::path> put_keys_aside(Options const& options);

// Whose keys are in what was put aside nobody can tell: it goes with the first who is forgotten.
[[nodiscard]] Result<void> remove_keys_put_aside(Options const& options);

} // namespace gatehouse::storage::sqlite
