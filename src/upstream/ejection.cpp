// SPDX-License-Identifier: Apache-2.0
#include "upstream/ejection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gatehouse::upstream {
namespace {

bool has_room(Endpoints all, TimePoint now)
{
    auto const out
        = std::ranges::count_if(all, [&](auto const& each) { return is_ejected(*each, now); });
    return (static_cast<std::size_t>(out) + 1) * 2 <= all.size();
}

void forgive(EjectionOptions const& options, Standing& standing, TimePoint now)
{
    auto const stretches = (now - standing.ejected_until) / options.first;
    standing.times_ejected
        -= static_cast<int>(std::clamp<Duration::rep>(stretches, 0, standing.times_ejected));
}

bool eject(EjectionOptions const& options, Endpoints all, Endpoint& endpoint, TimePoint now)
{
    if (is_ejected(endpoint, now) || !has_room(all, now))
        return false;
    auto& standing = endpoint.standing;
    forgive(options, standing, now);
    // More do not make it longer, and an int is not to overflow in years of failing.
    auto const most = static_cast<int>(std::min<Duration::rep>(
        options.longest / options.first + 1, std::numeric_limits<int>::max()));
    standing.times_ejected = std::min(standing.times_ejected + 1, most);
    auto const length = std::min(options.first * standing.times_ejected, options.longest);
    standing.ejected_until = now + length;
    standing.failures_in_row = 0;
    endpoint.warm_since = standing.ejected_until; // It comes back slowly.
    return true;
}

struct Judged {
    Endpoint* endpoint;
    double rate; // Of good answers, 0 … 1.
};

std::vector<Judged> judged_ones(SuccessRate const& options, Endpoints all, TimePoint now)
{
    std::vector<Judged> judged;
    for (auto const& each : all) {
        auto const& standing = each->standing;
        if (standing.calls >= std::max(options.calls_min, 1U) && !is_ejected(*each, now))
            judged.push_back(
                {each.get(), 1 - static_cast<double>(standing.failures) / standing.calls});
    }
    return judged;
}

double threshold(SuccessRate const& options, std::vector<Judged> const& judged)
{
    auto const count = static_cast<double>(judged.size());
    double mean = 0;
    for (auto const& each : judged)
        mean += each.rate / count;
    double variance = 0;
    for (auto const& each : judged)
        variance += (each.rate - mean) * (each.rate - mean) / count;
    return mean - std::sqrt(variance) * options.deviations_tenths / 10;
}

} // namespace

bool note_outcome(EjectionOptions const& options, Endpoints all, Endpoint& endpoint,
    Outcome outcome, TimePoint now)
{
    if (outcome == Outcome::abandoned)
        return false;
    bool const failed = is_failure(outcome);
    auto& standing = endpoint.standing;
    standing.calls++;
    standing.failures += failed ? 1 : 0;
    // What was on its way when it was ejected, or comes in a panic, does not prolong it.
    if (is_ejected(endpoint, now))
        return false;
    standing.failures_in_row
        = failed ? std::min(standing.failures_in_row + 1, options.failures) : 0;
    return standing.failures_in_row >= options.failures && eject(options, all, endpoint, now);
}

std::vector<Endpoint*> judge_rates(EjectionOptions const& options, Endpoints all, TimePoint now)
{
    std::vector<Endpoint*> ejected;
    if (options.rate) {
        auto judged = judged_ones(*options.rate, all, now);
        std::ranges::stable_sort(judged, {}, &Judged::rate);
        bool const are_enough
            = judged.size() >= std::max<std::size_t>(options.rate->endpoints_min, 1);
        auto const least = are_enough ? threshold(*options.rate, judged) : 0;
        for (auto const& [endpoint, rate] : judged)
            if (are_enough && rate < least && eject(options, all, *endpoint, now))
                ejected.push_back(endpoint);
    }
    for (auto const& each : all)
        each->standing.calls = each->standing.failures = 0;
    return ejected;
}

} // namespace gatehouse::upstream
