// SPDX-License-Identifier: Apache-2.0
// Snapshots of a room: when they are worth their price, and back to life from one.
#include "rooms/room.hpp"

#include "base/assert.hpp"

namespace gatehouse::rooms {

Result<void> Room::restore(events::Snapshot const& snapshot)
{
    GH_ASSERT(wants_events() && state_.version() == 0);
    Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::read});
    try {
        state_ = GH_TRY(RoomState::restore(snapshot, around_.games));
    } catch (std::exception const& thrown) {
        return fail(ErrorCode::internal, "the game threw at its own state", thrown.what());
    }
    saved_version_ = state_.version();
    saved_bytes_ = state_.bytes();
    saved_ticks_ = state_.ticks();
    snapshot_size_ = snapshot.state.size();
    return {};
}

void Room::forget_state()
{
    state_ = RoomState(id_);
    snapshot_.reset();
    saved_version_ = saved_bytes_ = saved_ticks_ = snapshot_size_ = 0;
}

// Of a size that is guessed from the last one, until it is written.
bool Room::is_worth_saving() const
{
    bool const took_many = state_.version() > saved_version_ && state_.ticks() > saved_ticks_
        && state_.ticks() - saved_ticks_ >= options_.snapshot_ticks;
    if (took_many) // Who replays takes them all.
        return true;
    return state_.version() - saved_version_ >= options_.snapshot_events
        && state_.bytes() - saved_bytes_ >= options_.snapshot_growth * snapshot_size_;
}

// (A fork that awaits players is told of by its first event.)
bool Room::may_be_saved() const
{
    return phase_ == Phase::live && !state_.awaits_players() && saving_ == Saving::nothing
        && state_.is_at_event();
}

bool Room::wants_saving() const
{
    return may_be_saved() && is_worth_saving();
}

void Room::save()
{
    guarded([this] {
        Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::show});
        auto snapshot = state_.snapshot();
        snapshot_size_ = snapshot.state.size();
        if (is_worth_saving())
            take_snapshot(std::move(snapshot));
    });
}

void Room::take_snapshot(events::Snapshot snapshot)
{
    snapshot_size_ = snapshot.state.size();
    snapshot_ = std::move(snapshot);
    saving_ = Saving::in_gate;
    saved_version_ = state_.version();
    saved_bytes_ = state_.bytes();
    saved_ticks_ = state_.ticks();
}

void Room::saved()
{
    if (saving_ == Saving::in_store)
        saving_ = Saving::nothing;
}

}  // namespace gatehouse::rooms
