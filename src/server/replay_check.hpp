// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rooms/rules.hpp"
#include "storage/archive/objects.hpp"
#include "storage/log.hpp"
#include "storage/verify.hpp"

#include <cstddef>

namespace gatehouse::server {

struct CheckedSnapshots {
    std::size_t replayed = 0;
    std::size_t passed_over = 0; // Of compacted rooms, where there is no archive to read.

    bool operator==(CheckedSnapshots const&) const = default;
};

// Does replay come to what the snapshots tell of? Of all snapshots whose events can be read; of
// compacted rooms, from the archive (null: those are passed over). Fails where the store does.
[[nodiscard]] Result<CheckedSnapshots> check_snapshots(storage::Log& log,
    storage::archive::Objects* archive, rooms::Catalogue const& games,
    storage::OnFinding const& found);

} // namespace gatehouse::server
