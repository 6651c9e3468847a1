// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <filesystem>

#include <sys/types.h>

// What stands in a folder outlives a power cut only once the folder itself was synced.
namespace gatehouse::storage {

[[nodiscard]] Result<void> sync_folder(std::filesystem::path const& folder);

// Makes an absolute folder where it is missing, and those above it; each is durable in the one that
// it lies in.
[[nodiscard]] Result<void> make_folders(std::filesystem::path const& folder, mode_t mode);

} // namespace gatehouse::storage
