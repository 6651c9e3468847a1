// SPDX-License-Identifier: Apache-2.0
// What operators ask of the rooms of a shard, and which rooms nobody may touch.
#include "rooms/rooms.hpp"

namespace gatehouse::rooms {

void Rooms::beware(std::vector<CrashSite> sites, std::vector<CrashSite> const& shut)
{
    for (auto& site : sites)
        if (site.doing != Doing::open) // Of that no room came to be.
            sites_.emplace(site.room, std::move(site));
    for (auto const& site : shut)
        shut_.emplace(site.room, site);
}

bool Rooms::is_shut(std::string_view room) const
{
    return shut_.contains(room);
}

void Rooms::shut_out(Entry& entry)
{
    auto const& site = shut_.find(entry.head.stream)->second;
    entry.room->break_off({ErrorCode::unavailable, "this room is shut: it broke the server",
        std::string(name_of(site.doing)) + ": " + site.why + "; gatehouse room open "
            + entry.head.stream});
}

void Rooms::set_aside_in(Entry& entry)
{
    auto const [first, last] = sites_.equal_range(entry.head.stream);
    for (auto site = first; site != last; ++site)
        entry.room->set_aside(site->second);
    sites_.erase(first, last);
}

void Rooms::reopen(std::string_view room, Instruction::OnDone done)
{
    auto* const entry = find(room);
    bool const was_shut = shut_.contains(room);
    bool const is_broken = entry && entry->room && entry->room->is_broken();
    if (!was_shut && !is_broken)
        return done(fail(ErrorCode::not_found, "this room is not closed"));
    if (was_shut) {
        shut_.erase(shut_.find(room));
        if (ports_.crumbs)
            ports_.crumbs->forgive(room);
    }
    if (is_broken)
        entry->room->recover();
    auto answer = [this, id = std::string(room), done = std::move(done)](
                      Result<Listing> const& found) mutable {
        auto const* const known = find(id);
        auto const* const here = known ? known->room.get() : nullptr;
        if (found && here)
            return done(here->state().version());
        done(std::unexpected(here && here->is_broken() ? here->why_broken() : found.error()));
    };
    if (entry)
        describe_awake(*entry, std::move(answer));
    else
        describe_stored(std::string(room), std::move(answer));
}

void Rooms::obey(std::string_view room, Order order, Instruction::OnDone done)
{
    auto instruction = std::make_shared<Instruction>(std::move(order), std::move(done));
    if (auto* const entry = find(room)) {
        wake(*entry);
        entry->room->obey(std::move(instruction));
        return mark(*entry);
    }
    look_up(std::string(room), [this, room = std::string(room), instruction](Heads const& heads) {
        auto const known = recall(room, heads);
        if (!known)
            return instruction->answer(std::unexpected(known.error()));
        wake(**known);
        (*known)->room->obey(instruction);
        mark(**known);
    });
}

void Rooms::rules_changed(std::string_view game)
{
    for (auto const& [id, entry] : entries_)
        if (entry->room && entry->head.category == game) {
            entry->room->rules_changed();
            mark(*entry);
        }
}

void Rooms::obey_everywhere(Order const& order, OnObeyed done)
{
    struct Count {
        std::size_t missing;
        Obeyed obeyed;
        OnObeyed done;
    };
    std::vector<std::string> unfinished;
    for (auto const& [id, entry] : entries_)
        if (!entry->head.state.finished)
            unfinished.push_back(id);
    if (unfinished.empty())
        return done({});
    auto const count
        = std::make_shared<Count>(Count{unfinished.size(), {}, std::move(done)});
    for (auto const& id : unfinished)
        obey(id, order, [count](Result<events::Version> const& result) {
            (result ? count->obeyed.rooms : count->obeyed.failed)++;
            if (--count->missing == 0)
                count->done(count->obeyed);
        });
}

// What is on its way to the store may still hold a key, and whoever reads a room now may have got
// one before it was deleted.
void Rooms::forget(std::string_view subject, std::move_only_function<void()> done)
{
    listings_.clear(); // They hold names.
    std::erase_if(sites_, [&](auto const& each) { return each.second.principal == subject; });
    note_in_pasts(subject);
    for (auto const& [id, entry] : entries_) {
        if (entry->is_reading)
            entry->forgotten.emplace_back(subject);
        if (entry->room && entry->room->forget(subject))
            mark(*entry);
        if (entry->rest && entry->rest->forget(subject)) {
            wake(*entry);
            entry->forgotten.emplace_back(subject);
        }
    }
    around_.holds.forget(subject);
    if (appends_awaited_.empty())
        return done();
    forgetting_.push_back({appends_sent_, std::move(done)});
}

std::vector<Rooms::OpenLetter> Rooms::letters() const
{
    std::vector<OpenLetter> all;
    for (auto const& [id, entry] : entries_) {
        if (!entry->room || !entry->room->is_live())
            continue;
        auto const& state = entry->room->state();
        for (auto const& letter : state.letters()) {
            auto const actor = letter.about.actor;
            all.push_back({id, actor == 0 ? "" : state.member(actor).principal, letter});
        }
    }
    return all;
}

std::vector<CrashSite> Rooms::shut() const
{
    std::vector<CrashSite> all;
    for (auto const& [room, site] : shut_)
        all.push_back(site);
    return all;
}

} // namespace gatehouse::rooms
