// SPDX-License-Identifier: Apache-2.0
#include "limits/denials.hpp"

#include <algorithm>

namespace gatehouse::limits {

void Denials::note(std::string_view account, RateLimit const& limit, int cost,
    Verdict const& verdict, TimePoint now)
{
    if (verdict.allowed || verdict.retry_after <= Duration::zero())
        return;
    if (denials_.size() >= accounts_max_ && now >= first_end_) {
        first_end_ = TimePoint::max();
        std::erase_if(denials_, [&](auto const& each) { return each.second.until <= now; });
        for (auto const& [name, denial] : denials_)
            first_end_ = std::min(first_end_, denial.until);
    }
    auto const known = denials_.find(account);
    if (known == denials_.end() && denials_.size() >= accounts_max_)
        return;
    Denial const denial{.limit = limit,
        .cost = cost,
        .remaining = verdict.remaining,
        .until = now + verdict.retry_after,
        .reset = now + verdict.reset_after};
    first_end_ = std::min(first_end_, denial.until);
    denials_.insert_or_assign(std::string(account), denial);
}

std::optional<Verdict> Denials::find(
    std::string_view account, RateLimit const& limit, int cost, TimePoint now) const
{
    auto const found = denials_.find(account);
    if (found == denials_.end())
        return std::nullopt;
    auto const& denial = found->second;
    if (now >= denial.until || cost < denial.cost || !(limit == denial.limit))
        return std::nullopt;
    return Verdict{.allowed = false,
        .retry_after = denial.until - now,
        .remaining = denial.remaining,
        .reset_after = std::max(denial.reset - now, Duration::zero())};
}

} // namespace gatehouse::limits
