// SPDX-License-Identifier: Apache-2.0
#include "sessions/tickets.hpp"

#include "sessions/shard_id.hpp"

#include <utility>

namespace gatehouse::sessions {
namespace {

constexpr std::string_view prefix = "ticket_";

} // namespace

bool Tickets::is_ticket(std::string_view token) { return token.starts_with(prefix); }

std::optional<ShardIndex> Tickets::shard_of(std::string_view ticket)
{
    if (!is_ticket(ticket))
        return std::nullopt;
    return sessions::shard_of(ticket.substr(prefix.size()));
}

Result<Tickets::Issued> Tickets::issue(
    Admission admission, ShardIndex shard, Dice& dice, TimePoint now)
{
    forget_expired(now);
    if (order_.size() >= options_.tickets_max)
        return fail(ErrorCode::busy, "too many tickets are out; try again");
    auto ticket = std::string(prefix) + draw_shard_id(shard, dice);
    auto const until = now + options_.good_for;
    tickets_.insert_or_assign(ticket, Ticket{std::move(admission), until});
    order_.push_back({ticket, until});
    return Issued{std::move(ticket), options_.good_for};
}

Result<Admission> Tickets::redeem(std::string const& ticket, TimePoint now)
{
    auto const found = tickets_.extract(ticket);
    if (found.empty() || found.mapped().until <= now)
        return fail(ErrorCode::unauthenticated, "this ticket was used, or is too old");
    return std::move(found.mapped().admission);
}

void Tickets::forget_expired(TimePoint now)
{
    while (!order_.empty() && order_.front().until <= now) {
        tickets_.erase(order_.front().ticket);
        order_.pop_front();
    }
}

} // namespace gatehouse::sessions
