// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rooms/rules.hpp"
#include "storage/archive/objects.hpp"
#include "storage/log.hpp"
#include "storage/verify.hpp"

#include <cstddef>

namespace gatehouse::server {

// Does replay come to what the snapshots tell of? Of all snapshots whose events can be read; of
// compacted rooms, from the archive (null: those are passed over). Answers how many were checked;
// fails where the store does.
[[nodiscard]] Result<std::size_t> check_snapshots(storage::Log& log,
    storage::archive::Objects* archive, rooms::Catalogue const& games,
    storage::OnFinding const& found);

} // namespace gatehouse::server
