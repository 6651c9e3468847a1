// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/archive/objects.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::archive {

// The names of keys that were deleted because somebody was to be forgotten: SHA-256 of the key, in
// hexadecimal digits. A key is 32 bytes of chance, so that its name tells nothing of anybody, and
// whoever comes back later has another one.
using ErasedKeys = std::set<std::string, std::less<>>;

[[nodiscard]] std::string name_of_key(std::string_view key);

// Outside of the store, so that no copy of it brings them back: an object "erased/NAME" for each,
// {"at":…}. Durable when it returns. Blocks as the objects do.
[[nodiscard]] Result<void> note_erased(Objects& objects, ErasedKeys const& keys, WallTime at);

// All that were ever noted.
[[nodiscard]] Result<ErasedKeys> erased_keys(Objects& objects);

// Forgets everybody who has one of these keys again. How many keys that were.
[[nodiscard]] Result<std::uint64_t> erase_again(Log& log, ErasedKeys const& keys);

} // namespace gatehouse::storage::archive
