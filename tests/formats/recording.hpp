// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace gatehouse::formats {

// Has today's code write a new entry, of histories that tests/corpus has: rooms that are kept, are
// archived, have lost their beginning to a part; snapshots of each format; a base and segments;
// somebody erased; holds, and what else the targets are told.
void record(std::filesystem::path const& entry);

} // namespace gatehouse::formats
