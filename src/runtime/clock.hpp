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

// How long the calling thread has worked: time in which it had to wait for the processor does not
// count. Asking the kernel for that is dear, so it is asked every 10 ms at most, and taken to have
// worked all the time since: by so much may two readings be wrong. One for each thread.
class WorkTime {
public:
    [[nodiscard]] Duration read();

private:
    Duration asked_at_{};
    Duration worked_{}; // As of then.
};

}  // namespace gatehouse::runtime
