// SPDX-License-Identifier: Apache-2.0
#include "rooms/holds.hpp"

#include <algorithm>

namespace gatehouse::rooms {

Result<void> Holds::take(
    std::string_view principal, std::string_view room, WallTime until, WallTime now)
{
    sweep(now);
    auto found = holders_.find(principal);
    if (found == holders_.end()) {
        if (holders_.size() >= options_.principals_max)
            return fail(ErrorCode::busy,
                "too many seats of this server wait for people; try again "
                "later, or come without");
        found = holders_.emplace(std::string(principal), Holder{}).first;
    }
    auto& holder = found->second;
    std::erase_if(
        holder.seats, [&](Held const& each) { return each.until <= now || each.room == room; });
    if (holder.seats.size() >= options_.seats_max)
        return fail(ErrorCode::rate_limited,
            std::to_string(holder.seats.size())
                + " seats wait for you in other rooms: come to one, or give one up");
    auto const paid_until = std::max(holder.paid_until, now)
        + options_.rate_period / static_cast<std::int64_t>(options_.rate_max);
    if (paid_until - now > options_.rate_period)
        return fail(ErrorCode::rate_limited,
            "at most " + std::to_string(options_.rate_max) + " seats may come to wait for you in "
                + std::to_string(options_.rate_period.count() / 1'000) + " s");
    holder.paid_until = paid_until;
    holder.seats.push_back({std::string(room), until});
    reschedule(found->first, holder);
    return {};
}

void Holds::drop(std::string_view principal, std::string_view room)
{
    if (auto const found = holders_.find(principal); found != holders_.end()) {
        std::erase_if(found->second.seats, [&](Held const& each) { return each.room == room; });
        reschedule(found->first, found->second);
    }
}

void Holds::forget(std::string_view principal)
{
    if (auto const found = holders_.find(principal); found != holders_.end()) {
        going_.erase({found->second.gone_at, found->first});
        holders_.erase(found);
    }
}

void Holds::sweep(WallTime now)
{
    while (!going_.empty() && going_.begin()->first <= now) {
        holders_.erase(going_.begin()->second);
        going_.erase(going_.begin());
    }
}

void Holds::reschedule(std::string const& principal, Holder& holder)
{
    going_.erase({holder.gone_at, principal});
    holder.gone_at = holder.paid_until;
    for (auto const& each : holder.seats)
        holder.gone_at = std::max(holder.gone_at, each.until);
    going_.emplace(holder.gone_at, principal);
}

} // namespace gatehouse::rooms
