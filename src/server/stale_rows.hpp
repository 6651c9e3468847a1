// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>

namespace gatehouse::server {

// Says in a file beside the store that the rows of read models may tell of somebody whose keys are
// gone: `STORE.views.stale`. It is there before the first of those keys goes, durably, and until
// the rows know it, durably. So whoever is killed in between leaves a word to the next process,
// which removes the rows and makes them anew.
//
// For any thread. Without a store that has a file, the rows are gone with the process, and so is
// this.
class StaleRows {
public:
    explicit StaleRows(std::optional<std::filesystem::path> const& store);

    // Keys may be about to go.
    Result<void> suspect();
    // One suspicion less: no key went, or the rows know it. The file goes with the last one. That
    // it could not be removed costs making the rows anew.
    void clear();
    // One of them may have been left by an earlier process.
    [[nodiscard]] std::size_t suspicions() const;

private:
    std::filesystem::path file_; // Empty: none.
    mutable std::mutex mutex_;
    std::size_t suspicions_ = 0;
};

} // namespace gatehouse::server
