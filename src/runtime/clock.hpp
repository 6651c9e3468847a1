// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <atomic>

namespace gatehouse::runtime {

// The clocks of the process, read together. Wall time stands still where the system's was set back,
// until it has caught up, so what is stored never runs backwards, whichever shard stored it.
// One for all threads.
class Clock {
public:
    [[nodiscard]] Now read();

private:
    std::atomic<std::int64_t> wall_ms_latest_ = 0;
};

}  // namespace gatehouse::runtime
