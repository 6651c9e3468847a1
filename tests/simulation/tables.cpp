// SPDX-License-Identifier: Apache-2.0
// migration_3.cpp, in C++.
#include "tables.hpp"

#include <utility>

namespace gatehouse::simulation {

using storage::postgres::Failure;

std::unexpected<Failure> refuse(char const* state, std::string message)
{
    return std::unexpected(Failure{Failure::Kind::refused, state, std::move(message)});
}

std::int64_t nanoseconds(TimePoint at) { return at.time_since_epoch().count(); }

std::int64_t lease_end(TimePoint now, std::int64_t ttl_ms)
{
    return nanoseconds(now + Milliseconds(ttl_ms));
}

Tables::Outcome<void> Tables::append(Append append, TimePoint now, Bug bug)
{
    bool const is_unfenced = bug == Bug::unfenced;
    for (std::size_t i = 0; i < append.slots.size() && !is_unfenced; i++) {
        auto const& slot = slots[static_cast<std::size_t>(append.slots[i])];
        if (slot.epoch != append.epochs[i] || slot.next_position != append.first_positions[i])
            return refuse("GH001", "fenced out");
    }
    for (auto const& [name, change] : append.streams) {
        auto const known = streams.find(name);
        auto const version = known == streams.end() ? 0 : known->second.version;
        if (known != streams.end() && change.first == 0 && !is_unfenced)
            return refuse("23505", "stream_pkey");
        if (version != change.first && !is_unfenced)
            return refuse("GH002", "wrong expected version");
    }
    for (auto const& event : append.events)
        if (event.begins_action != 0 && !is_unfenced
            && actions.contains({event.stream, event.actor, event.action}))
            return refuse("23505", "event_action");
    // All is well: nothing below fails.
    for (std::size_t i = 0; i < append.slots.size(); i++) {
        auto& slot = slots[static_cast<std::size_t>(append.slots[i])];
        slot.next_position += append.counts[i];
        slot.last_batch = append.batch;
        slot.lease_until = lease_end(now, append.ttl_ms);
    }
    for (auto& [name, change] : append.streams) {
        auto& stream = streams[name];
        auto ids = std::move(stream.events);
        auto const floor = stream.floor;
        stream = std::move(change.second);
        stream.events = std::move(ids);
        stream.floor = floor;
    }
    for (auto& event : append.events) {
        event.id = next_event++;
        streams[event.stream].events.push_back(event.id);
        if (event.begins_action != 0)
            actions.insert({event.stream, event.actor, event.action});
        events.emplace(event.id, std::move(event));
    }
    for (auto& each : append.keys) {
        each.number = next_key++;
        memberships.insert_or_assign({each.stream, each.actor}, std::move(each));
    }
    return {};
}

Tables::Outcome<void> Tables::fence(std::int64_t slot, std::int64_t epoch) const
{
    if (slots[static_cast<std::size_t>(slot)].epoch != epoch)
        return refuse("GH001", "fenced out");
    return {};
}

Tables::Outcome<void> Tables::keep(std::string const& name, Snapshot snapshot)
{
    auto const stream = streams.find(name);
    auto const kept = snapshots.find(name);
    if (stream == streams.end() || stream->second.version < snapshot.version
        || (kept != snapshots.end() && kept->second.version > snapshot.version))
        return refuse("GH002", "no such version, or a newer snapshot");
    snapshots[name] = std::move(snapshot);
    return {};
}

Tables::Outcome<void> Tables::compact(
    std::string const& name, std::int64_t up_to, std::int64_t most)
{
    auto const stream = streams.find(name);
    if (stream == streams.end())
        return refuse("GH004", "no such stream");
    auto const kept = snapshots.find(name);
    if (kept == snapshots.end() || kept->second.version < up_to)
        return refuse("GH002", "no snapshot tells of these events");
    for (auto& floor = stream->second.floor; floor < up_to && most > 0; floor++, most--) {
        events.erase(stream->second.events.front());
        stream->second.events.pop_front();
    }
    return {};
}

Tables::Outcome<void> Tables::erase(std::string const& name, std::int64_t version)
{
    auto const stream = streams.find(name);
    if (stream == streams.end())
        return refuse("GH004", "no such stream");
    if (stream->second.finished == 0 || stream->second.version != version)
        return refuse("GH002", "not finished, or of another version");
    remains[name] = std::move(stream->second.events);
    snapshots.erase(name);
    streams.erase(stream);
    return {};
}

Tables::Outcome<void> Tables::clear(std::string const& name, std::int64_t most)
{
    auto const left = remains.find(name);
    for (; left != remains.end() && !left->second.empty() && most > 0; most--) {
        events.erase(left->second.front());
        left->second.pop_front();
    }
    if (most > 0 && left != remains.end())
        remains.erase(left);
    return {};
}

Tables::Outcome<void> Tables::forget(std::string const& subject, std::int64_t most)
{
    std::erase_if(memberships,
        [&](auto const& each) { return each.second.subject == subject && most-- > 0; });
    return {};
}

Tables::Outcome<void> Tables::drop_keys(std::string const& stream)
{
    std::erase_if(memberships, [&](auto const& each) { return each.second.stream == stream; });
    return {};
}

}  // namespace gatehouse::simulation
