// SPDX-License-Identifier: Apache-2.0
#include "storage/stream_table.hpp"

#include "events/append_check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <span>
#include <utility>

namespace gatehouse::storage {

using events::StreamAppend;
using events::StreamHead;

namespace {

StreamHead head_of(Stream const& stream)
{
    return {.stream = stream.name,
        .category = stream.category,
        .version = stream.version,
        .state = stream.state,
        .at = {},
        .floor = 0};
}

} // namespace

Result<Placement> StreamTable::place(StreamAppend const& append)
{
    GH_CHECK(events::check(append));

    auto const known = ids_.find(append.stream);
    bool const is_new = known == ids_.end();
    auto const version = is_new ? 0 : at(known->second).version;
    if (version != append.expected)
        return fail(ErrorCode::stale_base, "Something else happened in between.",
            fmt::format(
                "stream {}: expected version {}, has {}", append.stream, append.expected, version));
    if (is_new && streams_.size() >= streams_max_)
        return fail(ErrorCode::unavailable, "No more rooms fit.",
            fmt::format("the store holds {} streams", streams_max_));

    auto& stream = is_new
        ? add({.slot = slot_of(append.stream), .name = append.stream, .category = append.category})
        : streams_[known->second - 1];
    auto& last_position = last_positions_[stream.slot];
    Placement const placement{.stream = stream.id,
        .slot = stream.slot,
        .is_new_stream = is_new,
        .first_row = last_row_ + 1,
        .previous_row = stream.last_row,
        .first_position = last_position + 1};

    auto const count = append.events.size();
    undo_.push_back(
        {stream.id, is_new, stream.version, stream.state, stream.last_row, stream.at, count});
    last_row_ += count;
    last_position += count;
    stream.version += count;
    stream.state = append.state;
    stream.last_row = last_row_;
    stream.at = append.events.back().at;
    return placement;
}

void StreamTable::take_back()
{
    for (; !undo_.empty(); undo_.pop_back()) {
        auto const& undo = undo_.back();
        auto& stream = streams_[undo.stream - 1];
        last_row_ -= undo.events;
        last_positions_[stream.slot] -= undo.events;
        stream.version = undo.version;
        stream.state = undo.state;
        stream.last_row = undo.last_row;
        stream.at = undo.at;
        if (undo.was_new) {
            by_slot_[stream.slot].pop_back();
            ids_.erase(stream.name);
            streams_.pop_back();
        }
    }
}

Stream const* StreamTable::find(std::string_view name) const
{
    auto const found = ids_.find(name);
    return found == ids_.end() ? nullptr : &at(found->second);
}

std::vector<StreamHead> StreamTable::heads(Slot slot) const
{
    std::vector<StreamHead> heads;
    if (slot >= slots_total)
        return heads;
    heads.reserve(by_slot_[slot].size());
    for (auto const id : by_slot_[slot])
        heads.push_back(head_of(at(id)));
    return heads;
}

std::vector<StreamHead> StreamTable::find_all(std::string_view name) const
{
    std::vector<StreamHead> found;
    if (auto const* const stream = find(name))
        found.push_back(head_of(*stream));
    if (name.contains('.'))
        return found;
    auto const prefix = std::string(name) + '.';
    for (auto const id : by_slot_[slot_of(name)])
        if (at(id).name.starts_with(prefix))
            found.push_back(head_of(at(id)));
    return found;
}

std::vector<StreamHead> StreamTable::streams(
    std::string_view after, std::size_t streams_max) const
{
    std::vector<Stream const*> all;
    for (auto const& stream : streams_)
        if (stream.name > after)
            all.push_back(&stream);
    auto const count = std::min(all.size(), streams_max);
    std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(count),
        std::ranges::less{}, [](Stream const* stream) -> auto const& { return stream->name; });
    std::vector<StreamHead> heads;
    for (auto const* const stream : std::span(all).first(count))
        heads.push_back(head_of(*stream));
    return heads;
}

Stream& StreamTable::add(Stream stream)
{
    auto& added = streams_.emplace_back(std::move(stream));
    added.id = static_cast<StreamId>(streams_.size());
    ids_.emplace(added.name, added.id);
    by_slot_[added.slot].push_back(added.id);
    return added;
}

bool StreamTable::restore(Stream stream)
{
    if (stream.id != streams_.size() + 1 || stream.slot != slot_of(stream.name)
        || ids_.contains(stream.name))
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

bool StreamTable::replay(RowSummary const& row)
{
    if (row.row != last_row_ + 1 || !has(row.stream))
        return false;
    auto& stream = streams_[row.stream - 1];
    auto& last_position = last_positions_[stream.slot];
    if (row.position != last_position + 1 || row.version != stream.version + 1
        || row.previous_row != stream.last_row)
        return false;
    last_row_ = row.row;
    last_position = row.position;
    stream.version = row.version;
    stream.last_row = row.row;
    stream.state = row.state;
    stream.at = row.at;
    return true;
}

} // namespace gatehouse::storage
