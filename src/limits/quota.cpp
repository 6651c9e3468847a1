// SPDX-License-Identifier: Apache-2.0
#include "limits/quota.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::limits {
namespace {

constexpr std::string_view crowd = ""; // No account is called so.
constexpr std::int64_t used_max = std::numeric_limits<std::int64_t>::max() / 4; // Two may be added.

WallTime wall_time(std::chrono::sys_days day)
{
    return {std::chrono::duration_cast<Milliseconds>(day.time_since_epoch()).count()};
}

} // namespace

Span window_at(QuotaOptions::Window window, WallTime now)
{
    namespace chrono = std::chrono;
    auto const today
        = chrono::floor<chrono::days>(chrono::sys_time<Milliseconds>(Milliseconds(now.ms)));
    if (window == QuotaOptions::Window::day)
        return {wall_time(today), wall_time(today + chrono::days(1))};
    chrono::year_month_day const date(today);
    auto const first = date.year() / date.month() / chrono::day(1);
    return {wall_time(first), wall_time(first + chrono::months(1))};
}

Quota::Quota(QuotaOptions const& options, std::size_t accounts_max)
    : options_(options)
    , accounts_max_(accounts_max)
{
    GH_ASSERT(options.amount >= 0);
    GH_ASSERT(accounts_max > 0);
}

// Clocks of wall time do not run backwards within a process; a count of a later window stays.
void Quota::begin_window(WallTime now)
{
    if (now < window_.until)
        return;
    window_ = window_at(options_.window, now);
    used_.clear();
    changed_.clear();
}

std::string_view Quota::counted_as(std::string_view account) const
{
    return used_.size() < accounts_max_ || used_.contains(account) ? account : crowd;
}

Quota::Verdict Quota::peek(std::string_view account, std::int64_t cost, WallTime now)
{
    GH_ASSERT(cost >= 1);
    begin_window(now);
    auto const found = used_.find(counted_as(account));
    auto const left
        = std::max<std::int64_t>(options_.amount - (found == used_.end() ? 0 : found->second), 0);
    bool const allowed = cost <= left;
    return {.allowed = allowed,
        .remaining = allowed ? left - cost : left,
        .reset_after = std::max(window_.until - now, Milliseconds(0))};
}

Quota::Verdict Quota::ask(std::string_view account, std::int64_t cost, WallTime now)
{
    auto const verdict = peek(account, cost, now);
    if (verdict.allowed) {
        std::string const name(counted_as(account));
        used_[name] += cost;
        changed_.insert(name);
    }
    return verdict;
}

void Quota::change(QuotaOptions const& options)
{
    GH_ASSERT(options.amount >= 0);
    if (options.window != options_.window) {
        window_ = {};
        used_.clear();
        changed_.clear();
    }
    options_ = options;
}

void Quota::restore(Count const& count, WallTime now)
{
    begin_window(now);
    if (count.window != window_.from || count.used < 0)
        return;
    std::string const name(counted_as(count.account));
    auto& used = used_[name];
    used = std::min(used, used_max) + std::min(count.used, used_max);
}

std::vector<Quota::Count> Quota::take_changed()
{
    std::vector<Count> all;
    for (auto const& account : changed_)
        all.push_back({account, window_.from, used_.find(account)->second});
    changed_.clear();
    return all;
}

} // namespace gatehouse::limits
