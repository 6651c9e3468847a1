// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/descriptor.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace gatehouse::runtime {

using Task = std::move_only_function<void()>;

// Work that other threads hand to the thread of one reactor; it runs in the order it was posted, so
// what one sender posts stays in order. The reader takes all letters at once, so the lock is held
// for an append or a swap, and a sender touches the eventfd only where the reader has said that it
// sleeps.
//
// Nobody ever waits, so shards that post to each other can't wait in a ring. What a full mailbox
// does not take stays with its sender, who then refuses (busy) or asks again in a later turn. Only
// answers are always taken: each belongs to a request that this very thread made and counted, so
// their number is bounded by what it allowed itself to ask.
class Mailbox {
public:
    explicit Mailbox(std::size_t letters_max);

    // Any thread. Leaves the task alone where the mailbox is full.
    [[nodiscard]] bool try_post(Task&& task);
    // Any thread. Takes from the front as many as there is room for, in one go.
    void post_some(std::deque<Task>& tasks);
    // Any thread: the answer to what the mailbox's own thread has asked for.
    void post_answer(Task answer);

    // The reader's thread. May it sleep until `bell` rings? Then senders will ring it.
    [[nodiscard]] bool go_to_sleep();
    // What has come in since; the vector's capacity is used again.
    void take(std::vector<Task>& letters);
    void ring();
    void silence();
    [[nodiscard]] int bell() const { return bell_.get(); }

private:
    std::size_t letters_max_;
    std::mutex mutex_;
    std::vector<Task> letters_;
    bool asleep_ = false;
    Descriptor bell_;
};

}  // namespace gatehouse::runtime
