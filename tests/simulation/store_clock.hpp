// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

namespace gatehouse::simulation {

// What storage/clock.hpp answers here: the clock of the thread that blocks on a store. Set before a
// call into it; later than that afterwards, where the call has waited.
void set_store_clock(TimePoint at);
[[nodiscard]] TimePoint store_clock();

}  // namespace gatehouse::simulation
