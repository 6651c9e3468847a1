// SPDX-License-Identifier: Apache-2.0
#include "storage/stream_table.hpp"

#include "events/append_check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace gatehouse::storage {

using events::StreamAppend;
using events::StreamHead;
using events::Version;

StreamHead head_of(Stream const& stream)
{
    return {.stream = stream.name,
        .category = stream.category,
        .version = stream.version,
        .state = stream.state,
        .at = stream.at,
        .floor = stream.floor};
}

Result<Placement> StreamTable::place(StreamAppend const& append)
{
    GH_CHECK(events::check(append));

    auto const known = by_name_.find(append.stream);
    bool const is_new = known == by_name_.end();
    auto const version = is_new ? 0 : known->second->version;
    if (version != append.expected)
        return fail(ErrorCode::stale_base, "Something else happened in between.",
            fmt::format(
                "stream {}: expected version {}, has {}", append.stream, append.expected, version));
    if (is_new && streams_.size() >= streams_max_)
        return fail(ErrorCode::unavailable, "No more rooms fit.",
            fmt::format("the store holds {} streams that are not finished", streams_max_));

    auto& stream = is_new ? add({.id = last_stream_ + 1,
                                .slot = slot_of(append.stream),
                                .name = append.stream,
                                .category = append.category})
                          : *known->second;
    auto& last_position = last_positions_[stream.slot];
    Placement const placement{.stream = stream.id,
        .slot = stream.slot,
        .is_new_stream = is_new,
        .first_row = last_row_ + 1,
        .previous_row = stream.last_row,
        .mark_row = stream.mark_row,
        .first_position = last_position + 1};

    auto const count = append.events.size();
    undo_.push_back({&stream, is_new, stream.version, stream.state, stream.at, stream.last_row,
        stream.mark_row, count});
    last_row_ += count;
    last_position += count;
    stream.version += count;
    stream.state = append.state;
    stream.at = append.events.back().at;
    stream.last_row = last_row_;
    if (auto const mark = last_mark(stream.version); mark > version)
        stream.mark_row = last_row_ - (stream.version - mark);
    return placement;
}

void StreamTable::take_back()
{
    for (; !undo_.empty(); undo_.pop_back()) {
        auto const& undo = undo_.back();
        auto& stream = *undo.stream;
        last_row_ -= undo.events;
        last_positions_[stream.slot] -= undo.events;
        stream.version = undo.version;
        stream.state = undo.state;
        stream.at = undo.at;
        stream.last_row = undo.last_row;
        stream.mark_row = undo.mark_row;
        if (undo.was_new) {
            forget(stream.id);
            last_stream_--;
        }
    }
}

void StreamTable::forget(StreamId id)
{
    auto const found = streams_.find(id);
    if (found == streams_.end())
        return;
    std::erase(by_slot_[found->second.slot], id);
    by_name_.erase(found->second.name);
    streams_.erase(found);
}

void StreamTable::compact(StreamId id, Version floor)
{
    if (auto const found = streams_.find(id); found != streams_.end())
        found->second.floor = floor;
}

Stream const* StreamTable::find(std::string_view name) const
{
    auto const found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

Stream const* StreamTable::find(StreamId id) const
{
    auto const found = streams_.find(id);
    return found == streams_.end() ? nullptr : &found->second;
}

std::vector<StreamHead> StreamTable::heads(Slot slot) const
{
    std::vector<StreamHead> heads;
    if (slot >= slots_total)
        return heads;
    heads.reserve(by_slot_[slot].size());
    for (auto const id : by_slot_[slot])
        if (auto const& stream = streams_.at(id); !stream.state.finished)
            heads.push_back(head_of(stream));
    return heads;
}

Stream& StreamTable::add(Stream stream)
{
    auto const id = stream.id;
    auto& added = streams_.emplace(id, std::move(stream)).first->second;
    by_name_.emplace(added.name, &added);
    by_slot_[added.slot].push_back(id);
    last_stream_ = std::max(last_stream_, id);
    return added;
}

bool StreamTable::restore(Stream stream)
{
    if (stream.id == 0 || stream.slot != slot_of(stream.name) || find(stream.id)
        || find(stream.name))
        return false;
    add(std::move(stream));
    return true;
}

bool StreamTable::restore(Slot slot, std::uint64_t last_position)
{
    if (slot >= slots_total)
        return false;
    last_positions_[slot] = last_position;
    return true;
}

void StreamTable::restore_last(RowId row, StreamId stream)
{
    last_row_ = row;
    last_stream_ = stream;
}

bool StreamTable::replay(RowSummary const& row)
{
    auto const found = streams_.find(row.stream);
    if (row.row != last_row_ + 1 || found == streams_.end())
        return false;
    auto& stream = found->second;
    auto& last_position = last_positions_[stream.slot];
    if (row.position != last_position + 1 || row.version != stream.version + 1
        || row.previous_row != stream.last_row)
        return false;
    last_row_ = row.row;
    last_position = row.position;
    stream.version = row.version;
    stream.state = row.state;
    stream.at = row.at;
    stream.last_row = row.row;
    if (last_mark(row.version) == row.version)
        stream.mark_row = row.row;
    return true;
}

} // namespace gatehouse::storage
