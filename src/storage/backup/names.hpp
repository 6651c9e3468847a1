// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/archive/objects.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the names of a backup's objects have in common.
namespace gatehouse::storage::backup {

inline constexpr std::size_t number_digits = 12;
inline constexpr std::size_t digest_digits = 16; // Of the object's SHA-256.

// Runs between the steps of what takes long; its error ends it.
using Between = std::function<Result<void>()>;
[[nodiscard]] inline Result<void> nothing() { return {}; }

// All that begin with `prefix` and come after `after`, in order.
[[nodiscard]] Result<std::vector<std::string>> names_in(
    archive::Objects& objects, std::string_view prefix, std::string after = {});

// Behind all names that go on with `prefix`, whatever bytes somebody put there.
[[nodiscard]] std::string behind(std::string_view prefix);

// Of digits alone.
[[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view text);

} // namespace gatehouse::storage::backup
