// SPDX-License-Identifier: Apache-2.0
// What anybody may know of the rooms of a shard.
#include "rooms/rooms.hpp"

#include "base/bytes.hpp"
#include "base/cbor_json.hpp"
#include "events/append_check.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

// A listing as caches keep it.
struct Kept {
    RoomView view{};
    std::string options{};
    std::int64_t opened_at = 0;
    static void fields(auto& self, auto&& field)
    {
        field("view", self.view);
        field("options", self.options);
        field("opened_at", self.opened_at);
    }
};

std::string encode(Listing const& listing)
{
    std::string bytes;
    cbor::Writer out(bytes);
    write_cbor(out, Kept{listing.view, listing.options, listing.opened_at.ms});
    return bytes;
}

// Empty where another version of gatehouse wrote it.
std::optional<Listing> decode(std::string_view room, std::string_view bytes)
{
    cbor::Reader in(bytes);
    Kept kept;
    read_cbor(in, kept);
    if (in.is_broken() || !in.is_at_end())
        return std::nullopt;
    return Listing{std::string(room), std::move(kept.view), std::move(kept.options),
        {kept.opened_at}};
}

} // namespace

// Memory is asked first and last: a room that is there is what it is, whatever was kept of it.
void Rooms::describe(std::string_view room, OnListing done)
{
    if (auto* const entry = find(room))
        return describe_awake(*entry, std::move(done));
    // Before all rooms are known, one that is not here may be one that plays on.
    if (is_starting_ || room.size() > events::stream_size_max)
        return describe_stored(std::string(room), std::move(done));
    listings_.get(room,
        [this, room = std::string(room), done = std::move(done)](
            std::optional<std::string_view> kept) mutable {
            if (auto* const entry = find(room))
                return describe_awake(*entry, std::move(done));
            if (auto listing = kept ? decode(room, *kept) : std::nullopt)
                return done(*std::move(listing));
            describe_stored(std::move(room), std::move(done));
        });
}

void Rooms::describe_stored(std::string room, OnListing done)
{
    look_up(room, [this, room, done = std::move(done)](Heads const& heads) mutable {
        if (auto const known = recall(room, heads))
            describe_awake(**known, std::move(done));
        else
            done(std::unexpected(known.error()));
    });
}

// One that sleeps need not be woken for this.
void Rooms::describe_awake(Entry& entry, OnListing done)
{
    if (entry.rest)
        return done(listing_of(shown(entry.head.stream, *entry.rest)));
    if (entry.curious.size() >= 64)
        return done(fail(ErrorCode::busy, "too many ask for this room; try again"));
    entry.curious.push_back(std::move(done));
    wake(entry);
    mark(entry);
}

void Rooms::satisfy_the_curious(Entry& entry)
{
    if (entry.curious.empty() || entry.is_reading || entry.room->wants_events())
        return;
    Result<Listing> listing = fail(ErrorCode::unavailable, "this room cannot be read");
    if (entry.room->summary())
        listing = listing_of(shown(*entry.room));
    else if (entry.room->is_live())
        return; // Its first event is not durable yet.
    for (auto& done : std::exchange(entry.curious, {}))
        done(listing);
}

// It is finished, and nobody is there.
void Rooms::put_to_bed(Entry& entry)
{
    if (entry.room->summary())
        listings_.put(entry.head.stream, entry.room->state().version(),
            encode(listing_of(shown(*entry.room))));
    forget(entry);
}

Rooms::Shown Rooms::shown(Room const& room)
{
    auto const& state = room.state();
    return {.room = room.id(), .view = *room.summary(), .options = state.opened().options,
        .opened_at = state.opened_at(), .is_listed = state.is_listed(),
        .awaits_players = state.awaits_players()};
}

Rooms::Shown Rooms::shown(std::string_view room, Rest const& rest)
{
    return {.room = room, .view = rest.view, .options = rest.options,
        .opened_at = rest.opened_at, .is_listed = rest.is_listed,
        .awaits_players = rest.awaits_players};
}

Listing Rooms::listing_of(Shown const& shown)
{
    Listing listing{.room = std::string(shown.room), .view = shown.view,
        .opened_at = shown.opened_at};
    if (!cbor::append_json(listing.options, from_hex(shown.options)))
        listing.options.clear();
    return listing;
}

// Rooms with the same options have the same bytes of them: each is read once, and no more of them
// than RoomsOptions::options_looked_into_max; for anybody may ask.
Listings Rooms::page(Filter const& filter) const
{
    auto const is_wanted = [&](Shown const& room) {
        bool const awaits_its_own = filter.only_open && room.awaits_players;
        bool const is_behind = !filter.after
            || filter.after->is_before(
                {.opened_at = room.opened_at, .room = std::string(room.room)});
        return room.is_listed && !awaits_its_own && is_behind && fits(filter, room.view);
    };
    // Looked at where they are: copied are only those that are asked for.
    std::vector<Shown> rooms;
    auto const look_at = [&](Shown const& room) {
        if (is_wanted(room))
            rooms.push_back(room);
    };
    for (auto const& [id, entry] : entries_) {
        if (entry->room && entry->room->summary())
            look_at(shown(*entry->room));
        if (entry->rest)
            look_at(shown(id, *entry->rest));
    }
    auto const newest_first = [](Shown const& a, Shown const& b) {
        return std::pair(b.opened_at, a.room) < std::pair(a.opened_at, b.room);
    };
    Listings page;
    if (!filter.options.empty()) {
        std::ranges::sort(rooms, newest_first);
        page.next = keep_fitting(rooms, filter);
    }
    auto const size = std::min(rooms.size(), filter.listings_max);
    auto const end = rooms.begin() + static_cast<std::ptrdiff_t>(size);
    std::ranges::partial_sort(rooms, end, newest_first);
    rooms.erase(end, rooms.end());
    for (auto const& room : rooms)
        page.rooms.push_back(listing_of(room));
    return page;
}

// Leaves those with these options. Answers the last one that was looked at, where others were not.
std::optional<Newest> Rooms::keep_fitting(std::vector<Shown>& rooms, Filter const& filter) const
{
    std::unordered_map<std::string_view, bool> known;
    std::vector<Shown> fitting;
    Shown const* last = nullptr;
    std::optional<Newest> next;
    for (auto const& room : rooms) {
        auto const at = known.find(room.options);
        if (at == known.end() && known.size() >= options_.options_looked_into_max) {
            next = Newest{.opened_at = last->opened_at, .room = std::string(last->room)};
            break;
        }
        bool const is_fit = at != known.end()
            ? at->second
            : known.emplace(room.options, fits(filter.options, listing_of(room).options))
                  .first->second;
        last = &room;
        if (is_fit)
            fitting.push_back(room);
        if (fitting.size() == filter.listings_max)
            break;
    }
    rooms = std::move(fitting);
    return next;
}

std::optional<bool> Rooms::awaits(std::string_view room, std::string_view principal) const
{
    auto const* const entry = find(room);
    if (!entry)
        return is_starting_ ? std::nullopt : std::optional(false);
    if (entry->rest)
        return entry->rest->awaits(principal);
    if (!entry->room || !entry->room->is_live())
        return std::nullopt;
    auto const& state = entry->room->state();
    return state.reservation_for(state.actor_of(principal)) != nullptr;
}

} // namespace gatehouse::rooms
