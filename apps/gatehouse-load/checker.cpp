// SPDX-License-Identifier: Apache-2.0
#include "checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gatehouse::load {
namespace {

constexpr std::size_t reasons_max = 20;
constexpr std::uint64_t versions_max = 1 << 20;

std::uint64_t number_in(json::Node node, std::string_view key)
{
    auto const member = node.find(key);
    return member ? member->unsigned_integer().value_or(0) : 0;
}

std::string text_in(json::Node node, std::string_view key)
{
    auto const member = node.find(key);
    return std::string(member ? member->text().value_or("") : std::string_view{});
}

// Who did what, and the version after its last event.
using Applied = std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>;

}  // namespace

// ---- The verdict

void Verdict::blame(Fault fault, std::string why)
{
    counts_[std::to_underlying(fault)]++;
    if (reasons_.size() < reasons_max)
        reasons_.push_back(std::move(why));
}

void Verdict::merge(Verdict&& other)
{
    acked_ += other.acked_;
    for (std::size_t i = 0; i < counts_.size(); i++)
        counts_[i] += other.counts_[i];
    for (auto& reason : other.reasons_)
        if (reasons_.size() < reasons_max)
            reasons_.push_back(std::move(reason));
}

std::uint64_t Verdict::count(Fault fault) const { return counts_[std::to_underlying(fault)]; }

bool Verdict::is_clean() const
{
    return std::ranges::all_of(counts_, [](auto count) { return count == 0; });
}

std::string Verdict::tally() const
{
    auto text = fmt::format("acked {}", acked_);
    for (std::size_t i = 0; i < counts_.size(); i++)
        fmt::format_to(std::back_inserter(text), "  {} {}", fault_names[i], counts_[i]);
    return text;
}

// ---- History

std::optional<Page> read_page(json::Node answer)
{
    auto const events = answer.find("events");
    auto const last = answer.find("last");
    if (!events || events->kind() != json::Kind::array || !last || !last->boolean())
        return std::nullopt;
    Page page{.events = {}, .is_last = *last->boolean()};
    events->each_element([&](json::Node node) {
        auto& event = page.events.emplace_back(number_in(node, "version"), text_in(node, "type"),
            number_in(node, "actor"), number_in(node, "action"));
        if (auto const data = node.find("data"); data && event.type == "room.came")
            event.principal = text_in(*data, "principal");
        return true;
    });
    return page;
}

bool name_those_who_came(std::span<Past> history, json::Node answer)
{
    auto const keys = answer.find("keys");
    if (!keys || keys->kind() != json::Kind::array)
        return false;
    std::map<std::uint64_t, std::string> subjects;
    keys->each_element([&](json::Node key) {
        subjects[number_in(key, "actor")] = text_in(key, "subject");
        return true;
    });
    std::uint64_t actor = 0;
    for (auto& event : history)
        if (event.type == "room.came" && ++actor > 0 && event.principal.empty())
            event.principal = subjects[actor];
    return true;
}

// ---- One room

void RoomRecord::blame(Fault fault, std::string_view why)
{
    verdict_->blame(fault, fmt::format("room {}: {}", room_, why));
}

void RoomRecord::acked(std::string_view principal, std::uint64_t action, std::uint64_t version)
{
    verdict_->acked();
    auto found = std::ranges::find(principals_, principal);
    if (found == principals_.end())
        found = principals_.emplace(found, principal);
    acks_.push_back({static_cast<std::uint32_t>(found - principals_.begin()), action, version});
    version_seen_max_ = std::max(version_seen_max_, version);
}

void RoomRecord::saw(int seat, std::uint64_t version, std::uint64_t digest)
{
    version_seen_max_ = std::max(version_seen_max_, version);
    if (version >= versions_max)
        return;
    auto& seen = views_[seat];
    if (seen.size() <= version)
        seen.resize(version + version / 2 + 64);
    auto const before = std::exchange(seen[version], digest);
    if (before != 0 && before != digest)
        blame(Fault::differ,
            fmt::format("seat {} was shown two different views of version {}", seat, version));
}

void RoomRecord::compare(std::span<Past const> history, Verdict& verdict) const
{
    compare_versions(history, verdict);
    compare_acks(history, verdict);
}

void RoomRecord::compare_versions(std::span<Past const> history, Verdict& verdict) const
{
    for (std::size_t i = 0; i < history.size(); i++)
        if (history[i].version != i + 1) {
            verdict.blame(Fault::gap, fmt::format("room {}: event {} of its history has version {}",
                                          room_, i + 1, history[i].version));
            break;
        }
    auto const last = history.empty() ? 0 : history.back().version;
    if (version_seen_max_ > last)
        verdict.blame(Fault::unseen,
            fmt::format("room {}: clients were shown version {}, its history "
                        "ends with {}",
                room_, version_seen_max_, last));
}

// The events of one action are stored together, and the first one's type says what the action did:
// it is not found twice among them.
void RoomRecord::compare_acks(std::span<Past const> history, Verdict& verdict) const
{
    Applied applied;
    std::vector<std::string_view> actors;
    for (std::size_t i = 0; i < history.size();) {
        auto const& first = history[i];
        if (first.type == "room.came")
            actors.push_back(first.principal);
        auto last = i++;
        if (first.actor == 0)
            continue;
        bool is_twice = applied.contains({first.actor, first.action});
        for (; i < history.size() && history[i].actor == first.actor
             && history[i].action == first.action; last = i++)
            is_twice |= history[i].type == first.type;
        if (is_twice)
            verdict.blame(Fault::twice,
                fmt::format("room {}: action {} of actor {} was applied again "
                            "at version {}",
                    room_, first.action, first.actor, first.version));
        applied[{first.actor, first.action}] = history[last].version;
    }
    for (auto const& ack : acks_) {
        auto const& principal = principals_[ack.who];
        auto const actor = std::ranges::find(actors, principal) - actors.begin() + 1;
        auto const found = applied.find({static_cast<std::uint64_t>(actor), ack.action});
        if (found == applied.end())
            verdict.blame(Fault::lost,
                fmt::format("room {}: action {} of {} was acked at version {}, "
                            "but history does not hold it",
                    room_, ack.action, principal, ack.version));
        else if (found->second != ack.version)
            verdict.blame(Fault::lost,
                fmt::format("room {}: action {} of {} was acked at version {}, "
                            "but history has it at {}",
                    room_, ack.action, principal, ack.version, found->second));
    }
}

}  // namespace gatehouse::load
