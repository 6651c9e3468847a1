// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

namespace gatehouse::runtime {

enum class Push : std::uint8_t { taken, full, closed };

// Work from many threads for one that may block: the only way to hand a shard's work to a thread
// without an event loop (shards themselves speak by mailbox).
//
// What waits and what was taken but not yet released costs at most `cost_max` together; beyond that
// nothing more comes in. One item that alone costs more is let in when nothing else is there. All
// functions may be called from any thread; one thread takes.
template <typename T>
class BlockingQueue {
public:
    explicit BlockingQueue(std::size_t cost_max)
        : cost_max_(cost_max)
    { }

    // `item` is untouched unless it was taken.
    [[nodiscard]] Push try_push(T&& item, std::size_t cost)
    {
        {
            std::lock_guard const lock(mutex_);
            if (is_closed_)
                return Push::closed;
            if (cost_ != 0 && (cost > cost_max_ || cost_ > cost_max_ - cost))
                return Push::full;
            cost_ += cost;
            items_.push_back(std::move(item));
        }
        not_empty_.notify_one();
        return Push::taken;
    }

    // All that waits, oldest first; at once, and perhaps nothing.
    [[nodiscard]] std::deque<T> take_all()
    {
        std::lock_guard const lock(mutex_);
        return std::exchange(items_, {});
    }

    // The same, but waits for something to take. Nothing means: closed, and empty for ever.
    [[nodiscard]] std::deque<T> wait_and_take_all()
    {
        std::unique_lock lock(mutex_);
        not_empty_.wait(lock, [this] { return is_closed_ || !items_.empty(); });
        return std::exchange(items_, {});
    }

    // What was taken is done: its cost makes room for more.
    void release(std::size_t cost)
    {
        std::lock_guard const lock(mutex_);
        cost_ -= cost;
    }

    // Nothing comes in any more; what waits can still be taken.
    void close()
    {
        {
            std::lock_guard const lock(mutex_);
            is_closed_ = true;
        }
        not_empty_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable not_empty_;
    std::deque<T> items_;
    std::size_t const cost_max_;
    std::size_t cost_ = 0;
    bool is_closed_ = false;
};

} // namespace gatehouse::runtime
