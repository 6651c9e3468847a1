// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace gatehouse {

class Timers;

// An alarm that its owner embeds: armed, armed again and cancelled in constant time without
// allocating. Going away cancels it.
class Timer {
public:
    explicit Timer(std::move_only_function<void()> on_due) : on_due_(std::move(on_due)) {}
    ~Timer();
    Timer(Timer const&) = delete;
    Timer& operator=(Timer const&) = delete;

    [[nodiscard]] bool is_armed() const { return wheel_ != nullptr; }

private:
    friend class Timers;
    std::move_only_function<void()> on_due_;
    Timers* wheel_ = nullptr;
    TimePoint due_{};
    Timer* previous_ = nullptr;
    Timer* next_ = nullptr;
    std::uint32_t bucket_ = 0;
};

// All alarms of one shard: a hierarchical timing wheel (Varghese and Lauck, 1987) with ticks of one
// millisecond, four levels of 256 buckets (49 days; what is further away waits in the last level and
// is put in again). It reads no clock: `run` is told the time. An alarm never rings early, and rings
// in the first `run` after it is due; those due in one run ring in the order of their instants.
// Bound to one shard. Must outlive its timers, or be destroyed with none armed.
class Timers {
public:
    explicit Timers(TimePoint now);
    ~Timers();
    Timers(Timers const&) = delete;
    Timers& operator=(Timers const&) = delete;

    // Moves the alarm where it was armed already.
    void arm(Timer& timer, TimePoint due);
    void cancel(Timer& timer);

    // When `run` has to be called next: never later than the earliest alarm, and perhaps earlier.
    // Empty where no alarm is armed.
    [[nodiscard]] std::optional<TimePoint> next() const;

    // Rings what is due. A callback may arm and cancel any alarm, also its own, and destroy its owner.
    void run(TimePoint now);

private:
    static constexpr std::size_t levels = 4;
    static constexpr std::size_t buckets_per_level = 256;

    void insert(Timer& timer);
    void unlink(Timer& timer);

    std::uint64_t tick_;
    std::size_t armed_ = 0;
    std::array<Timer*, levels * buckets_per_level> buckets_{};
    std::array<std::array<std::uint64_t, buckets_per_level / 64>, levels> occupied_{};
};

}  // namespace gatehouse
