// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/group.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace gatehouse::storage::postgres {

using events::Event;
using events::StreamAppend;

namespace {

// The store keeps 64 bits; PostgreSQL calls the first one a sign.
std::int64_t to_column(std::uint64_t value)
{
    return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> to_column(std::optional<WallTime> time)
{
    return time ? std::optional(time->ms) : std::nullopt;
}

// Is this the first event of `append` that its action caused? Several may follow it, and all come
// with the one append, so one such event per action and stream is all that there may ever be.
bool begins_action(std::span<Event const> events, std::size_t index)
{
    auto const& cause = events[index].cause;
    return cause.actor != 0
        && std::ranges::find(events.first(index), cause, &Event::cause)
        == events.first(index).end();
}

} // namespace

void Group::add(Placement const& placement, StreamAppend const& append)
{
    auto const count = static_cast<std::int64_t>(append.events.size());
    auto const slot = slots_.try_emplace(placement.slot, placement.first_position, 0).first;
    slot->second.events += count;

    auto const stream
        = streams_
              .try_emplace(append.stream, placement.slot, append.category, append.expected,
                  append.expected, append.state, WallTime{})
              .first;
    stream->second.after = append.events.back().version;
    stream->second.state = append.state;
    stream->second.at = append.events.back().at;

    auto position = placement.first_position;
    for (std::size_t i = 0; i < append.events.size(); i++) {
        auto const& event = append.events[i];
        event_streams_.add(append.stream);
        versions_.add(to_column(event.version));
        event_slots_.add(std::int64_t{placement.slot});
        positions_.add(to_column(position++));
        types_.add(event.type);
        schemas_.add(std::int64_t{event.schema});
        ats_.add(event.at.ms);
        actors_.add(std::int64_t{event.cause.actor});
        actions_.add(to_column(event.cause.action));
        begin_actions_.add(std::int64_t{begins_action(append.events, i)});
        datas_.add(event.data);
        links_.add(as_text(event.link));
        finishes_.add(std::int64_t{append.state.finished});
        deadlines_.add(to_column(append.state.deadline));
    }
    for (auto const& member : append.keys)
        keys_.emplace_back(append.stream, member);
}

std::array<Column, 4> Group::take_keys()
{
    using enum Column::Of;
    std::array<Column, 4> columns{Column(texts), Column(integers), Column(texts), Column(blobs)};
    auto& [streams, actors, subjects, keys] = columns;
    std::map<std::pair<std::string_view, std::uint32_t>, std::size_t> last;
    for (std::size_t i = 0; i < keys_.size(); i++)
        last[{keys_[i].first, keys_[i].second.actor}] = i;
    for (std::size_t i = 0; i < keys_.size(); i++) {
        auto const& [stream, member] = keys_[i];
        if (last[{stream, member.actor}] != i)
            continue;
        streams.add(stream);
        actors.add(std::int64_t{member.actor});
        subjects.add(member.subject);
        keys.add(member.key);
    }
    return columns;
}

Parameters Group::parameters(Holdings const& holdings, std::int64_t lease_ms)
{
    using enum Column::Of;
    Column slots(integers), epochs(integers), first_positions(integers), counts(integers);
    for (auto const& [slot, row] : slots_) {
        slots.add(std::int64_t{slot});
        epochs.add(holdings[slot].epoch);
        first_positions.add(to_column(row.first_position));
        counts.add(row.events);
    }
    Column streams(texts), stream_slots(integers), categories(texts), before(integers),
        after(integers), finishes(integers), deadlines(integers), ats(integers);
    for (auto const& [stream, row] : streams_) {
        streams.add(stream);
        stream_slots.add(std::int64_t{row.slot});
        categories.add(row.category);
        before.add(to_column(row.before));
        after.add(to_column(row.after));
        finishes.add(std::int64_t{row.state.finished});
        deadlines.add(to_column(row.state.deadline));
        ats.add(row.at.ms);
    }
    Parameters parameters;
    parameters.uuid(batch_).integer(lease_ms);
    for (auto* const column : {&slots, &epochs, &first_positions, &counts, &streams, &stream_slots,
             &categories, &before, &after, &finishes, &deadlines, &ats, &event_streams_, &versions_,
             &event_slots_, &positions_, &types_, &schemas_, &ats_, &actors_, &actions_,
             &begin_actions_, &datas_, &links_, &finishes_, &deadlines_})
        parameters.column(std::move(*column));
    for (auto& column : take_keys())
        parameters.column(std::move(column));
    return parameters;
}

} // namespace gatehouse::storage::postgres
