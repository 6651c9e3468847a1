// SPDX-License-Identifier: Apache-2.0
#include "storage/memory_log.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage {

using events::Appended;
using events::Event;
using events::LogCursor;
using events::LogPage;
using events::StreamAppend;
using events::StreamHead;
using events::Version;

std::vector<Result<Appended>> MemoryLog::append(std::vector<StreamAppend> batch)
{
    std::vector<Result<Appended>> answers;
    answers.reserve(batch.size());
    for (auto& one : batch)
        answers.push_back(append_one(std::move(one)));
    return answers;
}

Result<Appended> MemoryLog::append_one(StreamAppend append)
{
    std::size_t bytes = 0;
    for (auto const& event : append.events)
        bytes += sizeof(Row) + event.data.size();
    if (bytes > bytes_max_ - bytes_)
        return fail(ErrorCode::unavailable, "The store is full.");

    auto const placement = GH_TRY(streams_.place(append));
    streams_.keep();
    bytes_ += bytes;
    auto previous = placement.previous_row;
    auto position = placement.first_position;
    for (auto& event : append.events) {
        rows_.push_back({placement.stream, previous, placement.slot, position++, std::move(event)});
        previous = rows_.size();
    }
    return Appended{placement.slot, placement.first_position};
}

Result<std::vector<Event>> MemoryLog::read(
    std::string_view stream, Version after, std::size_t events_max)
{
    auto const* const head = streams_.find(stream);
    if (!head || head->version <= after)
        return {};
    std::vector<Event> events(std::min<Version>(head->version - after, events_max));
    auto row = head->last_row;
    for (auto version = head->version; version > after; version--) {
        auto const& found = rows_[row - 1];
        if (auto const index = version - after - 1; index < events.size())
            events[index] = found.event;
        row = found.previous;
    }
    return events;
}

Result<std::vector<StreamHead>> MemoryLog::heads(Slot slot)
{
    return streams_.heads(slot);
}

Result<LogPage> MemoryLog::log(LogCursor from, std::size_t events_max)
{
    LogPage page{.events = {}, .next = std::max<LogCursor>(from, 1), .is_last = false};
    auto const count_max = std::clamp<std::size_t>(events_max, 1, page_events_max);
    std::size_t bytes = 0;
    while (page.next <= rows_.size() && page.events.size() < count_max && bytes < page_bytes_max) {
        auto const& row = rows_[page.next++ - 1];
        bytes += row.event.data.size();
        page.events.push_back({row.slot, row.position, streams_.at(row.stream).name, row.event});
    }
    page.is_last = page.next > rows_.size();
    return page;
}

} // namespace gatehouse::storage
