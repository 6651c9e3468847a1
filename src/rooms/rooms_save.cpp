// SPDX-License-Identifier: Apache-2.0
// Snapshots: how many rooms of a shard take one at once, and whose turn it is.
#include "rooms/rooms.hpp"

#include <utility>

namespace gatehouse::rooms {

void Rooms::save_if_due(Entry& entry)
{
    if (entry.falls_asleep_at && entry.room->may_sleep() && entry.room->wants_saving_to_sleep())
        return entry.room->save_to_sleep();
    if (!entry.room->wants_saving())
        return;
    if (saving_ < options_.snapshots_max)
        entry.room->save();
    else if (!std::exchange(entry.waits_to_save, true))
        to_save_.push_back(entry.head.stream);
}

// Whose snapshot is kept, refused or lost makes place for another room's.
void Rooms::count_saving(Entry& entry, bool is_saving)
{
    if (is_saving == entry.is_saving)
        return;
    entry.is_saving = is_saving;
    saving_ += is_saving ? 1uz : -1uz;
}

bool Rooms::calls_next_to_save()
{
    while (saving_ < options_.snapshots_max && !to_save_.empty()) {
        auto* const next = find(to_save_.front());
        to_save_.pop_front();
        if (!next)
            continue;
        next->waits_to_save = false;
        mark(*next);
        return true;
    }
    return false;
}

void Rooms::keep(std::string_view room, events::Snapshot snapshot)
{
    ports_.store.keep({std::string(room), std::move(snapshot)},
        [this, room = std::string(room)](Result<void> const& kept) {
            (kept ? snapshots_kept_ : snapshots_refused_)++;
            auto* const entry = find(room);
            if (!entry || !entry->room)
                return;
            if (kept)
                entry->distrusts_snapshot = false;
            entry->room->saved();
            mark(*entry);
        });
}

} // namespace gatehouse::rooms
