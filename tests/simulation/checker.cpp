// SPDX-License-Identifier: Apache-2.0
#include "checker.hpp"

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "rooms/record.hpp"
#include "rooms/state.hpp"
#include "view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gatehouse::simulation {

using events::Version;

void Checker::blame(std::string why)
{
    if (faults_.size() < 20)
        faults_.push_back(std::move(why));
}

// ---- What clients tell

void Checker::saw(
    std::string_view name, rooms::Seat audience, Version version, std::uint64_t digest)
{
    auto& room = rooms_[std::string(name)];
    room.seen_max = std::max(room.seen_max, version);
    auto const [at, is_new] = room.views.try_emplace({version, audience}, digest);
    if (!is_new && at->second != digest)
        blame(fmt::format("{}: two views of seat {} at {} differ", name, audience, version));
    views_++;
}

void Checker::acked(
    std::string_view name, std::string_view principal, std::uint64_t action, Version version)
{
    auto& room = rooms_[std::string(name)];
    room.acked_max = std::max(room.acked_max, version);
    auto const [at, is_new] = room.acked.try_emplace({std::string(principal), action}, version);
    if (!is_new && at->second != version)
        blame(fmt::format("{}: action {} of {} was acked at {}, and again at {}", name, action,
            principal, at->second, version));
    acks_++;
}

void Checker::refused(std::string_view name, std::string_view principal, std::uint64_t action,
    std::string_view code)
{
    rooms_[std::string(name)].refused.try_emplace({std::string(principal), action}, code);
}

void Checker::went_back(std::string_view name, Version version)
{
    rooms_[std::string(name)].went_back.insert(version);
}

Version Checker::acked_max(std::string_view room) const
{
    auto const found = rooms_.find(room);
    return found == rooms_.end() ? 0 : found->second.acked_max;
}

Version Checker::seen_max(std::string_view room) const
{
    auto const found = rooms_.find(room);
    return found == rooms_.end() ? 0 : found->second.seen_max;
}

// ---- What history says

void Checker::compare_with(
    storage::Log& log, rooms::Catalogue const& games, WallTime rung_until)
{
    auto const histories = read(log);
    for (auto const& [name, history] : histories)
        replay(name, rooms_[name], history, log.hydrate(name, 1)->keys, games, rung_until);
    for (auto const& [name, room] : rooms_)
        if (!histories.contains(name))
            blame(fmt::format("{}: was shown to clients and has no history", name));
}

void Checker::go_on_with(storage::Log& log)
{
    auto const histories = read(log);
    std::erase_if(rooms_, [&](auto const& each) { return !histories.contains(each.first); });
    for (auto& [name, room] : rooms_) {
        Version const kept = histories.at(name).size();
        auto const is_gone = [kept](auto const& each) { return each.second > kept; };
        std::erase_if(room.views, [kept](auto const& each) { return each.first.first > kept; });
        std::erase_if(room.acked, is_gone);
        std::erase_if(room.went_back, [kept](Version each) { return each > kept; });
        room.refused.clear();
        room.acked_max = std::min(room.acked_max, kept);
        room.seen_max = std::min(room.seen_max, kept);
    }
}

std::map<std::string, Checker::History> Checker::read(storage::Log& log)
{
    std::map<std::string, History> histories;
    std::array<std::uint64_t, slots_total> positions{};
    for (events::LogPage page; !page.is_last;) {
        page = *log.log(page.next, 4'096);
        for (auto& each : page.events) {
            if (each.position != ++positions[each.slot])
                blame(fmt::format("slot {}: position {} instead of {}", each.slot, each.position,
                    positions[each.slot]));
            auto& history = histories[each.stream];
            history.push_back(std::move(each.event));
            if (history.back().version != history.size())
                blame(fmt::format("{}: version {} instead of {}", each.stream,
                    history.back().version, history.size()));
            events_++;
        }
    }
    return histories;
}

void Checker::replay(std::string const& name, Room const& room, History const& history,
    std::span<events::MemberKey const> keys, rooms::Catalogue const& games, WallTime rung_until)
{
    rooms::RoomState state(name);
    state.learn(keys);
    json::Parser parser;
    std::string text;
    load::View view;
    auto shown = room.views.begin();
    for (auto const& event : history) {
        if (auto const evolved = state.evolve(event, games); !evolved)
            return blame(fmt::format("{}: {}", name, evolved.error().detail));
        for (; shown != room.views.end() && shown->first.first == event.version; ++shown) {
            text.clear();
            json::Writer out(text);
            write_json(out.object().key("room"), state.view());
            state.play().show(shown->first.second, out.key("game"));
            out.end_object();
            view.replace(*parser.parse(text));
            if (view.digest() != shown->second)
                blame(fmt::format("{}: seat {} was shown at {} what history does not show: {}",
                    name, shown->first.second, event.version, text));
        }
    }
    if (shown != room.views.end())
        blame(fmt::format("{}: seat {} was shown version {}, history ends at {}", name,
            room.views.rbegin()->first.second, room.views.rbegin()->first.first, history.size()));
    for (auto restored = history.begin(); auto const version : room.went_back) {
        auto const is_restored
            = [](auto const& each) { return each.type == rooms::Restored::name; };
        restored = std::find_if(restored, history.end(), is_restored);
        if (restored == history.end() || restored++->version > version)
            return blame(fmt::format("{}: an operator heard that it went back, and is at {}", name,
                version));
    }
    // A game of Liap Tui has an alarm at any moment.
    if (state.status() == rooms::Status::running && state.timers().empty())
        blame(fmt::format("{}: runs without an alarm", name));
    for (auto const& timer : state.timers())
        if (timer.at < rung_until)
            blame(fmt::format("{}: the alarm {} has not rung for {} ms", name, timer.name,
                (rung_until - timer.at).count()));
    std::vector<std::string> principals;
    for (auto const& member : state.members())
        principals.push_back(member.principal);
    compare_actions(name, room, history, principals);
}

void Checker::compare_actions(std::string const& name, Room const& room, History const& history,
    std::vector<std::string> const& principals)
{
    struct Applied {
        Version first;
        Version last;
        std::vector<std::string_view> platform_types{};
    };
    std::map<ActionKey, Applied> applied;
    for (auto const& event : history) {
        if (event.cause.actor == 0)
            continue;
        ActionKey const key{principals[event.cause.actor - 1], event.cause.action};
        auto const [at, is_first] = applied.try_emplace(key, Applied{event.version, event.version});
        auto& types = at->second.platform_types;
        bool const is_twice = std::ranges::find(types, event.type) != types.end();
        if ((!is_first && event.version != at->second.last + 1) || is_twice)
            blame(fmt::format("{}: action {} of {} was applied twice, at {} and {}", name,
                key.action, key.principal, at->second.first, event.version));
        at->second.last = event.version;
        if (event.type.starts_with("room."))
            types.push_back(event.type);
    }
    for (auto const& [key, version] : room.acked) {
        auto const found = applied.find(key);
        if (found == applied.end())
            blame(fmt::format("{}: action {} of {}, acked at {}, is lost", name, key.action,
                key.principal, version));
        else if (found->second.last != version)
            blame(fmt::format("{}: action {} of {} was acked at {} and is at {}", name, key.action,
                key.principal, version, found->second.last));
    }
    for (auto const& [key, code] : room.refused) {
        auto const next = applied.lower_bound(key);
        if (next != applied.end() && next->first == key)
            blame(fmt::format("{}: action {} of {} was refused with {}, and applied", name,
                key.action, key.principal, code));
        else if (code == "out_of_order"
            && (next == applied.end() || next->first.principal != key.principal))
            blame(fmt::format("{}: action {} of {} was refused because of a later one that is lost",
                name, key.action, key.principal));
    }
    ActionKey const* before = nullptr; // Sorted by principal, then id.
    Version before_at = 0;
    for (auto const& [key, at] : applied) {
        if (before && before->principal == key.principal && before_at >= at.first)
            blame(fmt::format("{}: action {} of {} came before {}", name, key.action, key.principal,
                before->action));
        before = &key;
        before_at = at.last;
    }
}

}  // namespace gatehouse::simulation
