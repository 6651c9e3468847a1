// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event.hpp"

#include <cstddef>
#include <span>

namespace gatehouse::events {

// What EventStore::read() and hydrate() give at once ends, before `events_max`, with the event that
// reaches so many bytes of data: nobody fills the memory with one question.
inline constexpr std::size_t read_bytes_max = 4 << 20;

// Counts the events of one answer.
class ReadBound {
public:
    explicit ReadBound(std::size_t events_max)
        : events_left_(events_max)
    { }

    [[nodiscard]] bool has_room() const { return events_left_ > 0 && bytes_ < read_bytes_max; }
    void take(Event const& event)
    {
        events_left_ -= events_left_ > 0 ? 1 : 0;
        bytes_ += event.data.size();
    }

private:
    std::size_t events_left_;
    std::size_t bytes_ = 0;
};

// Did an answer end because the stream did? Else there may be more; also where it is longer than
// was asked for.
[[nodiscard]] inline bool is_last_page(std::span<Event const> events, std::size_t events_max)
{
    ReadBound bound(events_max);
    for (auto const& event : events)
        bound.take(event);
    return bound.has_room();
}

} // namespace gatehouse::events
