// SPDX-License-Identifier: Apache-2.0
// A room's state as bytes, and back.
#include "rooms/state.hpp"

#include "base/digest.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

// Of format 1, when nothing was sealed.
struct OldMember {
    std::string principal{};
    std::string display{};
    Applied applied{};
    static void fields(auto& self, auto&& field)
    {
        field("principal", self.principal);
        field("display", self.display);
        field("applied", self.applied);
    }
};
struct OldLetter {
    events::Version number = 0;
    OldSetAside about{};
    static void fields(auto& self, auto&& field)
    {
        field("number", self.number);
        field("about", self.about);
    }
};

Member upcast(OldMember&& old)
{
    return {.principal = std::move(old.principal), .display = std::move(old.display),
        .applied = std::move(old.applied)};
}
Letter upcast(OldLetter const& old) { return {old.number, upcast(old.about)}; }

// The platform's half of a snapshot, in the order of its bytes. Whoever changes it changes the
// number, and reads the older ones on: events hold snapshots (room.restored).
constexpr std::uint64_t format_plain = 2;
constexpr std::uint64_t format_rare = 3;
constexpr std::uint64_t format_ticks = 4;
constexpr std::uint64_t format_now = 5;
template <typename SavedMember, typename SavedLetter>
struct SavedAs {
    events::Version version = 0;
    std::uint64_t bytes = 0;
    Opened opened{};
    WallTime opened_at{};
    std::uint64_t restored = 0; // How often.
    bool finished = false;
    std::vector<SavedMember> members{};
    std::vector<Chair> chairs{};
    std::vector<ArmedTimer> timers{};
    std::vector<SavedLetter> letters{};
    static void fields(auto& self, auto&& field)
    {
        field("version", self.version);
        field("bytes", self.bytes);
        field("opened", self.opened);
        field("opened_at", self.opened_at.ms);
        field("restored", self.restored);
        field("finished", self.finished);
        field("members", self.members);
        field("chairs", self.chairs);
        field("timers", self.timers);
        field("letters", self.letters);
    }
};
// What few rooms have to tell. One that has not is written as ever.
struct Rare {
    std::optional<Seat> host{};
    std::vector<std::uint32_t> kicked{};
    std::optional<std::int64_t> on_hold_since{}; // Then `timers` are as of then.
    static void fields(auto& self, auto&& field)
    {
        field("host", self.host);
        field("kicked", self.kicked);
        field("on_hold_since", self.on_hold_since);
    }
};
// Of a room that took steps, or may.
struct SavedTicks {
    std::uint64_t taken = 0;
    std::uint64_t granted = 0;
    static void fields(auto& self, auto&& field)
    {
        field("taken", self.taken);
        field("granted", self.granted);
    }
};
// And what only some lobbies have to.
struct Door {
    bool unlisted = false;
    std::vector<Reservation> reservations{};
    static void fields(auto& self, auto&& field)
    {
        field("unlisted", self.unlisted);
        field("reservations", self.reservations);
    }
};
using Saved = SavedAs<Member, Letter>;
using OldSaved = SavedAs<OldMember, OldLetter>;

Saved upcast(OldSaved&& old)
{
    Saved saved{.version = old.version, .bytes = old.bytes, .opened = std::move(old.opened),
        .opened_at = old.opened_at, .restored = old.restored, .finished = old.finished,
        .chairs = std::move(old.chairs), .timers = std::move(old.timers)};
    for (auto& member : old.members)
        saved.members.push_back(upcast(std::move(member)));
    for (auto const& letter : old.letters)
        saved.letters.push_back(upcast(letter));
    return saved;
}

template <typename S>
Saved read_as(cbor::Reader& in)
{
    S saved;
    read_cbor(in, saved);
    if constexpr (std::is_same_v<S, Saved>)
        return saved;
    else
        return upcast(std::move(saved));
}

// What is sealed is kept sealed.
std::vector<Member> closed(std::vector<Member> members)
{
    for (auto& member : members) {
        if (!member.sealed_principal.empty())
            member.principal.clear();
        if (!member.sealed_display.empty())
            member.display.clear();
    }
    return members;
}

std::vector<Letter> closed(std::vector<Letter> letters)
{
    for (auto& letter : letters)
        if (!letter.about.sealed.empty())
            letter.about.body.clear();
    return letters;
}

std::string_view bytes_of(events::Link const& link)
{
    return {reinterpret_cast<char const*>(link.data()), link.size()};
}

std::unexpected<Error> unusable(std::string_view what)
{
    return fail(ErrorCode::internal, "this room's snapshot cannot be used", std::string(what));
}

}  // namespace

events::Snapshot RoomState::snapshot() const
{
    events::Snapshot snapshot{
        .version = version_, .link = is_chained_ ? link_ : events::Link{}, .state = {}, .hash = {}};
    Rare const rare{.host = host_, .kicked = kicked_,
        .on_hold_since = is_on_hold() ? std::optional(still_->since.ms) : std::nullopt};
    Door const door{.unlisted = is_unlisted_, .reservations = reservations_};
    auto const format = !is_same(door, Door()) ? format_now
        : ticks_.granted > 0                   ? format_ticks
        : !is_same(rare, Rare())               ? format_rare
                                               : format_plain;
    cbor::Writer out(snapshot.state);
    out.integer(format).bytes(bytes_of(snapshot.link));
    write_cbor(out, Saved{.version = version_, .bytes = bytes_, .opened = opened_,
        .opened_at = opened_at_, .restored = restored_, .finished = finished_,
        .members = closed(members_), .chairs = chairs_,
        .timers = still_ ? still_->timers : timers_,
        .letters = closed(letters_)});
    if (format >= format_rare)
        write_cbor(out, rare);
    if (format >= format_ticks)
        write_cbor(out, SavedTicks{ticks_.taken, ticks_.granted});
    if (format == format_now)
        write_cbor(out, door);
    std::string game;
    play_->write_state(game);
    out.bytes(game);
    snapshot.hash = sha256(snapshot.state);
    return snapshot;
}

Result<RoomState> RoomState::restore(events::Snapshot const& snapshot, Catalogue const& games)
{
    auto state = GH_TRY(read(snapshot, games));
    if (!state.exists())
        return std::unexpected(state.why_not(games));
    return state;
}

// Without its play where the rules are not here: what comes after may tell what it came to.
Result<RoomState> RoomState::read(events::Snapshot const& snapshot, Catalogue const& games)
{
    if (sha256(snapshot.state) != snapshot.hash)
        return unusable("its hash does not fit");
    cbor::Reader in(snapshot.state);
    auto const format = in.unsigned_integer();
    if (format < 1 || format > format_now)
        return unusable("its format is newer than " + std::to_string(format_now));
    auto const link = in.bytes();
    auto saved = format == 1 ? read_as<OldSaved>(in) : read_as<Saved>(in);
    Rare rare;
    if (format >= format_rare)
        read_cbor(in, rare);
    SavedTicks ticks;
    if (format >= format_ticks)
        read_cbor(in, ticks);
    Door door;
    if (format == format_now)
        read_cbor(in, door);
    auto const game = in.bytes();
    if (in.is_broken() || !in.is_at_end() || saved.version != snapshot.version
        || link != bytes_of(snapshot.link))
        return unusable("broken data");

    auto const rules = rules_for(saved.opened, games);
    RoomState state;
    if (rules)
        state.play_ = GH_TRY((*rules)->resume(game));
    state.version_ = saved.version;
    state.bytes_ = saved.bytes;
    state.link_ = snapshot.link;
    state.is_chained_ = snapshot.link != events::Link{};
    state.note(saved.opened);
    state.opened_at_ = saved.opened_at;
    state.restored_ = saved.restored;
    state.finished_ = saved.finished;
    state.is_open_ = state.exists() && state.play_->is_open();
    state.members_ = std::move(saved.members);
    state.chairs_ = std::move(saved.chairs);
    state.timers_ = std::move(saved.timers);
    state.letters_ = std::move(saved.letters);
    state.ticks_ = {ticks.taken, ticks.granted, ticks.taken};
    state.host_ = rare.host;
    state.kicked_ = std::move(rare.kicked);
    state.is_unlisted_ = door.unlisted;
    state.reservations_ = std::move(door.reservations);
    if (rare.on_hold_since)
        state.still_ = Still{std::exchange(state.timers_, {}), {*rare.on_hold_since}, false, true};
    if (!state.is_sound()
        || (rules && std::cmp_not_equal(state.chairs_.size(), (*rules)->about().seats_max)))
        return unusable("it tells of what cannot be");
    return state;
}

bool RoomState::is_sound() const
{
    auto const is_known = [this](Chair const& chair) {
        return chair.by != Occupant::player
            || (chair.actor > 0 && chair.actor <= members_.size());
    };
    auto const is_about_known = [this](Letter const& letter) {
        return letter.about.actor <= members_.size();
    };
    auto const timers = still_ ? still_->timers.size() : timers_.size();
    auto const is_member = [this](std::uint32_t actor) { return actor <= members_.size(); };
    auto const is_reserved_well = [&](Reservation const& each) {
        return each.seat >= 0 && std::cmp_less(each.seat, chairs_.size()) && each.actor > 0
            && is_member(each.actor);
    };
    return version_ > 0 && ticks_.taken <= ticks_.granted && members_.size() <= members_max
        && std::ranges::all_of(reservations_, is_reserved_well) && timers <= timers_max
        && std::ranges::is_sorted(kicked_) && std::ranges::all_of(kicked_, is_member)
        && (!host_ || (*host_ >= 0 && std::cmp_less(*host_, chairs_.size())))
        && letters_.size() <= letters_max && std::ranges::all_of(chairs_, is_known)
        && std::ranges::all_of(letters_, is_about_known);
}

}  // namespace gatehouse::rooms
