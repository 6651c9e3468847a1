// SPDX-License-Identifier: Apache-2.0
#include "storage/memory_log.hpp"

#include "events/append_check.hpp"
#include "events/page.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage {

using events::Appended;
using events::Event;
using events::History;
using events::LogCursor;
using events::LogPage;
using events::Membership;
using events::PositionedEvent;
using events::StreamAppend;
using events::StreamHead;
using events::StreamSnapshot;
using events::Version;

namespace {

std::size_t size_of(Event const& event)
{
    return sizeof(PositionedEvent) + event.data.size();
}

} // namespace

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
    GH_CHECK(events::check(append));
    std::size_t bytes = 0;
    for (auto const& event : append.events)
        bytes += size_of(event);
    if (bytes > bytes_max_ - bytes_)
        return fail(ErrorCode::unavailable, "The store is full.");
    auto known = streams_.find(append.stream);
    if (append.expected != (known == streams_.end() ? 0 : known->second.head.version))
        return fail(ErrorCode::stale_base, "Something else happened in between.");
    if (known == streams_.end())
        known = streams_.emplace(append.stream,
            Stream{{.stream = append.stream, .category = append.category}}).first;

    auto& [name, stream] = *known;
    auto const slot = slot_of(name);
    auto& last_position = last_positions_[slot];
    Appended const appended{slot, last_position + 1};
    stream.head.version += append.events.size();
    stream.head.state = append.state;
    stream.head.at = append.events.back().at;
    bytes_ += bytes;
    for (auto& member : append.keys) {
        auto const actor = member.actor;
        keys_.insert_or_assign({name, actor}, Membership{++last_key_, name, std::move(member)});
    }
    for (auto& event : append.events) {
        log_.push_back({&name, event.version});
        stream.events.push_back(
            {slot, ++last_position, name, stream.head.category, append.state, std::move(event)});
    }
    return appended;
}

Result<std::vector<Event>> MemoryLog::read(
    std::string_view stream, Version after, std::size_t events_max)
{
    auto const found = streams_.find(stream);
    if (found == streams_.end() || after >= found->second.head.version)
        return {};
    auto const& [head, events, snapshot] = found->second;
    if (after < head.floor)
        return fail(ErrorCode::not_found, "These events were compacted.");
    std::vector<Event> read;
    events::ReadBound bound(events_max);
    for (auto i = after - head.floor; i < events.size() && bound.has_room(); i++)
        bound.take(read.emplace_back(events[i].event));
    return read;
}

Result<History> MemoryLog::hydrate(std::string_view stream, std::size_t events_max)
{
    auto const found = streams_.find(stream);
    if (found == streams_.end())
        return History{};
    auto const& snapshot = found->second.snapshot;
    auto events = GH_TRY(read(stream, snapshot ? snapshot->version : 0, events_max));
    History history{snapshot, std::move(events)};
    for (auto at = keys_.lower_bound(std::pair(std::string(stream), 0u));
         at != keys_.end() && at->first.first == stream; ++at)
        history.keys.push_back(at->second.member);
    return history;
}

Result<void> MemoryLog::keep(StreamSnapshot snapshot)
{
    GH_CHECK(events::check(snapshot));
    auto const found = streams_.find(snapshot.stream);
    if (found == streams_.end() || snapshot.snapshot.version > found->second.head.version)
        return fail(ErrorCode::stale_base, "The stream has no such version.");
    auto& kept = found->second.snapshot;
    if (kept && kept->version > snapshot.snapshot.version)
        return fail(ErrorCode::stale_base, "A newer snapshot is kept.");
    bytes_ -= kept ? kept->state.size() : 0;
    kept = std::move(snapshot.snapshot);
    bytes_ += kept->state.size();
    return {};
}

Result<std::vector<StreamHead>> MemoryLog::heads(Slot slot)
{
    std::vector<StreamHead> heads;
    for (auto const& [name, stream] : streams_)
        if (slot_of(name) == slot && !stream.head.state.finished)
            heads.push_back(stream.head);
    return heads;
}

Result<std::vector<StreamHead>> MemoryLog::find(std::string_view name)
{
    std::vector<StreamHead> found;
    for (auto at = streams_.lower_bound(name); at != streams_.end(); ++at) {
        if (!at->first.starts_with(name))
            break;
        auto const rest = std::string_view(at->first).substr(name.size());
        if (rest.empty() || (rest.starts_with('.') && !name.contains('.')))
            found.push_back(at->second.head);
    }
    return found;
}

Result<std::vector<StreamHead>> MemoryLog::streams(
    std::string_view after, std::size_t streams_max)
{
    std::vector<StreamHead> heads;
    for (auto at = streams_.upper_bound(after);
         at != streams_.end() && heads.size() < streams_max; ++at)
        heads.push_back(at->second.head);
    return heads;
}

Result<std::vector<Membership>> MemoryLog::memberships(
    std::string_view subject, std::string_view after, std::size_t memberships_max)
{
    std::vector<Membership> found;
    for (auto const& [at, membership] : keys_)
        if (membership.member.subject == subject && at.first > after
            && found.size() < memberships_max)
            found.push_back(membership);
    return found;
}

Result<std::uint64_t> MemoryLog::forget(std::string_view subject)
{
    std::size_t forgotten = 0;
    std::erase_if(keys_, [&](auto const& each) {
        return each.second.member.subject == subject && forgotten < forget_max && ++forgotten > 0;
    });
    return forgotten;
}

Result<std::uint64_t> MemoryLog::forget_keys(std::span<std::uint64_t const> numbers)
{
    return std::erase_if(keys_, [&](auto const& each) {
        return std::ranges::find(numbers, each.second.number) != numbers.end();
    });
}

Result<std::vector<Membership>> MemoryLog::keys(std::uint64_t after, std::size_t memberships_max)
{
    std::vector<Membership> found;
    for (auto const& [at, membership] : keys_)
        if (membership.number > after)
            found.push_back(membership);
    std::ranges::sort(found, {}, &Membership::number);
    found.resize(std::min(found.size(), memberships_max));
    return found;
}

Result<void> MemoryLog::drop_keys(std::string_view stream)
{
    std::erase_if(keys_, [&](auto const& each) { return each.first.first == stream; });
    return {};
}

Result<LogPage> MemoryLog::log(LogCursor from, std::size_t events_max)
{
    LogPage page{.events = {}, .next = std::max<LogCursor>(from, 1), .is_last = false};
    auto const count_max = std::clamp<std::size_t>(events_max, 1, page_events_max);
    std::size_t bytes = 0;
    while (page.next <= log_.size() && page.events.size() < count_max && bytes < page_bytes_max) {
        auto const& place = log_[page.next++ - 1];
        if (!place.stream)
            continue;
        auto const& [head, events, snapshot] = streams_.find(*place.stream)->second;
        if (place.version <= head.floor)
            continue;
        page.events.push_back(events[place.version - head.floor - 1]);
        bytes += page.events.back().event.data.size();
    }
    page.is_last = page.next > log_.size();
    return page;
}

Result<void> MemoryLog::compact(std::string_view name, Version up_to)
{
    auto const found = streams_.find(name);
    if (found == streams_.end())
        return fail(ErrorCode::not_found, "There is no such stream.");
    auto& stream = found->second;
    if (!stream.snapshot || stream.snapshot->version < up_to)
        return fail(ErrorCode::stale_base, "No snapshot tells of these events.");
    drop(stream, up_to);
    return {};
}

void MemoryLog::drop(Stream& stream, Version up_to)
{
    for (; stream.head.floor < up_to; stream.head.floor++) {
        bytes_ -= size_of(stream.events.front().event);
        stream.events.pop_front();
    }
}

Result<void> MemoryLog::erase(std::string_view name, Version version)
{
    auto const found = streams_.find(name);
    if (found == streams_.end())
        return fail(ErrorCode::not_found, "There is no such stream.");
    auto& stream = found->second;
    if (!stream.head.state.finished || stream.head.version != version)
        return fail(ErrorCode::stale_base, "The stream is not finished, or has another version.");
    for (auto& place : log_)
        if (place.stream == &found->first)
            place.stream = nullptr;
    drop(stream, version);
    bytes_ -= stream.snapshot ? stream.snapshot->state.size() : 0;
    streams_.erase(found);
    return {};
}

} // namespace gatehouse::storage
