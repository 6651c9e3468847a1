// SPDX-License-Identifier: Apache-2.0
// A room's state as bytes, and back.
#include "rooms/state.hpp"

#include "base/digest.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

// The platform's half of a snapshot, in the order of its bytes. Whoever changes it changes the
// number: a snapshot of another format is made anew from the events.
struct Saved {
    static constexpr std::uint64_t format = 1;
    events::Version version = 0;
    std::uint64_t bytes = 0;
    Opened opened{};
    WallTime opened_at{};
    std::uint64_t restored = 0; // How often.
    bool finished = false;
    std::vector<Member> members{};
    std::vector<Chair> chairs{};
    std::vector<ArmedTimer> timers{};
    std::vector<Letter> letters{};
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
    cbor::Writer out(snapshot.state);
    out.integer(Saved::format).bytes(bytes_of(snapshot.link));
    write_cbor(out, Saved{.version = version_, .bytes = bytes_, .opened = opened_,
        .opened_at = opened_at_, .restored = restored_, .finished = finished_, .members = members_,
        .chairs = chairs_, .timers = timers_, .letters = letters_});
    std::string game;
    play_->write_state(game);
    out.bytes(game);
    snapshot.hash = sha256(snapshot.state);
    return snapshot;
}

Result<RoomState> RoomState::restore(events::Snapshot const& snapshot, Catalogue const& games)
{
    if (sha256(snapshot.state) != snapshot.hash)
        return unusable("its hash does not fit");
    cbor::Reader in(snapshot.state);
    if (in.unsigned_integer() != Saved::format)
        return unusable("it is of another format than " + std::to_string(Saved::format));
    auto const link = in.bytes();
    Saved saved;
    read_cbor(in, saved);
    auto const game = in.bytes();
    if (in.is_broken() || !in.is_at_end() || saved.version != snapshot.version
        || link != bytes_of(snapshot.link))
        return unusable("broken data");

    auto const* rules = GH_TRY(rules_for(saved.opened, games));
    RoomState state;
    state.play_ = GH_TRY(rules->resume(game));
    state.version_ = saved.version;
    state.bytes_ = saved.bytes;
    state.link_ = snapshot.link;
    state.is_chained_ = snapshot.link != events::Link{};
    state.note(saved.opened);
    state.opened_at_ = saved.opened_at;
    state.restored_ = saved.restored;
    state.finished_ = saved.finished;
    state.is_open_ = state.play_->is_open();
    state.members_ = std::move(saved.members);
    state.chairs_ = std::move(saved.chairs);
    state.timers_ = std::move(saved.timers);
    state.letters_ = std::move(saved.letters);
    if (!state.is_sound() || std::cmp_not_equal(state.chairs_.size(), rules->about().seats_max))
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
    return version_ > 0 && members_.size() <= members_max && timers_.size() <= timers_max
        && letters_.size() <= letters_max && std::ranges::all_of(chairs_, is_known)
        && std::ranges::all_of(letters_, is_about_known);
}

}  // namespace gatehouse::rooms
