// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <cstddef>
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
        if (free_.empty()) {
            free_.push_back(tasks_.size());
            tasks_.emplace_back();
        }
        auto const place = free_.back();
        free_.pop_back();
        tasks_[place] = std::move(task);
        entries_.push_back({std::max(when, now_.steady), next_number_++, place});
        std::ranges::push_heap(entries_, later);
    }
    void after(Duration delay, Task task) { at(now_.steady + delay, std::move(task)); }

    // Runs the next task. False where there is none up to `until`, which it then is.
    bool step(TimePoint until)
    {
        if (entries_.empty() || entries_.front().when > until) {
            turn_to(until);
            return false;
        }
        std::ranges::pop_heap(entries_, later);
        auto const entry = entries_.back();
        entries_.pop_back();
        turn_to(entry.when);
        auto task = std::exchange(tasks_[entry.place], nullptr);
        free_.push_back(entry.place);
        task();
        return true;
    }

private:
    // What the heap moves about is small; tasks stay in their places.
    struct Entry {
        TimePoint when;
        std::uint64_t number;
        std::size_t place;
    };

    static bool later(Entry const& a, Entry const& b)
    {
        return a.when != b.when ? a.when > b.when : a.number > b.number;
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
    std::vector<Entry> entries_;
    std::vector<Task> tasks_;
    std::vector<std::size_t> free_; // Places in `tasks_`.
};

}  // namespace gatehouse::simulation
