// SPDX-License-Identifier: Apache-2.0
// What operators ask of the rooms of a shard, and which rooms nobody may touch.
#include "rooms/rooms.hpp"

#include "events/page.hpp"

namespace gatehouse::rooms {

void Rooms::beware(std::vector<CrashSite> sites, std::vector<CrashSite> const& shut)
{
    for (auto& site : sites)
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

Result<events::Version> Rooms::reopen(std::string_view room)
{
    auto const found = shut_.find(room);
    if (found == shut_.end())
        return fail(ErrorCode::not_found, "this room is not shut");
    shut_.erase(found);
    if (ports_.crumbs)
        ports_.crumbs->forgive(room);
    auto* const entry = find(room);
    if (!entry)
        return events::Version{0};
    entry->room.reset();
    wake(*entry);
    mark(*entry);
    return entry->head.version;
}

void Rooms::obey(std::string_view room, Order order, Instruction::OnDone done)
{
    auto instruction = std::make_shared<Instruction>(std::move(order), std::move(done));
    auto* const entry = find(room);
    if (!entry)
        return instruction->answer(
            fail(ErrorCode::not_found, "no unfinished room has this id; gatehouse room ls"));
    wake(*entry);
    entry->room->obey(std::move(instruction));
    mark(*entry);
}

// What is on its way to the store may still hold a key, and whoever reads a room now may have got
// one before it was deleted.
void Rooms::forget(std::string_view subject, std::move_only_function<void()> done)
{
    listings_.clear(); // They hold names.
    std::erase_if(sites_, [&](auto const& each) { return each.second.principal == subject; });
    for (auto const& [id, entry] : entries_) {
        if (entry->is_reading)
            entry->forgotten.emplace_back(subject);
        if (entry->room && entry->room->forget(subject))
            mark(*entry);
    }
    if (appends_awaited_ == 0)
        return done();
    forgetting_.push_back({appends_answered_ + appends_awaited_, std::move(done)});
}

// ---- Going back

// A room as it was, on its way through its events.
struct Rooms::Past {
    std::string room;
    Moment moment;
    Instruction::OnDone done;
    RoomState state{room};
    WallTime at{};         // Of its last event,
    events::Cause cause{}; // and who caused it.
    bool is_there = false;

    // Up to the moment, and to the end of what was done then: a room in the midst of it may wait
    // for an alarm that was only set by the next event.
    Result<void> take(std::vector<events::Event> const& events, Catalogue const& games)
    {
        for (auto const& event : events) {
            bool const goes_with_last = event.at == at && event.cause == cause;
            is_there = (moment.version && event.version > *moment.version && !goes_with_last)
                || (moment.at && event.at > *moment.at);
            if (is_there)
                return {};
            GH_CHECK(state.evolve(event, games));
            at = event.at;
            cause = event.cause;
        }
        return {};
    }
};

void Rooms::go_back(std::string_view room, Moment moment, Instruction::OnDone done)
{
    constexpr std::size_t pasts_max = 4;
    if (pasts_read_ >= pasts_max)
        return done(fail(ErrorCode::busy, "other rooms are being restored; try again"));
    pasts_read_++;
    describe(room, [this, room = std::string(room), moment, done = std::move(done)](
                       Result<Listing> const& known) mutable {
        if (!known) {
            pasts_read_--;
            return done(std::unexpected(known.error()));
        }
        read_past(std::make_shared<Past>(std::move(room), moment, std::move(done)));
    });
}

void Rooms::read_past(std::shared_ptr<Past> past)
{
    auto const after = past->state.version();
    auto const give_up = [this, past](Error why) {
        pasts_read_--;
        past->done(std::unexpected(std::move(why)));
    };
    auto then = [this, past, give_up](Result<std::vector<events::Event>> const& events) {
        if (!events)
            return give_up(events.error());
        Result<void> taken;
        try {
            Crumbed const crumb(ports_.crumbs, {.room = past->room, .doing = Doing::read});
            taken = past->take(*events, games_);
        } catch (std::exception const& thrown) {
            taken = fail(ErrorCode::internal, "the game threw at its own past", thrown.what());
        }
        if (!taken)
            return give_up(taken.error());
        if (!past->is_there && !events::is_last_page(*events, options_.events_per_read))
            return read_past(past);
        if (!past->state.exists())
            return give_up({ErrorCode::bad_request, "the room was not there yet"});
        if (!past->is_there)
            return give_up({ErrorCode::bad_request, "nothing has happened in the room since"});
        pasts_read_--;
        obey(past->room, GoBack{past->at, past->state.snapshot()}, std::move(past->done));
    };
    ports_.store.read(past->room, after, options_.events_per_read, std::move(then));
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
