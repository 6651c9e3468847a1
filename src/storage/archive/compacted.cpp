// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/compacted.hpp"

#include "events/page.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gatehouse::storage::archive {

using events::Event;
using events::Version;

Result<std::vector<Event>> Compacted::read(
    std::string_view room, Version after, Version floor, std::size_t events_max)
{
    std::vector<Event> page;
    events::ReadBound bound(events_max);
    while (after < floor && bound.has_room()) {
        auto const fetched = fetch(room, after + 1);
        if (!fetched && fetched.error().code == ErrorCode::not_found && !page.empty())
            break;
        GH_CHECK(fetched);
        auto const last = std::min(part_->name.last, floor);
        for (; after < last && bound.has_room(); after++)
            bound.take(page.emplace_back(part_->events[after + 1 - part_->name.first]));
    }
    return page;
}

Result<void> Compacted::fetch(std::string_view room, Version version)
{
    auto const has = [&](PartName const& name) {
        return name.room == room && name.first <= version && version <= name.last;
    };
    if (part_ && has(part_->name))
        return {};
    part_.reset();
    for (auto const& name : GH_TRY(archive_.parts(room)))
        if (has(name)) {
            part_ = GH_TRY(archive_.read(name));
            return {};
        }
    // Its pack, where it was finished once: the store was set back since.
    for (auto const& name : GH_TRY(archive_.find(room))) {
        Part whole{.name = {std::string(room), 1, 0}, .game = name.game};
        auto const pack = archive_.read(name, [&whole](Event event) {
            whole.events.push_back(std::move(event));
            return Result<void>{};
        });
        whole.name.last = whole.events.size();
        if (pack && has(whole.name)) {
            part_ = std::move(whole);
            return {};
        }
    }
    return fail(ErrorCode::not_found, "These events were compacted, and the archive lacks them.",
        std::string(room) + ": version " + std::to_string(version));
}

WholeHistory::WholeHistory(Log& log, Objects* objects)
    : log_(log)
{
    if (objects)
        compacted_.emplace(archive_.emplace(*objects));
}

Result<std::vector<Event>> WholeHistory::read(
    std::string_view room, Version after, std::size_t events_max)
{
    auto stored = log_.read(room, after, events_max);
    if (stored || stored.error().code != ErrorCode::not_found)
        return stored;
    if (!compacted_)
        return fail(ErrorCode::not_found, stored.error().message,
            std::string(room) + ": they are in the archive, and archive.to names none");
    for (int tries = 5;; tries--) { // More is compacted while it is read, but not for ever.
        auto const heads = GH_TRY(log_.find(room));
        if (heads.empty())
            return fail(ErrorCode::not_found, "There is no such room.");
        auto page = GH_TRY(compacted_->read(room, after, heads.front().floor, events_max));
        if (page.empty() || !events::is_last_page(page, events_max))
            return page;
        auto rest = log_.read(room, page.back().version, events_max - page.size());
        if (!rest && rest.error().code == ErrorCode::not_found && tries > 1)
            continue;
        if (!rest)
            return rest;
        std::ranges::move(*rest, std::back_inserter(page));
        return page;
    }
}

} // namespace gatehouse::storage::archive
