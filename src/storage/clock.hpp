// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

// The clock by which stores decide when to look again for what is away, and how they wait for it.
// A translation unit of its own: the simulation links another one in its place, and turns that
// clock itself.
namespace gatehouse::storage {

using Moment = std::chrono::steady_clock::time_point;

[[nodiscard]] Moment now();
// A signal may end it early: the caller looks again.
void pause_until(Moment at);

} // namespace gatehouse::storage
