// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace gatehouse::storage::backup {

// Tells who deletes events whether a backup has them, without asking when they happened: clocks are
// set, the order of looks is not. Each look at the end of the log has a number, and is shipped when
// all is in the target that was durable when it began. For any thread.
class Shipped {
public:
    // Waits until all that is durable now is shipped, at most that long. Is it?
    [[nodiscard]] bool await(std::chrono::milliseconds longest, std::stop_token stop)
    {
        std::unique_lock lock(mutex_);
        auto const next = looks_ + 1; // The last one may have begun before.
        return changed_.wait_for(lock, std::move(stop), longest,
            [this, next] { return shipped_ >= next; });
    }

    // Before the log is read. The number of this look.
    [[nodiscard]] std::uint64_t look()
    {
        std::lock_guard const lock(mutex_);
        return ++looks_;
    }

    void note_shipped(std::uint64_t look)
    {
        {
            std::lock_guard const lock(mutex_);
            shipped_ = look;
        }
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::uint64_t looks_ = 0;
    std::uint64_t shipped_ = 0; // The last one of which that is known.
};

} // namespace gatehouse::storage::backup
