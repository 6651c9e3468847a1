// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstddef>
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
    Timer* previous_ = nullptr; // The first of a bucket knows the last one.
    Timer* next_ = nullptr;
    std::size_t bucket_ = 0;
    Timer** ringing_ = nullptr; // While it rings: whom to tell that it is gone.
};

// All alarms of one shard: a hierarchical timing wheel (Varghese and Lauck, 1987) with ticks of one
// millisecond, four levels of 256 buckets (49 days) and one bucket for what is further away. It
// reads no clock: `run` is told the time. An alarm never rings early, and rings in the first `run`
// after it is due; those due in one run ring in the order of their instants, equal ones as they
// were armed.
// An alarm sits on the level of the highest byte in which its tick differs from the wheel's, so the
// first occupied bucket, counted through all levels, is always the next one.
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

    // Rings what is due. A callback may arm and cancel any alarm, also its own, and destroy its
    // owner; what it arms for now or earlier rings in the next run.
    void run(TimePoint now);

private:
    using Tick = std::uint64_t;
    static constexpr std::size_t levels = 4;
    static constexpr std::size_t buckets_per_level = 256;
    static constexpr std::size_t beyond = levels * buckets_per_level; // Past the last level's turn.
    static constexpr std::size_t due = beyond + 1;                    // Rings in this run.
    static constexpr std::size_t buckets_total = due + 1;

    [[nodiscard]] std::size_t bucket_of(TimePoint due) const;
    [[nodiscard]] std::size_t first_bucket() const;
    [[nodiscard]] Tick start_of(std::size_t bucket) const;
    [[nodiscard]] TimePoint earliest() const;
    void link(Timer& timer, std::size_t bucket);
    void unlink(Timer& timer);
    void turn_to(TimePoint now);
    void sort_due();
    static void ring(Timer& timer);

    Tick tick_;
    TimePoint next_ = TimePoint::max();
    std::size_t armed_ = 0;
    std::array<Timer*, buckets_total> buckets_{};
    std::array<std::uint64_t, buckets_total / 64 + 1> occupied_{};
};

}  // namespace gatehouse
