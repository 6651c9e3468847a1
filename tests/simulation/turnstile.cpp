// SPDX-License-Identifier: Apache-2.0
#include "turnstile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gatehouse::simulation {
namespace {

std::int64_t ms(TimePoint at)
{
    return std::chrono::floor<Milliseconds>(at.time_since_epoch()).count();
}

}  // namespace

std::size_t Turnstile::asked(std::string account, std::uint64_t life, TimePoint at)
{
    requests_.push_back({.account = std::move(account), .life = life, .asked = at});
    return requests_.size() - 1;
}

void Turnstile::answered(std::size_t request, bool is_let_through, TimePoint at)
{
    requests_[request].answered = at;
    requests_[request].fate = is_let_through ? Fate::let_through : Fate::refused;
}

bool Turnstile::shares_account(Request const& one, Request const& other) const
{
    return one.life == other.life && one.account == other.account;
}

// All stretches that begin as this request was sent and end as another one was answered.
std::string Turnstile::complain_of_crowd(Request const& first) const
{
    std::vector<TimePoint> ends;
    for (auto const& each : requests_)
        if (each.fate == Fate::let_through && shares_account(each, first)
            && each.asked >= first.asked)
            ends.push_back(each.answered);
    std::ranges::sort(ends);
    auto const price = plan_.per / plan_.burst;
    for (std::size_t i = 0; i < ends.size(); i++) {
        auto const count = static_cast<std::int64_t>(i) + 1;
        auto const most = plan_.burst + (ends[i] - first.asked) / price;
        if (count > most)
            return fmt::format("{} was let through {} times from {} ms to {} ms, where {} are most",
                first.account, count, ms(first.asked), ms(ends[i]), most);
    }
    return {};
}

std::string Turnstile::complain_of_refusal(Request const& refused) const
{
    auto const may_have_paid = std::ranges::count_if(requests_, [&](Request const& each) {
        return each.fate != Fate::refused && shares_account(each, refused)
            && each.asked <= refused.answered
            && (each.answered == TimePoint::max() || each.answered >= refused.asked - plan_.per);
    });
    if (may_have_paid >= plan_.burst)
        return {};
    return fmt::format("{} was refused between {} ms and {} ms, for {} requests where {} are free",
        refused.account, ms(refused.asked), ms(refused.answered), may_have_paid, plan_.burst);
}

std::vector<std::string> Turnstile::complaints() const
{
    std::vector<std::string> all;
    if (plan_.burst == 0)
        return all;
    for (auto const& each : requests_) {
        std::string complaint;
        if (each.fate == Fate::let_through)
            complaint = complain_of_crowd(each);
        else if (each.fate == Fate::refused)
            complaint = complain_of_refusal(each);
        if (!complaint.empty())
            all.push_back("the limit: " + complaint);
    }
    return all;
}

}  // namespace gatehouse::simulation
