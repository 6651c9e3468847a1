// SPDX-License-Identifier: Apache-2.0
// How much memory the rooms of a shard take, and which of them leave it.
#include "rooms/rooms.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace gatehouse::rooms {

using namespace std::chrono_literals;

// ---- Memory

void Rooms::weigh(Entry& entry)
{
    auto const bytes = sizeof(Entry)
        + (entry.room        ? entry.room->footprint()
                : entry.rest ? entry.rest->footprint()
                             : 0);
    bytes_ += bytes - std::exchange(entry.bytes, bytes);
    if (is_short_of_memory())
        plan_sweep();
}

bool Rooms::is_short_of_memory() const
{
    return bytes_ > options_.memory_max / 100 * options_.memory_short_at_percent;
}

Result<void> Rooms::find_memory()
{
    if (bytes_ < options_.memory_max)
        return {};
    memory_refusals_++;
    if (auto const now = around_.now.steady; !memory_missed_at_ || now - *memory_missed_at_ > 60s) {
        memory_missed_at_ = now;
        ports_.complain("",
            {ErrorCode::busy, "no memory is left for new rooms",
                "capacity.memory is all taken by rooms that somebody is in: raise it, or add a "
                "server"});
    }
    return fail(ErrorCode::busy,
        "the rooms of this server take all the memory that they may; "
        "try again later");
}

// ---- Idleness

// Called whenever something has happened to a room. One in which nothing has, but that it was
// looked at, keeps its place among the idle.
void Rooms::note_idleness(Entry& entry)
{
    if (!entry.room->may_sleep())
        return stay_up(entry);
    auto const version = entry.room->state().version();
    if (entry.falls_asleep_at == version) {
        if (entry.room->is_saving())
            return;
        // There is a place for another's snapshot.
        next_sweep_ = std::min(next_sweep_, around_.now.steady + sweep_pause);
        return lay_down(entry);
    }
    if (entry.idle && entry.idle->version == version)
        return;
    stay_up(entry);
    entry.idle = {around_.now.steady, version, idle_.insert(idle_.end(), &entry)};
    plan_sweep();
}

void Rooms::stay_up(Entry& entry)
{
    entry.falls_asleep_at.reset();
    if (entry.idle)
        idle_.erase(entry.idle->place);
    entry.idle.reset();
}

// Not before a while after the last one: who cannot sleep now may be all there are.
void Rooms::plan_sweep()
{
    if (idle_.empty())
        return;
    auto due = idle_.front()->idle->since + options_.sleep_after;
    if (is_short_of_memory())
        due = std::min(due, around_.now.steady);
    due = std::max(due, next_sweep_);
    if (sweep_.is_armed() && sweep_due_ <= due)
        return;
    sweep_due_ = due;
    ports_.timers.arm(sweep_, due);
}

// Whoever has been idle longest comes first. Some are passed over: who would be up again at once,
// and who waits for a snapshot that there is no place for.
void Rooms::sweep()
{
    auto const before = idle_.size();
    falling_ = 0;
    next_sweep_ = around_.now.steady + sweep_pause; // Also for whom this one lays down.
    for (auto count = std::min(idle_.size(), sweep_max); count > 0; count--) {
        auto& entry = *idle_.front();
        bool const is_due = around_.now.steady - entry.idle->since >= options_.sleep_after;
        if (!is_due && !is_short_of_memory())
            break;
        if (!let_fall_asleep(entry))
            break;
    }
    bool const is_in_vain = before > 0 && idle_.size() == before;
    if (is_in_vain)
        next_sweep_ = around_.now.steady + sweep_pause_in_vain;
    plan_sweep();
}

bool Rooms::let_fall_asleep(Entry& entry)
{
    auto const alarm = entry.room->alarm();
    // Who was woken late has a grace: laid down in it, it would be late again, and never ring.
    auto const grace = options_of(entry.head.category).room.overdue_grace;
    bool const is_up_soon
        = alarm && *alarm - around_.now.steady <= std::max(options_.nap_min, grace);
    if (entry.is_dirty || is_up_soon || !entry.room->may_sleep()) {
        auto const version = entry.idle->version;
        stay_up(entry);
        entry.idle = {around_.now.steady, version, idle_.insert(idle_.end(), &entry)};
        return true;
    }
    if (entry.room->is_saving() || entry.room->wants_saving_to_sleep()) {
        bool const has_place
            = entry.room->is_saving() || saving_ + falling_ < options_.snapshots_max;
        if (!has_place && !is_short_of_memory())
            return false;
        if (has_place) {
            auto const version = entry.idle->version;
            stay_up(entry);
            entry.falls_asleep_at = version;
            falling_++;
            mark(entry);
            return true;
        }
    }
    lay_down(entry);
    return true;
}

// Its alarm rings for who sleeps, too.
void Rooms::lay_down(Entry& entry)
{
    GH_ASSERT(!entry.is_dirty && !entry.is_reading && entry.curious.empty());
    stay_up(entry);
    entry.rest = std::make_unique<Rest>(entry.room->rest());
    set_alarm(entry);
    entry.room.reset();
    entry.origin = Entry::Origin::store;
    put_to_sleep_++;
    resting_++;
    weigh(entry);
    plan_sweep();
}

// Makes the room that is about to be read.
Room& Rooms::bring_in(Entry& entry)
{
    if (entry.room)
        return *entry.room;
    entry.room
        = std::make_unique<Room>(entry.head.stream, options_of(entry.head.category).room, around_);
    if (auto const rest = std::exchange(entry.rest, nullptr)) {
        resting_--;
        entry.woken_at = around_.now.steady;
        entry.room->remember(std::move(rest->absences));
    }
    return *entry.room;
}

void Rooms::note_woken(Entry& entry)
{
    if (auto const at = std::exchange(entry.woken_at, std::nullopt)) {
        woken_++;
        waking_ += around_.now.steady - *at;
    }
}

} // namespace gatehouse::rooms
