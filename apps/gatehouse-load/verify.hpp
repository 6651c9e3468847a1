// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checker.hpp"
#include "target.hpp"

#include "base/time.hpp"
#include "runtime/clock.hpp"

#include <memory>
#include <span>

namespace gatehouse::load {

struct Verified {
    Verdict verdict{};
    std::size_t rooms = 0;
    std::uint64_t events = 0;
};

// Fetches the whole history of every room from the admin API and compares it with what clients were
// told. Waits for a server that is not up yet; fails where that, or any answer, takes longer than
// `patience` without progress. Turns a reactor of its own until it is done.
[[nodiscard]] Result<Verified> verify(runtime::Clock& clock, Target const& admin,
    std::span<RoomRecord const* const> records, Duration patience);

}  // namespace gatehouse::load
