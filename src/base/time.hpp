// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace gatehouse {

// Monotonic time as pure code sees it: a value that somebody hands in. Only runtime/ reads a clock.
struct MonotonicClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonotonicClock>;
    static constexpr bool is_steady = true;
};

using Duration = MonotonicClock::duration;
using TimePoint = MonotonicClock::time_point;
using Milliseconds = std::chrono::duration<std::int64_t, std::milli>;

// Wall-clock time, as it is stored: whole milliseconds since 1970-01-01T00:00:00Z.
struct WallTime {
    std::int64_t ms = 0;

    auto operator<=>(WallTime const&) const = default;
    friend WallTime operator+(WallTime at, Milliseconds later) { return {at.ms + later.count()}; }
    friend Milliseconds operator-(WallTime a, WallTime b) { return Milliseconds(a.ms - b.ms); }
};

// One reading of both clocks. The wall clock never runs backwards within a process (runtime/clock).
struct Now {
    TimePoint steady{};
    WallTime wall{};
};

}  // namespace gatehouse
