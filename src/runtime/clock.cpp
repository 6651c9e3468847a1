// SPDX-License-Identifier: Apache-2.0
#include "runtime/clock.hpp"

#include <algorithm>
#include <time.h>

namespace gatehouse::runtime {
namespace {

std::chrono::nanoseconds read_clock(clockid_t clock)
{
    timespec at{};
    clock_gettime(clock, &at);
    return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
}

}  // namespace

Now Clock::read()
{
    auto const wall = std::chrono::floor<Milliseconds>(read_clock(CLOCK_REALTIME)).count();
    auto latest = wall_ms_latest_.load(std::memory_order_relaxed);
    while (wall > latest && !wall_ms_latest_.compare_exchange_weak(latest, wall)) {
    }
    return {.steady = TimePoint(read_clock(CLOCK_MONOTONIC)), .wall = {std::max(wall, latest)}};
}

Duration WorkTime::read()
{
    constexpr Milliseconds apart_max{10};
    Duration const now = read_clock(CLOCK_MONOTONIC);
    if (now - asked_at_ > apart_max) {
        asked_at_ = now;
        worked_ = read_clock(CLOCK_THREAD_CPUTIME_ID);
    }
    return worked_ + (now - asked_at_);
}

}  // namespace gatehouse::runtime
