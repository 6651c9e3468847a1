// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::gateway::stages {

// Operators are let in: one of them may have to lift a ban.
Progress admit(Exchange& exchange, Context& context)
{
    if (context.bans.size() == 0 || exchange.listener == Listener::admin) [[likely]]
        return Progress::go_on;
    auto const now = context.ports.now.wall;
    auto const* const ban = context.bans.find(exchange.peer, now);
    if (!ban)
        return Progress::go_on;
    exchange.failure = "banned";
    exchange.limits.is_banned = true;
    if (ban->until)
        exchange.limits.ban_lasts = *ban->until - now;
    exchange.answer.is_last = true;
    exchange.refuse(ErrorCode::forbidden,
        ban->until ? fmt::format("This address is banned until {}.", rfc3339(ban->until->ms))
                   : std::string("This address is banned."));
    return Progress::answered;
}

} // namespace gatehouse::gateway::stages
