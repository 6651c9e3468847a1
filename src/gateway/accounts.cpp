// SPDX-License-Identifier: Apache-2.0
#include "gateway/accounts.hpp"

#include "limits/address.hpp"
#include "limits/several.hpp"
#include "routing/pattern.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace gatehouse::gateway {
namespace {

// IPv6 counts by its /64, for a household has as many addresses.
std::string_view client_address(std::string_view peer, std::string& scratch)
{
    bool const is_ipv4 = !peer.contains(':');
    auto const address = is_ipv4 ? std::nullopt : limits::parse_address(peer);
    if (!address)
        return peer;
    scratch = limits::print_block(limits::client_of(*address));
    return scratch;
}

// Of the room API: /v1/rooms/{room}.
std::string_view room_of(Exchange const& exchange)
{
    std::string_view path = exchange.path;
    auto const named = exchange.route->limits.room_at;
    auto skipped = named.value_or(2);
    if (!named && !path.starts_with("/v1/rooms/"))
        return {};
    for (; skipped > 0; skipped--)
        static_cast<void>(routing::take_segment(path));
    return routing::is_at_end(path) ? std::string_view() : routing::take_segment(path);
}

// A principal's id can't be taken for an address, nor a room: they have no space.
std::string_view part_of(Exchange const& exchange, LimitBy by, std::string& scratch)
{
    switch (by) {
    case LimitBy::route: return exchange.route->options->id;
    case LimitBy::principal:
        if (exchange.access.principal) {
            scratch.assign("p ").append(exchange.access.principal->id);
            return scratch;
        }
        break;
    case LimitBy::room:
        if (auto const room = room_of(exchange); !room.empty()) {
            scratch.assign("r ").append(room);
            return scratch;
        }
        break;
    case LimitBy::ip: break;
    }
    return client_address(exchange.peer, scratch);
}

limits::Gcra* accounts_named(Plan const& plan, std::string_view name)
{
    auto const found = std::ranges::find(
        plan.limits, name, [](auto const& each) -> std::string_view { return each->options.name; });
    return found == plan.limits.end() ? nullptr : (*found)->accounts.get();
}

} // namespace

std::string_view account_of(
    Exchange const& exchange, LimitOptions const& limit, std::string& scratch)
{
    if (limit.by.size() == 1)
        return part_of(exchange, limit.by.front(), scratch);
    std::string whole;
    for (auto const by : limit.by) { // With their lengths, so that no two read the same.
        auto const part = part_of(exchange, by, scratch);
        fmt::format_to(std::back_inserter(whole), "{}:{} ", part.size(), part);
    }
    scratch = std::move(whole);
    return scratch;
}

Accounts::Verdicts judge_all(
    Plan const& plan, std::span<LimitAccount const> accounts, TimePoint now)
{
    std::vector<limits::Charge> charges;
    for (auto const& [limit, account] : accounts)
        if (auto* const known = accounts_named(plan, limit))
            charges.push_back({known, account});
    auto const said = limits::ask_all(charges, 1, now);
    Accounts::Verdicts verdicts;
    auto next = said.each.begin();
    for (auto const& each : accounts)
        verdicts.push_back(accounts_named(plan, each.limit) ? *next++ : limits::Verdict{});
    return verdicts;
}

void give_back_all(
    Plan const& plan, std::span<LimitAccount const> accounts, TimePoint taken_at, TimePoint now)
{
    for (auto const& [limit, account] : accounts)
        if (auto* const known = accounts_named(plan, limit))
            known->give_back(account, 1, taken_at, now);
}

} // namespace gatehouse::gateway
