// SPDX-License-Identifier: Apache-2.0
#include "witness.hpp"

#include <algorithm>

namespace gatehouse::simulation {

void Witness::see(events::StreamAppend const& append)
{
    auto& seen = events_[append.stream];
    for (auto const& event : append.events)
        seen.insert_or_assign({event.version, event.link}, event);
    auto& keys = keys_[append.stream];
    for (auto const& member : append.keys)
        keys.push_back({member, append.events.front().version, append.events.front().link});
}

std::optional<std::vector<events::Event>> Witness::events_up_to(
    std::string_view stream, events::Version version, events::Link link) const
{
    auto const found = events_.find(stream);
    if (found == events_.end())
        return std::nullopt;
    auto const& seen = found->second;
    std::vector<events::Event> events;
    for (auto at = seen.find({version, link}); at != seen.end(); version--) {
        events.push_back(at->second);
        if (version == 1)
            break;
        // The one before is that from which the link follows.
        auto before = seen.lower_bound({version - 1, events::Link{}});
        while (before != seen.end() && before->first.first == version - 1
            && events::chain_link(before->first.second, events.back()) != events.back().link)
            ++before;
        at = before != seen.end() && before->first.first == version - 1 ? before : seen.end();
    }
    if (events.empty() || events.back().version != 1)
        return std::nullopt;
    std::ranges::reverse(events);
    return events;
}

std::vector<events::MemberKey> Witness::keys_of(std::string_view stream,
    std::span<events::Event const> history, std::string_view subject) const
{
    std::vector<events::MemberKey> keys;
    auto const found = keys_.find(stream);
    if (found == keys_.end())
        return keys;
    for (auto const& [member, version, link] : found->second)
        if (member.subject == subject && version <= history.size()
            && history[version - 1].link == link)
            keys.push_back(member);
    return keys;
}

std::vector<std::string> Witness::keys_of(std::string_view subject) const
{
    std::vector<std::string> all;
    for (auto const& [stream, keys] : keys_)
        for (auto const& each : keys)
            if (each.member.subject == subject)
                all.push_back(each.member.key);
    return all;
}

}  // namespace gatehouse::simulation
