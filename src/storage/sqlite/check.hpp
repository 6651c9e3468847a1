// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/sqlite/open.hpp"
#include "storage/verify.hpp"

#include <cstdint>

namespace gatehouse::storage::sqlite {

// Looks at what a SqliteLog does not tell, in a store that nobody has open, and changes nothing:
// that SQLite finds its pages and indexes whole, that each row is what was written, and that the
// store's own books are right: every event of the log is there or in a hole, positions count
// through, every head is where its last event is. Then verify() says the rest. The keys beside it
// are looked at as well. Tells of no more than 1,000 findings of each file, and how many keys are
// sound.
std::uint64_t check(Options options, OnFinding const& on_finding);

} // namespace gatehouse::storage::sqlite
