// SPDX-License-Identifier: Apache-2.0
#include "runtime/mailbox.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <iterator>
#include <sys/eventfd.h>
#include <utility>

namespace gatehouse::runtime {

Mailbox::Mailbox(std::size_t letters_max)
    : letters_max_(letters_max)
    , bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
{
    GH_ASSERT(bell_);
}

bool Mailbox::try_post(Task&& task)
{
    bool wake = false;
    {
        std::lock_guard const lock(mutex_);
        if (letters_.size() >= letters_max_)
            return false;
        letters_.push_back(std::move(task));
        wake = std::exchange(asleep_, false);
    }
    if (wake)
        ring();
    return true;
}

void Mailbox::post_some(std::deque<Task>& tasks)
{
    bool wake = false;
    {
        std::lock_guard const lock(mutex_);
        auto const room = letters_max_ - std::min(letters_max_, letters_.size());
        auto const end = tasks.begin() + static_cast<std::ptrdiff_t>(std::min(room, tasks.size()));
        letters_.insert(letters_.end(), std::move_iterator(tasks.begin()), std::move_iterator(end));
        tasks.erase(tasks.begin(), end);
        wake = !letters_.empty() && std::exchange(asleep_, false);
    }
    if (wake)
        ring();
}

void Mailbox::post_answer(Task answer)
{
    bool wake = false;
    {
        std::lock_guard const lock(mutex_);
        letters_.push_back(std::move(answer));
        wake = std::exchange(asleep_, false);
    }
    if (wake)
        ring();
}

bool Mailbox::go_to_sleep()
{
    std::lock_guard const lock(mutex_);
    asleep_ = letters_.empty();
    return asleep_;
}

void Mailbox::take(std::vector<Task>& letters)
{
    letters.clear();
    std::lock_guard const lock(mutex_);
    asleep_ = false;
    letters_.swap(letters);
}

void Mailbox::ring()
{
    eventfd_write(bell_.get(), 1);
}

void Mailbox::silence()
{
    eventfd_t rings = 0;
    eventfd_read(bell_.get(), &rings);
}

}  // namespace gatehouse::runtime
