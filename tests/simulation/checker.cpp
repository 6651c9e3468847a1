// SPDX-License-Identifier: Apache-2.0
#include "checker.hpp"

#include "base/bytes.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "events/audit.hpp"
#include "rooms/record.hpp"
#include "rooms/state.hpp"
#include "seats.hpp"
#include "view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::simulation {

using events::Version;

void Checker::blame(std::string why)
{
    if (faults_.size() < 20)
        faults_.push_back(std::move(why));
}

// ---- What clients tell

void Checker::saw(std::string_view name, rooms::Seat audience, Version version,
    std::uint64_t tick, std::uint64_t digest)
{
    auto& room = rooms_[std::string(name)];
    room.seen_max = std::max(room.seen_max, version);
    auto& known = room.views[{version, tick, audience}];
    if (std::ranges::find(known, digest) == known.end())
        known.push_back(digest);
    if (known.size() > 1 + erasures_.size())
        blame(fmt::format("{}: two views of seat {} at {}, {} differ", name, audience,
            version, tick));
    views_++;
}

void Checker::told(std::string_view name, rooms::Seat audience, Version from, Version to,
    std::string_view news)
{
    News const heard{from, std::string(news)};
    auto const [at, is_new] = rooms_[std::string(name)].news.try_emplace({to, audience}, heard);
    if (!is_new && at->second != heard)
        blame(fmt::format("{}: news of seat {} up to {} differ: {} and {}", name, audience, to,
            at->second.text, news));
}

void Checker::answered(
    std::string_view name, rooms::Seat audience, Version version, std::string_view reply)
{
    auto const [at, is_new]
        = rooms_[std::string(name)].replies.try_emplace({version, audience}, reply);
    if (!is_new && at->second != reply)
        blame(fmt::format("{}: two answers to seat {} at {} differ: {} and {}", name, audience,
            version, at->second, reply));
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

void Checker::will_erase(std::string_view principal, std::string_view name)
{
    erasures_.push_back({std::string(principal), fmt::format("\"name\":\"{}\"", name)});
}

void Checker::erased(
    std::string_view principal, std::vector<std::string> keys, TimePoint at)
{
    auto const erasure = std::ranges::find(erasures_, principal, &Erasure::principal);
    erasure->keys = std::move(keys);
    erasure->done = at;
}

void Checker::heard(std::string_view text, TimePoint since)
{
    for (auto const& each : erasures_)
        if (each.done && since > *each.done && text.contains(each.shown))
            blame(fmt::format("{} was erased, and is told of: {}", each.principal, text));
}

void Checker::look_for_erased_keys(storage::Log& log, Store const& store)
{
    auto const kept = log.keys(0, 4'096);
    auto const is_there = [&](std::string const& key) {
        return store.holds(key)
            || (kept && std::ranges::any_of(*kept, [&](auto const& each) {
                   return each.member.key == key;
               }));
    };
    for (auto const& each : erasures_)
        if (each.done && std::ranges::any_of(each.keys, is_there))
            blame(fmt::format("{} was erased, and has a key", each.principal));
}

void Checker::went_back(std::string_view name, Version version)
{
    rooms_[std::string(name)].went_back.insert(version);
}

void Checker::forked(std::string_view name, std::string_view from, Version version)
{
    auto& room = rooms_[std::string(name)];
    room.forked_from = from;
    room.forked_at = version;
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
    for (auto const& [name, history] : histories) {
        auto kept = log.hydrate(name, 1);
        if (!kept)
            blame(fmt::format("{}: {}", name, kept.error().detail));
        else
            replay(name, rooms_[name], history,
                knowledge_of(name, history, std::move(kept->keys)), games, rung_until);
    }
    for (auto const& [name, room] : rooms_)
        if (room.forked_at > 0 && histories.contains(name) && !is_fork(room, histories, name))
            blame(fmt::format("{}: is no fork of {} as of {}", name, room.forked_from,
                room.forked_at));
    for (auto const& [name, room] : rooms_)
        if (!histories.contains(name))
            blame(fmt::format("{}: was shown to clients and has no history", name));
}

bool Checker::is_fork(Room const& room, std::map<std::string, History> const& histories,
    std::string const& name)
{
    auto const origin = histories.find(room.forked_from);
    auto const& first = histories.at(name).front();
    auto const parts = rooms::split(first.data);
    if (origin == histories.end() || origin->second.size() < room.forked_at || !parts)
        return false;
    auto const event = rooms::decode_platform(first.type, first.schema, parts->body);
    auto const* const forked = event ? std::get_if<rooms::Forked>(&*event) : nullptr;
    auto const& link = origin->second[room.forked_at - 1].link;
    return forked && forked->from == room.forked_from && forked->version == room.forked_at
        && forked->link == to_hex({reinterpret_cast<char const*>(link.data()), link.size()});
}

void Checker::go_on_with(storage::Log& log)
{
    auto const histories = read(log);
    std::erase_if(rooms_, [&](auto const& each) { return !histories.contains(each.first); });
    for (auto& [name, room] : rooms_) {
        Version const kept = histories.at(name).size();
        auto const is_gone = [kept](auto const& each) { return each.second > kept; };
        auto const is_later = [kept](auto const& each) { return each.first.first > kept; };
        std::erase_if(room.views, [kept](auto const& each) { return each.first.version > kept; });
        std::erase_if(room.news, is_later);
        std::erase_if(room.replies, is_later);
        std::erase_if(room.acked, is_gone);
        std::erase_if(room.went_back, [kept](Version each) { return each > kept; });
        room.refused.clear();
        room.acked_max = std::min(room.acked_max, kept);
        room.seen_max = std::min(room.seen_max, kept);
        auto const origin = histories.find(room.forked_from);
        if (origin == histories.end() || origin->second.size() < room.forked_at)
            room.forked_at = 0; // Nobody can say any more.
    }
}

std::vector<std::pair<std::string, Version>> Checker::stuck_rooms(
    storage::Log& log, rooms::Catalogue const& games)
{
    std::vector<std::pair<std::string, Version>> stuck;
    for (auto const& [name, history] : read(log)) {
        rooms::RoomState state(name);
        Version whole = 0; // Up to here, without what was done last.
        for (auto const& event : history) {
            auto const* const before = event.version > 1 ? &history[event.version - 2] : nullptr;
            if (before && (before->at != event.at || before->cause != event.cause))
                whole = before->version;
            if (!state.evolve(event, games))
                break;
        }
        if (state.version() == history.size() && state.status() == rooms::Status::running
            && state.timers().empty() && !state.stands_still()
            && state.play().ticks_per_second() == 0)
            stuck.emplace_back(name, whole);
    }
    return stuck;
}

void Checker::count_losses(storage::Log& log, Losses const& losses)
{
    auto const histories = read(log);
    Version unexplained = 0;
    for (auto const& [name, room] : rooms_) {
        auto const history = histories.find(name);
        Version const kept = history == histories.end() ? 0 : history->second.size();
        auto const told = std::max(room.acked_max, room.seen_max);
        auto const cut = losses.kept.find(name);
        if (told > kept && (cut == losses.kept.end() || cut->second != kept))
            unexplained += told - kept;
    }
    if (unexplained > losses.nameless && !losses.may_be_more)
        blame(fmt::format("{} events that somebody was told of are lost, and {} are said to be",
            unexplained, losses.nameless));
}

// What repairs have left to snapshots alone, as it was when it was kept.
std::map<std::string, Checker::History> Checker::read_compacted(storage::Log& log)
{
    std::map<std::string, History> histories;
    auto const heads = log.streams("", 4'096);
    if (!heads) {
        blame("the streams cannot be listed: " + heads.error().detail);
        return histories;
    }
    for (auto const& head : *heads) {
        if (head.floor == 0 || !events::is_room(head))
            continue;
        auto const kept = log.hydrate(head.stream, 1);
        auto events = kept && kept->snapshot
            ? witness_.events_up_to(head.stream, kept->snapshot->version, kept->snapshot->link)
            : std::nullopt;
        if (!events) {
            blame(fmt::format("{}: nothing that was kept leads to its snapshot", head.stream));
            continue;
        }
        events->resize(head.floor);
        histories.emplace(head.stream, *std::move(events));
    }
    return histories;
}

std::map<std::string, Checker::History> Checker::read(storage::Log& log)
{
    auto histories = read_compacted(log);
    std::array<std::uint64_t, slots_total> positions{};
    bool has_hole = false;
    for (events::LogPage page; !page.is_last;) {
        auto got = log.log(page.next, 4'096);
        if (!got) {
            blame(fmt::format("history cannot be read: {}", got.error().detail));
            break;
        }
        page = *std::move(got);
        for (auto& each : page.events) {
            auto& position = positions[each.slot];
            bool const is_first = position == 0;
            // A repaired store begins with a hole, whose positions are of one slot.
            if (each.position != ++position && (!is_first || std::exchange(has_hole, true)))
                blame(fmt::format("slot {}: position {} instead of {}", each.slot, each.position,
                    position));
            position = each.position;
            if (!events::is_room_category(each.category))
                continue;
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

// Whoever was erased is known to nobody else but the witness.
Checker::Knowledge Checker::knowledge_of(std::string const& name, History const& history,
    std::vector<events::MemberKey> keys) const
{
    std::map<std::uint32_t, events::MemberKey> known;
    auto const is_kept = [&keys](events::MemberKey const& key) {
        return std::ranges::find(keys, key) != keys.end(); // Somebody new, of the same id.
    };
    std::size_t erased_here = 0;
    for (auto const& each : erasures_)
        for (auto& key : witness_.keys_of(name, history, each.principal)) {
            known[key.actor] = std::move(key);
            erased_here++;
        }
    for (auto const& key : keys)
        known[key.actor] = key;
    Knowledge knowledge(1);
    for (auto const& [actor, key] : known)
        knowledge[0].push_back(key);
    for (std::size_t i = 0; erased_here > 0 && i < erasures_.size(); i++) {
        knowledge.push_back(knowledge.back());
        std::erase_if(knowledge.back(), [&](auto const& key) {
            return key.subject == erasures_[i].principal && !is_kept(key);
        });
    }
    for (auto const& each : erasures_) { // Rooms may have forgotten whom the store has not.
        auto const count = each.done || erased_here == 0 ? 0 : knowledge.size();
        for (std::size_t i = 0; i < count; i++) {
            knowledge.push_back(knowledge[i]);
            std::erase_if(knowledge.back(),
                [&](auto const& key) { return key.subject == each.principal; });
        }
    }
    return knowledge;
}

void Checker::replay(std::string const& name, Room const& room, History const& history,
    Knowledge const& knowledge, rooms::Catalogue const& games, WallTime rung_until)
{
    std::vector<rooms::RoomState> states;
    for (auto const& keys : knowledge)
        states.emplace_back(name).learn(keys);
    auto& state = states.front();
    json::Parser parser;
    std::string text;
    load::View view;
    auto shown = room.views.begin();
    auto const look = [&] {
        for (; shown != room.views.end() && shown->first.version == state.version()
             && shown->first.tick == state.ticks();
             ++shown) {
            auto unexplained = shown->second;
            std::string expected;
            for (auto& each : states) {
                text.clear();
                json::Writer out(text);
                write_json(out.object().key("room"), each.view());
                each.play().show(shown->first.seat, out.key("game"));
                out.end_object();
                view.replace(*parser.parse(text));
                std::erase(unexplained, view.digest());
                expected += "\n    " + text;
            }
            if (!unexplained.empty())
                blame(fmt::format("{}: seat {} was shown at {}, {} what history does not show:{}",
                    name, shown->first.seat, state.version(), state.ticks(), expected));
        }
    };
    auto const take_ticks = [&](std::uint64_t until) {
        while (state.ticks() < std::min(until, state.ticks_granted()) && state.is_ticking()) {
            for (auto& each : states)
                each.tick();
            look();
        }
    };
    for (auto const& event : history) {
        auto const parts = rooms::split(event.data);
        take_ticks(parts ? parts->tick.value_or(0) : 0);
        if (auto const fault = seat_fault(state, event); !fault.empty())
            blame(fmt::format("{}: event {}: {}", name, event.version, fault));
        for (auto& each : states)
            if (auto const evolved = each.evolve(event, games); !evolved)
                return blame(fmt::format("{}: {}", name, evolved.error().detail));
        look();
    }
    take_ticks(state.ticks_granted());
    if (shown != room.views.end())
        blame(fmt::format("{}: seat {} was shown {}, {} which is nowhere in history, that ends at "
                          "{}, {}",
            name, shown->first.seat, shown->first.version, shown->first.tick, history.size(),
            state.ticks()));
    for (auto restored = history.begin(); auto const version : room.went_back) {
        auto const is_restored
            = [](auto const& each) { return each.type == rooms::Restored::name; };
        restored = std::find_if(restored, history.end(), is_restored);
        if (restored == history.end() || restored++->version > version)
            return blame(fmt::format("{}: an operator heard that it went back, and is at {}", name,
                version));
    }
    // A game of Liap Tui has an alarm at any moment; another one takes steps.
    bool const is_left_alone = rung_until != WallTime{} // Else an operator may have to look.
        && state.play().ticks_per_second() == 0;
    if (is_left_alone && state.status() == rooms::Status::running && state.timers().empty()
        && !state.stands_still())
        blame(fmt::format("{}: runs without an alarm", name));
    for (auto const& timer : state.timers())
        if (timer.at < rung_until)
            blame(fmt::format("{}: the alarm {} has not rung for {} ms", name, timer.name,
                (rung_until - timer.at).count()));
    std::vector<std::string> principals;
    for (auto const& member : state.members())
        principals.push_back(member.principal);
    compare_actions(name, room, history, principals);
    compare_told(name, room, history, games);
}

void Checker::compare_told(std::string const& name, Room const& room, History const& history,
    rooms::Catalogue const& games)
{
    rooms::RoomState state(name);
    std::map<rooms::Seat, std::vector<std::string>> news; // By version, from 1.
    json::Parser parser;
    rooms::Chance const chance(std::string(32, '\0'));
    for (auto const& event : history) {
        if (!state.evolve(event, games))
            return;
        std::vector<rooms::Seat> audiences;
        for (auto seat = rooms::spectator; std::cmp_less(seat, state.chairs().size()); seat++) {
            audiences.push_back(seat);
            news[seat].resize(event.version);
        }
        auto const parts = rooms::split(event.data);
        if (parts && !rooms::is_platform_type(event.type))
            state.play().news(event.type, event.schema, parts->body, audiences,
                [&](rooms::Seat seat, std::string_view text) { news[seat].back() = text; });
        for (auto seat : audiences) {
            auto const reply = room.replies.find({event.version, seat});
            if (reply == room.replies.end())
                continue;
            auto const seats = state.occupants();
            state.play().decide(rooms::SeatQuery{seat, "sets", *parser.parse("{}")},
                {{}, chance, seats}, [&](rooms::Verdict const& verdict) {
                    if (verdict.reply != reply->second)
                        blame(fmt::format("{}: seat {} was answered {} at {}, not {}", name, seat,
                            reply->second, event.version, verdict.reply));
                });
        }
        for (auto seat : audiences) {
            auto const told = room.news.find({event.version, seat});
            if (told == room.news.end())
                continue;
            std::string expected;
            for (auto version = told->second.from; version < event.version; version++)
                if (auto const& text = news[seat][version]; !text.empty())
                    expected += (expected.empty() ? "" : ",") + text;
            if (!expected.empty())
                expected = "[" + expected + "]";
            if (told->second.text != expected)
                blame(fmt::format("{}: seat {} was told {} from {} to {}, not {}", name, seat,
                    told->second.text, told->second.from, event.version, expected));
        }
    }
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
