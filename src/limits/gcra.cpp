// SPDX-License-Identifier: Apache-2.0
#include "limits/gcra.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::limits {

Gcra::Gcra(RateLimit limit, std::size_t accounts_max)
    : limit_(limit)
    , price_(limit.price())
    , accounts_max_(accounts_max)
{
    GH_ASSERT(limit.burst > 0);
    GH_ASSERT(price_ > Duration::zero());
    GH_ASSERT(accounts_max > 0);
}

Verdict Gcra::judge(TimePoint paid_at, int cost, TimePoint now) const
{
    auto const owed = paid_at - now;
    auto const debt = owed + price_ * cost;
    if (debt > limit_.period)
        return {.allowed = false,
            .retry_after = debt - limit_.period,
            .remaining = static_cast<int>((limit_.period - owed) / price_),
            .reset_after = owed};
    return {.allowed = true,
        .remaining = static_cast<int>((limit_.period - debt) / price_),
        .reset_after = debt};
}

Verdict Gcra::peek(std::string_view account, int cost, TimePoint now)
{
    GH_ASSERT(cost >= 1);
    return judge(paid_at(account, now), cost, now);
}

Verdict Gcra::ask(std::string_view account, int cost, TimePoint now)
{
    auto const verdict = peek(account, cost, now);
    if (verdict.allowed)
        pay(account, now + verdict.reset_after);
    return verdict;
}

int Gcra::take_some(std::string_view account, int cost, TimePoint now)
{
    auto const owed = paid_at(account, now) - now;
    auto const some = std::min(cost, static_cast<int>((limit_.period - owed) / price_));
    if (some > 0)
        pay(account, now + owed + price_ * some);
    return std::max(some, 0);
}

void Gcra::give_back(std::string_view account, int cost, TimePoint taken_at, TimePoint now)
{
    change_generation(now);
    auto* const own = account_of(account);
    auto& paid_at = own ? *own : crowd_paid_at_;
    paid_at -= std::max(price_ * cost - (now - taken_at), Duration::zero());
}

TimePoint Gcra::paid_at(std::string_view account, TimePoint now)
{
    change_generation(now);
    auto const* const own = account_of(account);
    bool const is_full = young_.size() + old_.size() >= accounts_max_;
    auto const paid_at = own ? *own : is_full ? crowd_paid_at_ : now;
    return std::max(paid_at, now);
}

void Gcra::pay(std::string_view account, TimePoint until)
{
    if (auto* const own = account_of(account))
        *own = until;
    else if (young_.size() + old_.size() < accounts_max_)
        young_.emplace(account, until);
    else
        crowd_paid_at_ = until;
}

void Gcra::change(RateLimit limit, TimePoint now)
{
    GH_ASSERT(limit.burst > 0);
    GH_ASSERT(limit.price() > Duration::zero());
    change_generation(now);
    limit_ = limit;
    price_ = limit.price();
    for (auto* const generation : {&young_, &old_})
        for (auto& [account, paid_at] : *generation)
            paid_at = std::min(paid_at, now + limit.period);
    crowd_paid_at_ = std::min(crowd_paid_at_, now + limit.period);
    young_since_ = now; // From here on nobody owes for longer than the new period.
}

void Gcra::change_generation(TimePoint now)
{
    auto const age = now - young_since_;
    if (age < limit_.period)
        return;
    old_ = std::exchange(young_, {});
    if (age >= 2 * limit_.period)
        old_.clear();
    young_since_ = now;
}

TimePoint* Gcra::account_of(std::string_view account)
{
    if (auto const found = old_.find(account); found != old_.end())
        young_.insert(old_.extract(found));
    auto const found = young_.find(account);
    return found == young_.end() ? nullptr : &found->second;
}

} // namespace gatehouse::limits
