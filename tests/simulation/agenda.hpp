// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace gatehouse::simulation {

// Everything that is still to happen, and the virtual clock: time jumps to the next task. Tasks of
// the same instant run in the order in which they were noted.
class Agenda {
public:
    using Task = std::move_only_function<void()>;

    [[nodiscard]] Now const& now() const { return now_; }

    void at(TimePoint when, Task task)
    {
        tasks_.push_back({std::max(when, now_.steady), next_number_++, std::move(task)});
        std::ranges::push_heap(tasks_, later);
    }
    void after(Duration delay, Task task) { at(now_.steady + delay, std::move(task)); }

    // Runs the next task. False where there is none up to `until`, which it then is.
    bool step(TimePoint until)
    {
        if (tasks_.empty() || tasks_.front().when > until) {
            turn_to(until);
            return false;
        }
        std::ranges::pop_heap(tasks_, later);
        auto entry = std::move(tasks_.back());
        tasks_.pop_back();
        turn_to(entry.when);
        entry.task();
        return true;
    }

private:
    struct Entry {
        TimePoint when;
        std::uint64_t number;
        Task task;
    };

    static bool later(Entry const& a, Entry const& b)
    {
        return std::pair(a.when, a.number) > std::pair(b.when, b.number);
    }

    void turn_to(TimePoint when)
    {
        constexpr std::int64_t start_ms = 1'790'000'000'000; // Some day in 2026.
        now_.steady = std::max(now_.steady, when);
        auto const since = std::chrono::floor<Milliseconds>(now_.steady.time_since_epoch());
        now_.wall = WallTime{start_ms} + since;
    }

    Now now_{};
    std::uint64_t next_number_ = 0;
    std::vector<Entry> tasks_;
};

}  // namespace gatehouse::simulation
