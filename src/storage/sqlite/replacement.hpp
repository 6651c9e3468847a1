// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <filesystem>
#include <functional>

namespace gatehouse::storage::sqlite {

// A repaired store takes the place of the damaged one, step by step, and the machine may stop
// between any two. At each the name of the store leads to one of them, never to nothing, and it is
// not opened while the damaged one might be taken for whole without its WAL.

// While this file is there, a replacement is under way, or was cut off.
[[nodiscard]] std::filesystem::path repaired_of(std::filesystem::path const& store);

// `draft` is closed, and in the same file system. Answers under which name the damaged store, and
// its WAL, are kept. Fails with `unavailable`, and then all is as it was. `after_step` runs
// wherever something was changed: the machine may stop there.
[[nodiscard]] Result<std::filesystem::path> replace_store(std::filesystem::path const& store,
    std::filesystem::path const& draft, WallTime now,
    std::function<void()> const& after_step = [] { });

// Takes back one that was cut off, if there is one. Nobody else may do either meanwhile.
[[nodiscard]] Result<void> take_back_replacement(std::filesystem::path const& store);

} // namespace gatehouse::storage::sqlite
