// SPDX-License-Identifier: Apache-2.0
#include "limits/bans.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::limits {

Bans::Bans(BanOptions const& options)
    : options_(options)
    , refusals_(options.refusals, options.clients_max)
{ }

Ban const* Bans::find(std::string_view text, WallTime now) const
{
    if (bans_.empty())
        return nullptr;
    auto const address = parse_address(text);
    if (!address)
        return nullptr;
    for (auto length = lengths_.rbegin(); length != lengths_.rend(); ++length) {
        auto const at = bans_.find({length->first, block_of(*address, length->first).address});
        if (at != bans_.end() && (!at->second.until || now < *at->second.until))
            return &at->second;
    }
    return nullptr;
}

std::optional<Ban> Bans::note_refusal(std::string_view text, Now now)
{
    auto const address = parse_address(text);
    if (!address || find(text, now.wall) != nullptr)
        return std::nullopt;
    auto const client = client_of(*address);
    if (is_excused(client) || refusals_.ask(print_block(client), 1, now.steady).allowed)
        return std::nullopt;
    Ban ban{.block = client,
        .reason = fmt::format("more than {} refusals in {} s", options_.refusals.burst,
            std::chrono::ceil<std::chrono::seconds>(options_.refusals.period).count()),
        .is_automatic = true,
        .since = now.wall,
        .until = now.wall + options_.lasts};
    return add(ban) ? std::optional(ban) : std::nullopt;
}

// A ban of a block that holds such an address would hit it, too.
bool Bans::is_excused(Block const& block) const
{
    return std::ranges::any_of(options_.never,
        [&](Block const& each) { return contains(each, block) || contains(block, each); });
}

bool Bans::make_room()
{
    if (bans_.size() < options_.bans_max)
        return true;
    if (automatic_.empty())
        return false;
    remove(bans_.find(automatic_.begin()->second));
    return true;
}

Result<void> Bans::add(Ban const& ban)
{
    auto const block = block_of(ban.block.address, ban.block.bits);
    if (is_excused(block))
        return fail(ErrorCode::forbidden,
            fmt::format("{} is, or holds, what `bans.never` excuses.", print_block(block)));
    Key const key{block.bits, block.address};
    if (auto const known = bans_.find(key); known != bans_.end())
        remove(known);
    if (!make_room())
        return fail(ErrorCode::busy,
            fmt::format("There are {} bans by hand already; lift one first.", bans_.size()));
    auto& added = bans_.emplace(key, ban).first->second;
    added.block = block;
    lengths_[block.bits]++;
    if (ban.until)
        ends_.emplace(*ban.until, key);
    if (ban.is_automatic && ban.until)
        automatic_.emplace(*ban.until, key);
    return {};
}

bool Bans::lift(Block const& block)
{
    auto const at = bans_.find({block.bits, block.address});
    if (at == bans_.end())
        return false;
    remove(at);
    return true;
}

void Bans::remove(std::map<Key, Ban>::iterator at)
{
    auto const& [key, ban] = *at;
    if (ban.until) {
        ends_.erase({*ban.until, key});
        automatic_.erase({*ban.until, key});
    }
    if (auto const length = lengths_.find(key.first); --length->second == 0)
        lengths_.erase(length);
    bans_.erase(at);
}

std::vector<Ban> Bans::expire(WallTime now)
{
    std::vector<Ban> over;
    while (!ends_.empty() && ends_.begin()->first <= now) {
        auto const at = bans_.find(ends_.begin()->second);
        over.push_back(at->second);
        remove(at);
    }
    return over;
}

std::optional<WallTime> Bans::next() const
{
    return ends_.empty() ? std::nullopt : std::optional(ends_.begin()->first);
}

std::vector<Ban> Bans::change(BanOptions const& options, TimePoint now)
{
    options_ = options;
    refusals_.change(options.refusals, now);
    std::vector<Ban> lifted;
    for (auto at = bans_.begin(); at != bans_.end();) {
        auto const next = std::next(at);
        if (at->second.is_automatic && is_excused(at->second.block)) {
            lifted.push_back(at->second);
            remove(at);
        }
        at = next;
    }
    return lifted;
}

std::vector<Ban> Bans::list() const
{
    std::vector<Ban> all;
    for (auto const& [key, ban] : bans_)
        all.push_back(ban);
    return all;
}

} // namespace gatehouse::limits
