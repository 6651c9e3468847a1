// SPDX-License-Identifier: Apache-2.0
#include "stats.hpp"

namespace gatehouse::load {
namespace {

constexpr std::size_t names_max = 64;

}  // namespace

void Stats::count(std::map<std::string, std::uint64_t, std::less<>>& in, std::string_view what)
{
    auto found = in.find(what);
    if (found == in.end())
        found = in.try_emplace(in.size() < names_max ? std::string(what) : "others").first;
    found->second++;
}

void Stats::merge(Stats const& other)
{
    acks += other.acks;
    updates += other.updates;
    messages += other.messages;
    repeats += other.repeats;
    reconnects += other.reconnects;
    resumed += other.resumed;
    games += other.games;
    http_answers += other.http_answers;
    bytes += other.bytes;
    for (auto const& [what, times] : other.errors)
        errors[what] += times;
    for (auto const& [what, times] : other.counts)
        counts[what] += times;
    latency.merge(other.latency);
}

std::uint64_t Stats::errors_total() const
{
    std::uint64_t total = 0;
    for (auto const& [what, times] : errors)
        total += times;
    return total;
}

}  // namespace gatehouse::load
