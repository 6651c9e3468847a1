// SPDX-License-Identifier: Apache-2.0
// How rooms were: rooms that go back to it, and new ones that go on from it.
#include "rooms/rooms.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "events/page.hpp"
#include "rooms/chance.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

constexpr std::size_t pasts_max = 4;
constexpr std::size_t carried_state_max = 500'000; // Bytes; twice that in hex fits into an event.
constexpr std::size_t fork_ids_max = 4;
constexpr std::size_t fork_name_max = 64; // Bytes.

struct ForkId {
    std::string code;
    std::string room;
};

// Where a fork of this name may live: the same name leads to the same ids for ever, all in the slot
// of the room itself. Several, for a code may be taken. The room's seed makes them secrets: in a
// fork its players could see what is still hidden in the room.
std::vector<ForkId> ids_of_fork(
    std::string const& room, RoomState const& origin, std::string const& name)
{
    std::vector<ForkId> ids;
    auto const secret = "fork " + origin.opened().seed + " " + room + " " + name;
    for (Rng rng(sha256(secret), 0); ids.size() < fork_ids_max;) {
        ForkId id;
        while (id.code.size() < code_length) {
            auto const c = code_letters[rng.below(code_letters.size())];
            id.code += c;
            id.room += c < 'A' ? c : static_cast<char>(c + ('a' - 'A'));
        }
        auto const number = rng.next();
        id.room += '.';
        for (int shift = 24; shift >= 0; shift -= 8)
            id.room += to_hex(std::string(1, static_cast<char>(number >> shift)));
        if (slot_of(id.room) == slot_of(room))
            ids.push_back(std::move(id));
    }
    return ids;
}

} // namespace

// A room as it was, on its way through its events.
struct Rooms::Past {
    events::StreamHead head;
    Moment moment;
    OnPast then;
    RoomState state{head.stream};
    WallTime at{};           // Of its last event,
    events::Cause cause{};   // who caused it,
    bool is_of_game = false; // and whether more may have been decided with it.
    bool has_future = false;
    std::vector<std::string> forgotten{}; // Who was, meanwhile.

    // In the midst of what was done the game is in a state that it never decides in. What bots and
    // alarms do has no number: what they did in one millisecond counts as one.
    [[nodiscard]] bool goes_with_last(events::Event const& event) const
    {
        return is_of_game && event.at == at && event.cause == cause;
    }
    // Up to the moment, and to the end of what was done then.
    Result<void> take(std::span<events::Event const> events, Catalogue const& games)
    {
        for (auto const& event : events) {
            bool const is_later = (moment.version && event.version > *moment.version)
                || (moment.at && event.at > *moment.at);
            has_future = is_later && !goes_with_last(event);
            if (has_future)
                return {};
            GH_CHECK(state.evolve(event, games));
            at = event.at;
            cause = event.cause;
            is_of_game = !is_platform_type(event.type);
        }
        return {};
    }
    // From when on its timers have what was left of them.
    [[nodiscard]] WallTime moment_at(WallTime now) const
    {
        if (state.awaits_players()) // What its timers have left counts from there.
            return state.still_since();
        if (moment.version)
            return at;
        return std::min(moment.at.value_or(now), now);
    }
    [[nodiscard]] Error unreadable(Error why) const
    {
        if (!why.detail.empty())
            why.message += ": " + std::exchange(why.detail, {});
        if (state.exists())
            why.message += "; it can be read up to version " + std::to_string(state.version());
        return why;
    }
    // Whoever made the game may not have thought of this past.
    template <typename Step>
    auto with_game(Crumbs* crumbs, Step step) const -> decltype(step())
    {
        try {
            Crumbed const crumb(crumbs, {.room = head.stream, .doing = Doing::read});
            return step();
        } catch (std::exception const& thrown) {
            return fail(ErrorCode::internal, "the game threw at its own past", thrown.what());
        }
    }
    // A room that goes on from here is played by the rules of today.
    [[nodiscard]] Result<void> can_go_on(Crumbs* crumbs, Catalogue const& games) const
    {
        auto const upgraded
            = with_game(crumbs, [&] { return state.due_upgrade(games); });
        return upgraded ? Result<void>{} : std::unexpected(unreadable(upgraded.error()));
    }
    [[nodiscard]] Result<events::Snapshot> snapshot() const
    {
        auto snapshot = state.snapshot();
        if (snapshot.state.size() > carried_state_max)
            return fail(ErrorCode::too_large,
                "this room's state is too large for an event: "
                    + std::to_string(snapshot.state.size()) + " bytes");
        return snapshot;
    }
};

void Rooms::note_in_pasts(std::string_view forgotten)
{
    for (auto const& each : pasts_)
        if (auto const past = each.lock())
            past->forgotten.emplace_back(forgotten);
}

void Rooms::look_back(std::string_view name, Moment moment, OnPast then)
{
    if (name.contains('.'))
        return look_back_at(std::string(name), moment, std::move(then));
    find_code(name, [this, moment, then = std::move(then)](Result<std::string> room) mutable {
        if (!room)
            return then(std::unexpected(room.error()));
        look_back_at(*room, moment, std::move(then));
    });
}

void Rooms::look_back_at(std::string const& room, Moment moment, OnPast then)
{
    look_up(room, [this, moment, room, then = std::move(then)](Heads const& heads) mutable {
        if (!heads)
            return then(std::unexpected(heads.error()));
        auto const head = std::ranges::find(*heads, room, &events::StreamHead::stream);
        if (head == heads->end())
            return then(fail(ErrorCode::not_found, "there is no such room"));
        if (is_shut(room) && !moment.version && !moment.at)
            return then(fail(ErrorCode::unavailable,
                "this room is shut, for it broke the server: name a version from before"));
        std::erase_if(pasts_, [](auto const& each) { return each.expired(); });
        if (pasts_.size() >= pasts_max)
            return then(fail(ErrorCode::busy, "other rooms are being looked back at; try again"));
        auto past = std::make_shared<Past>(*head, moment, std::move(then));
        pasts_.push_back(past);
        read_past(std::move(past));
    });
}

void Rooms::read_past(std::shared_ptr<Past> past)
{
    auto const after = past->state.version();
    ports_.store.read(past->head.stream, after, options_.events_per_read,
        [this, past, after](Result<std::vector<events::Event>> const& events) {
            bool const is_compacted = !events && events.error().code == ErrorCode::not_found;
            if (is_compacted && after == 0)
                return read_past_from_snapshot(past);
            take_past(past, events);
        });
}

// Where the first events are gone, the snapshot tells of them.
void Rooms::read_past_from_snapshot(std::shared_ptr<Past> past)
{
    ports_.store.hydrate(past->head.stream, options_.events_per_read,
        [this, past](Result<events::History> const& history) {
            if (!history)
                return take_past(past, std::unexpected(history.error()));
            auto const version = history->snapshot ? history->snapshot->version : 0;
            auto const next = history->events.empty() ? past->head.at : history->events.front().at;
            if (past->moment.version.value_or(version) < version
                || past->moment.at.value_or(next) < next)
                return past->then(fail(ErrorCode::not_found,
                    "this room's first events were compacted: it can be had from version "
                        + std::to_string(version) + " on; older ones may be in the archive or a "
                        "backup"));
            auto state = past->with_game(ports_.crumbs, [&]() -> Result<RoomState> {
                if (!history->snapshot)
                    return fail(ErrorCode::internal, "its snapshot is gone");
                return RoomState::restore(*history->snapshot, games_);
            });
            if (!state)
                return past->then(std::unexpected(past->unreadable(state.error())));
            past->state = *std::move(state);
            past->at = next; // No later than that.
            take_past(past, history->events);
        });
}

void Rooms::take_past(
    std::shared_ptr<Past> const& past, Result<std::vector<events::Event>> const& events)
{
    if (!events)
        return past->then(std::unexpected(events.error()));
    Result<void> taken;
    for (std::span rest(*events); taken && !rest.empty() && !past->has_future;) {
        auto const piece = rest.first(std::min(rest.size(), events_per_crumb));
        rest = rest.subspan(piece.size());
        taken = past->with_game(ports_.crumbs, [&] { return past->take(piece, games_); });
    }
    if (!taken)
        return past->then(std::unexpected(past->unreadable(taken.error())));
    if (!past->has_future && !events::is_last_page(*events, options_.events_per_read))
        return read_past(past);
    if (past->state.version() == 0)
        return past->then(fail(ErrorCode::bad_request, "the room was not there yet"));
    if (!past->state.exists())
        return past->then(std::unexpected(past->unreadable(past->state.why_not(games_))));
    past->then(past);
}

// ---- Going back

void Rooms::go_back(std::string_view room, Moment moment, OnWentBack done)
{
    look_back(room, moment,
        [this, done = std::move(done)](Result<std::shared_ptr<Past>> const& found) mutable {
            if (!found)
                return done(std::unexpected(found.error()));
            auto const& past = **found;
            if (!past.has_future)
                return done(fail(
                    ErrorCode::bad_request, "nothing has happened in the room since"));
            auto snapshot = past.snapshot();
            if (!snapshot)
                return done(std::unexpected(snapshot.error()));
            auto const& id = past.head.stream;
            obey(id, GoBack{past.moment_at(around_.now.wall), *std::move(snapshot)},
                [id, to = past.state.version(), done = std::move(done)](
                    Result<events::Version> now) mutable {
                    if (!now)
                        return done(std::unexpected(now.error()));
                    done(WentBack{id, to, *now});
                });
        });
}

// ---- Forks

// A fork on its way: first all ids that it may have are looked for, so that the same order finds
// the same fork whatever codes are free by now, in the store and then in the archive, as a room is
// written there before it leaves the store; then the keys are read, and it begins at once, so that
// nobody who is forgotten in the meantime comes along.
struct Rooms::Forking {
    std::shared_ptr<Past> past;
    std::vector<ForkId> ids;
    OnForked done;
    std::size_t looked_for = 0;
};

void Rooms::fork(std::string_view room, Moment moment, std::string name, OnForked done)
{
    if (name.size() > fork_name_max)
        return done(fail(ErrorCode::bad_request, "a fork's name has at most 64 bytes"));
    look_back(room, moment,
        [this, name = std::move(name), done = std::move(done)](
            Result<std::shared_ptr<Past>> found) mutable {
            if (!found)
                return done(std::unexpected(found.error()));
            auto const& past = **found;
            auto const version = past.state.version();
            auto const& wanted = past.moment.version;
            if (wanted && *wanted > version)
                return done(fail(ErrorCode::bad_request,
                    "the room is at version " + std::to_string(version)));
            find_fork(std::make_shared<Forking>(*found,
                ids_of_fork(past.head.stream, past.state,
                    name.empty() ? std::to_string(version) : name),
                std::move(done)));
        });
}

void Rooms::find_fork(std::shared_ptr<Forking> forking)
{
    if (is_here(forking))
        return;
    if (forking->looked_for < forking->ids.size()) {
        auto const& id = forking->ids[forking->looked_for++].room;
        return look_up(id, [this, forking, id](Heads const& heads) {
            if (!heads)
                return forking->done(std::unexpected(heads.error()));
            if (heads->empty())
                return find_fork(forking);
            answer_known(forking, id);
        });
    }
    find_in_archive(forking);
}

void Rooms::find_in_archive(std::shared_ptr<Forking> forking)
{
    auto const& origin = forking->past->state;
    std::vector<std::string> rooms;
    for (auto const& id : forking->ids)
        rooms.push_back(id.room);
    ports_.store.archived(origin.opened().game, std::move(rooms), origin.opened_at(),
        [this, forking](Result<std::vector<std::string>> const& found) {
            auto const& past = forking->past->state;
            if (!found)
                return forking->done(fail(ErrorCode::unavailable,
                    "the archive does not say whether this fork was made before: "
                        + found.error().message, found.error().detail));
            if (!found->empty())
                return forking->done(fail(ErrorCode::stale_base,
                    "this fork was made: it is room " + found->front() + ", which is finished and "
                        "in the archive; gatehouse archive restore " + found->front()
                        + " brings it back, another name makes another one"));
            if (past.status() == Status::finished)
                return forking->done(fail(ErrorCode::bad_request,
                    "the room was finished by version " + std::to_string(past.version())
                        + ": nobody could play on; name an earlier one"));
            read_keys(forking);
        });
}

void Rooms::read_keys(std::shared_ptr<Forking> forking)
{
    ports_.store.hydrate(forking->past->head.stream, 1,
        [this, forking](Result<events::History> history) {
            if (!history)
                return forking->done(std::unexpected(history.error()));
            if (!history->keys_lost.empty()) // Nobody could ever have their seat there.
                return forking->done(fail(ErrorCode::unavailable,
                    "the keys of this room cannot be read now; try again", history->keys_lost));
            begin_fork(forking, std::move(history->keys));
        });
}

// It may not be durable yet.
bool Rooms::is_here(std::shared_ptr<Forking> const& forking)
{
    auto const here = std::ranges::find_if(
        forking->ids, [this](ForkId const& id) { return find(id.room) != nullptr; });
    if (here == forking->ids.end())
        return false;
    describe(here->room, [this, forking, room = here->room](Result<Listing> const&) {
        answer_known(forking, room);
    });
    return true;
}

// Its first event says of what it is a fork.
void Rooms::answer_known(std::shared_ptr<Forking> forking, std::string const& room)
{
    ports_.store.read(room, 0, 1,
        [forking, room](Result<std::vector<events::Event>> const& events) {
            if (!events)
                return forking->done(std::unexpected(events.error()));
            auto const& past = *forking->past;
            auto const parts = events->empty() ? std::nullopt : split(events->front().data);
            auto const first = parts ? decode_platform(events->front().type,
                                           events->front().schema, parts->body)
                                     : fail(ErrorCode::unavailable, "the fork was not kept");
            auto const* const forked = first ? std::get_if<Forked>(&*first) : nullptr;
            if (!forked)
                return forking->done(fail(ErrorCode::unavailable,
                    "room " + room + ", which this fork would be, cannot be read"));
            bool const is_same = (!past.moment.version && !past.moment.at)
                || forked->version == past.state.version();
            if (!is_same)
                return forking->done(fail(ErrorCode::stale_base,
                    "room " + room + " is the fork of this name, as of version "
                        + std::to_string(forked->version) + ": give another name"));
            forking->done(Fork{room, forked->from, forked->version, false});
        });
}

void Rooms::begin_fork(std::shared_ptr<Forking> forking, std::vector<events::MemberKey> keys)
{
    if (is_here(forking)) // By the same order, given twice.
        return;
    auto const& past = *forking->past;
    auto snapshot = past.snapshot();
    if (!snapshot)
        return forking->done(std::unexpected(snapshot.error()));
    if (auto const possible = past.can_go_on(ports_.crumbs, games_); !possible)
        return forking->done(std::unexpected(possible.error()));
    std::erase_if(keys, [&](events::MemberKey const& key) {
        return key.actor > past.state.members().size()
            || std::ranges::find(past.forgotten, key.subject) != past.forgotten.end();
    });
    auto const free = std::ranges::find_if(
        forking->ids, [&](ForkId const& id) { return !codes_.contains(code_of(id.room)); });
    if (free == forking->ids.end())
        return forking->done(fail(ErrorCode::busy, "no invite code is free; try another name"));
    auto const entry = begin(free->room, past.state.opened().game);
    if (!entry)
        return forking->done(std::unexpected(entry.error()));
    Forked forked{.from = past.head.stream, .version = snapshot->version,
        .at = past.moment_at(around_.now.wall),
        .link = to_hex({reinterpret_cast<char const*>(snapshot->link.data()),
            snapshot->link.size()}),
        .state = to_hex(snapshot->state), .rules = past.state.opened().rules, .code = free->code,
        .seed = to_hex(ports_.dice.bytes(32))};
    (*entry)->room->fork(forked, std::move(keys), past.state.letters(),
        [forking, id = free->room](Result<void> const& kept) {
            auto const& from = *forking->past;
            if (kept)
                forking->done(Fork{id, from.head.stream, from.state.version(), true});
            else
                forking->done(std::unexpected(kept.error()));
        });
    mark(**entry);
}

} // namespace gatehouse::rooms
