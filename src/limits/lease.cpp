// SPDX-License-Identifier: Apache-2.0
#include "limits/lease.hpp"

#include <algorithm>

namespace gatehouse::limits {

LeaseBlock lease(
    Gcra& limit, std::string_view account, int wanted, LeaseOptions const& options, TimePoint now)
{
    auto const most = std::clamp(wanted, 1, options.block_max);
    if (auto const tokens = limit.take_some(account, most, now); tokens > 0)
        return {.tokens = tokens};
    return {.retry_after = limit.peek(account, 1, now).retry_after};
}

LeaseHolder::Answer LeaseHolder::ask(TimePoint now)
{
    if (tokens(now) > 0) {
        tokens_--;
        count_grant(now);
        return Answer::granted;
    }
    if (now < refused_until_)
        return Answer::refused;
    if (is_asked_)
        return Answer::wait;
    is_asked_ = true;
    asked_at_ = now;
    return Answer::fetch;
}

int LeaseHolder::wanted(int waiting, TimePoint now) const
{
    auto const age = now - stretch_since_;
    auto const recent = age < options_.lasts ? std::max(granted_now_, granted_before_)
        : age < 2 * options_.lasts           ? granted_now_
                                             : 0;
    return std::clamp(std::max(waiting, recent), 1, options_.block_max);
}

void LeaseHolder::receive(LeaseBlock const& block, TimePoint asked_at, TimePoint now)
{
    if (!is_asked_ || asked_at != asked_at_)
        return;
    is_asked_ = false;
    if (block.tokens == 0) {
        refused_until_ = now + block.retry_after;
        return;
    }
    tokens_ = std::min(tokens(now) + block.tokens, options_.block_max);
    ends_ = asked_at + options_.lasts;
}

Duration LeaseHolder::retry_after(TimePoint now) const
{
    return std::max(refused_until_ - now, Duration::zero());
}

void LeaseHolder::count_grant(TimePoint now)
{
    if (auto const age = now - stretch_since_; age >= options_.lasts) {
        granted_before_ = age < 2 * options_.lasts ? granted_now_ : 0;
        granted_now_ = 0;
        stretch_since_ = now;
    }
    granted_now_++;
}

} // namespace gatehouse::limits
