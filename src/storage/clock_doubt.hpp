// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace gatehouse::storage {

// Whether the wall clock is to be doubted by who deletes what is old: one that leaps forward (its
// battery died, a machine was set up wrongly) makes all there is old at once. After a leap of more
// than a day nothing may be deleted for a day, in which somebody can read of it in the log. Time in
// which nobody looked, for no server ran, looks the same, and costs no more than that day.
class ClockDoubt {
public:
    static constexpr Milliseconds leap_min = std::chrono::hours(24);

    // `passed`: an instant that is over for sure, such as that of the newest event. Before anything
    // else; none where there is none.
    void begin(std::optional<WallTime> passed) { last_ = passed; }

    // To be asked more often than once in `leap_min`.
    [[nodiscard]] bool is_doubted(WallTime now)
    {
        if (last_ && now - *last_ > leap_min)
            until_ = now + leap_min;
        until_ = std::min(until_, now + leap_min); // It has been set back since.
        last_ = now;
        return now < until_;
    }

private:
    std::optional<WallTime> last_{};
    WallTime until_{};
};

} // namespace gatehouse::storage
