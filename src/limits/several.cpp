// SPDX-License-Identifier: Apache-2.0
#include "limits/several.hpp"

#include <algorithm>

namespace gatehouse::limits {
namespace {

bool is_again(std::span<Charge const> before, Charge const& charge)
{
    return std::ranges::any_of(before, [&](Charge const& each) {
        return each.limit == charge.limit && each.account == charge.account;
    });
}

} // namespace

bool is_worse(Verdict const& a, Verdict const& b)
{
    if (a.allowed != b.allowed)
        return !a.allowed;
    return a.allowed ? a.remaining < b.remaining : a.retry_after > b.retry_after;
}

SeveralVerdict ask_all(std::span<Charge const> charges, int cost, TimePoint now)
{
    SeveralVerdict verdict;
    for (auto const& charge : charges) {
        verdict.each.push_back(charge.limit->peek(charge.account, cost, now));
        verdict.allowed = verdict.allowed && verdict.each.back().allowed;
    }
    for (std::size_t i = 0; i < charges.size(); i++) {
        auto const& [limit, account] = charges[i];
        if (verdict.allowed && !is_again(charges.first(i), charges[i]))
            verdict.each[i] = limit->ask(account, cost, now);
        if (is_worse(verdict.each[i], verdict.each[verdict.which]))
            verdict.which = i;
    }
    // Those that would have allowed it have still what they had.
    for (std::size_t i = 0; i < charges.size() && !verdict.allowed; i++)
        if (auto& each = verdict.each[i]; each.allowed) {
            each.remaining += cost;
            each.reset_after -= charges[i].limit->limit().price() * cost;
        }
    return verdict;
}

} // namespace gatehouse::limits
