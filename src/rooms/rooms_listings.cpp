// SPDX-License-Identifier: Apache-2.0
// What anybody may know of the rooms of a shard.
#include "rooms/rooms.hpp"

#include "events/append_check.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

// A listing as caches keep it.
struct Kept {
    RoomView view{};
    std::int64_t opened_at = 0;
    static void fields(auto& self, auto&& field)
    {
        field("view", self.view);
        field("opened_at", self.opened_at);
    }
};

std::string encode(RoomView const& view, WallTime opened_at)
{
    std::string bytes;
    cbor::Writer out(bytes);
    write_cbor(out, Kept{view, opened_at.ms});
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
    return Listing{std::string(room), std::move(kept.view), {kept.opened_at}};
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
        return done(Listing{entry.head.stream, entry.rest->view, entry.rest->opened_at});
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
    if (auto const& summary = entry.room->summary())
        listing = Listing{entry.head.stream, *summary, entry.room->state().opened_at()};
    else if (entry.room->is_live())
        return; // Its first event is not durable yet.
    for (auto& done : std::exchange(entry.curious, {}))
        done(listing);
}

// It is finished, and nobody is there.
void Rooms::put_to_bed(Entry& entry)
{
    if (auto const& summary = entry.room->summary())
        listings_.put(entry.head.stream, entry.room->state().version(),
            encode(*summary, entry.room->state().opened_at()));
    forget(entry);
}

std::vector<Listing> Rooms::list(
    std::string_view game, bool only_open, std::size_t listings_max) const
{
    struct Shown {
        std::string_view room;
        RoomView const* view;
        WallTime opened_at;
    };
    auto const fits = [&](RoomView const& view, bool awaits_players) {
        bool const has_seat = std::ranges::any_of(
            view.seats, [](SeatView const& seat) { return seat.by == Occupant::nobody; });
        return (game.empty() || view.game == game)
            && (!only_open || (view.status == Status::open && has_seat && !awaits_players));
    };
    // Looked at where they are: copied are only those that are asked for.
    std::vector<Shown> rooms;
    for (auto const& [id, entry] : entries_) {
        auto const* const room = entry->room.get();
        if (room && room->summary() && fits(*room->summary(), room->state().awaits_players()))
            rooms.push_back({id, &*room->summary(), room->state().opened_at()});
        auto const* const rest = entry->rest.get();
        if (rest && fits(rest->view, rest->awaits_players))
            rooms.push_back({id, &rest->view, rest->opened_at});
    }
    auto const newest_first = [](Shown const& a, Shown const& b) {
        return std::pair(b.opened_at, a.room) < std::pair(a.opened_at, b.room);
    };
    auto const size = std::min(rooms.size(), listings_max);
    std::ranges::partial_sort(
        rooms, rooms.begin() + static_cast<std::ptrdiff_t>(size), newest_first);
    rooms.resize(size);
    std::vector<Listing> listings;
    for (auto const& shown : rooms)
        listings.push_back({std::string(shown.room), *shown.view, shown.opened_at});
    return listings;
}

} // namespace gatehouse::rooms
