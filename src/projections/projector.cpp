// SPDX-License-Identifier: Apache-2.0
#include "projections/projector.hpp"

#include <utility>

namespace gatehouse::projections {

Projector::Projector(Log log)
    : log_(std::move(log))
    , source_("v" + std::to_string(fold_version) + " " + log_.history)
{ }

Result<Projector::Step> Projector::step(Views& views)
{
    auto const from = GH_TRY(checkpoint(views));
    auto const page = GH_TRY(log_.page(from.next, page_events_max));
    Checkpoint const to{source_, page.next, from.is_whole || page.is_last};
    if (to != from) {
        auto const members = GH_TRY(members_of(page.events));
        auto const done = GH_TRY(views.advance(from, to, [&](Rows& rows) {
            for (auto const& event : page.events)
                fold(event, members, rows);
        }));
        if (!done)
            return Step{from.next, from.is_whole, false};
    }
    return Step{to.next, to.is_whole, page.is_last};
}

Result<events::LogCursor> Projector::end(events::LogCursor from) const
{
    auto low = from; // The event there is not the last one,
    auto high = from + 1;
    while (!GH_TRY(log_.page(high, 1)).is_last)
        high += 2 * (high - std::exchange(low, high));
    while (high - low > 1) { // and the one here is, or there is none.
        auto const middle = low + (high - low) / 2;
        (GH_TRY(log_.page(middle, 1)).is_last ? high : low) = middle;
    }
    return GH_TRY(log_.page(high, 1)).next;
}

Result<Checkpoint> Projector::checkpoint(Views& views)
{
    auto checkpoint = GH_TRY(views.checkpoint());
    if (checkpoint.source == source_)
        return checkpoint;
    GH_CHECK(views.begin(source_));
    return GH_TRY(views.checkpoint());
}

Result<Members> Projector::members_of(std::vector<events::PositionedEvent> const& events)
{
    Members members;
    for (auto const& event : events) {
        if (!needs_members(event) || members.contains(event.stream))
            continue;
        auto& of_room = members[event.stream];
        for (auto& key : GH_TRY(log_.keys(event.stream)))
            of_room.push_back({key.actor, log_.shown_id(key.subject), std::move(key.key)});
    }
    return members;
}

} // namespace gatehouse::projections
