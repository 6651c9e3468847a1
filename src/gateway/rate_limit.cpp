// SPDX-License-Identifier: Apache-2.0
#include "gateway/rate_limit.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {

RateLimiter::RateLimiter(RateLimit limit, std::size_t clients_max)
    : limit_(limit)
    , price_(limit.period / std::max(limit.burst, 1))
    , clients_max_(clients_max)
{
    GH_ASSERT(limit.burst > 0);
    GH_ASSERT(price_ > Duration::zero());
    GH_ASSERT(clients_max > 0);
}

RateLimiter::Verdict RateLimiter::ask(std::string_view client, TimePoint now)
{
    change_generation(now);

    auto* const paid_at = account_of(client);
    auto const will_have_paid = (paid_at ? std::max(*paid_at, now) : now) + price_;
    auto const debt = will_have_paid - now;
    if (debt > limit_.period)
        return {.allowed = false,
            .retry_after = debt - limit_.period,
            .remaining = 0,
            .reset_after = debt - price_};

    if (paid_at)
        *paid_at = will_have_paid;
    else if (young_.size() + old_.size() < clients_max_)
        young_.emplace(client, will_have_paid);
    else {
        auto const wait = young_since_ + limit_.period - now;
        return {.allowed = false, .retry_after = wait, .remaining = 0, .reset_after = wait};
    }
    return {.allowed = true,
        .retry_after = {},
        .remaining = static_cast<int>((limit_.period - debt) / price_),
        .reset_after = debt};
}

void RateLimiter::change_generation(TimePoint now)
{
    auto const age = now - young_since_;
    if (age < limit_.period)
        return;
    old_ = std::exchange(young_, {});
    if (age >= 2 * limit_.period)
        old_.clear();
    young_since_ = now;
}

TimePoint* RateLimiter::account_of(std::string_view client)
{
    if (auto const found = old_.find(client); found != old_.end())
        young_.insert(old_.extract(found));
    auto const found = young_.find(client);
    return found == young_.end() ? nullptr : &found->second;
}

}  // namespace gatehouse::gateway
