// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/key_shipping.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace gatehouse::storage::backup {

using events::Membership;

namespace {

constexpr std::ptrdiff_t kept_max = 64; // Names of parts that may come late.
constexpr std::size_t page_keys = 512; // About a millisecond of the log's thread.

} // namespace

Result<KeyRing> KeyShipping::look()
{
    auto const asked_at = now_().steady;
    Result<KeyRing> ring = fail(ErrorCode::unavailable, "The store is closed.");
    GH_CHECK(ask_log_([&](Log& log) { ring = log.key_ring(); }));
    GH_CHECK(ring);
    // Damaged keys were put aside while the store is open: the new ones are no later state of those
    // that were shipped, which are all there is of them now.
    if (current_.number != 0 && to_hex(ring->id) != current_.ring)
        return fail(ErrorCode::out_of_order, "The store has other keys than were shipped.",
            fmt::format("they are of ring {}, and not {}", to_hex(ring->id), current_.ring));
    forgotten_ = ring->forgotten;
    if (current_.number != 0 && !owes_erasure())
        erased_until_ = asked_at;
    return ring;
}

Result<void> KeyShipping::begin()
{
    current_ = {};
    tried_.clear();
    marking_.reset();
    looked_up_to_ = 0;
    auto const ring = GH_TRY(look());
    auto found = catalogue_.newest(to_hex(ring.id));
    if (!found && found.error().code != ErrorCode::internal)
        return std::unexpected(found.error());
    if (!found || !*found) { // A damaged one is replaced.
        current_.ring = to_hex(ring.id);
        return renew_unchecked(nothing);
    }
    current_ = **std::move(found);
    if (!GH_TRY(has_what_is_shipped(ring)))
        return renew_unchecked(nothing);
    has_others_ = !remove_others(nothing); // Which may have been cut off.
    return {};
}

// A restored store may lack the last keys, and give their numbers to others; a copy of a store may
// have shipped others under the same numbers. Either shows in the last part.
Result<bool> KeyShipping::has_what_is_shipped(KeyRing const& ring)
{
    shipped_ = 0;
    auto const parts = GH_TRY(catalogue_.parts(current_));
    for (auto const& part : parts)
        if (part.after != std::exchange(shipped_, part.last))
            return false;
    if (parts.empty())
        return true;
    if (ring.last < shipped_)
        return false;
    auto const there = catalogue_.read(current_, parts.back());
    if (!there && there.error().code != ErrorCode::internal)
        return std::unexpected(there.error());
    if (!there)
        return false;
    for (auto after = parts.back().after; after < shipped_;) {
        auto const keys = GH_TRY(keys_after(after));
        for (auto const& key : keys) {
            auto const same
                = std::ranges::lower_bound(there->keys, key.number, {}, &Membership::number);
            if (key.number <= shipped_ && (same == there->keys.end() || *same != key))
                return false;
        }
        after = keys.empty() ? shipped_ : keys.back().number;
    }
    return true;
}

Result<void> KeyShipping::ship()
{
    auto const last = GH_TRY(look()).last;
    if (last <= std::max(shipped_, looked_up_to_))
        return {};
    GH_CHECK(check_alone());
    auto const before = shipped_;
    put_.erase(put_.begin(), put_.end() - std::min(std::ssize(put_), kept_max));
    shipped_ = GH_TRY(put_after(current_.number, shipped_, last, nothing));
    looked_up_to_ = last; // It may have been forgotten, and the store counts on.
    return check_nobody_else_put(before);
}

// In the same moment, behind the same number.
Result<void> KeyShipping::check_nobody_else_put(std::uint64_t after)
{
    auto const found = GH_TRY(catalogue_.holdings(current_.ring, current_.number, after));
    for (auto const& part : found.parts)
        if (std::ranges::find(put_, part) == put_.end())
            return others(fmt::format("the keys {} to {} are others", part.after + 1, part.last));
    return {};
}

// What lies in the target must be what was left there. Two that ship as one store would take away
// each other's keys.
Result<void> KeyShipping::check_alone()
{
    auto found = GH_TRY(catalogue_.holdings(current_.ring, current_.number, shipped_));
    if (marking_ && found.newest_marked == marking_->number) {
        take_over(*marking_);
        found = GH_TRY(catalogue_.holdings(current_.ring, current_.number, shipped_));
    }
    if (found.newest_marked != current_.number)
        return others(fmt::format(
            "generation {} counts, and not {}", found.newest_marked, current_.number));
    auto reached = shipped_;
    for (auto const& part : found.parts) {
        if (part.last > shipped_ && std::ranges::find(tried_, part) == tried_.end())
            return others(fmt::format("the keys {} to {} are others", part.after + 1, part.last));
        reached = std::max(reached, part.last);
    }
    shipped_ = reached;
    return {};
}

Result<void> KeyShipping::renew(Between const& between)
{
    GH_CHECK(check_alone());
    return renew_unchecked(between);
}

// What is forgotten while it is written may lie in it, and is owed from then on.
Result<void> KeyShipping::renew_unchecked(Between const& between)
{
    auto const found = GH_TRY(catalogue_.holdings(current_.ring, 0, 0));
    bool const is_broken_off
        = found.last_number > current_.number && found.newest_marked == current_.number;
    if (is_broken_off) // It must not pile up; but a marker may yet come to the last one.
        static_cast<void>(GH_TRY(
            catalogue_.remove_others(current_, marking_ ? marking_->number : 0, between)));
    auto const ring = GH_TRY(look());
    tried_generation_ = std::max(tried_generation_, found.last_number) + 1;
    Generation next{
        .ring = current_.ring, .number = tried_generation_, .forgotten = ring.forgotten};
    next.last = GH_TRY(put_after(next.number, 0, ring.last, between));
    next.at = now_().wall;
    GH_CHECK(check_whole(next));
    marking_ = next;
    GH_CHECK(catalogue_.mark(next));
    take_over(next);
    return remove_others(between);
}

// Before it counts: a copy of the store that began meanwhile may have removed some of it.
Result<void> KeyShipping::check_whole(Generation const& next)
{
    auto const there = GH_TRY(catalogue_.holdings(next.ring, current_.number, shipped_));
    if (current_.number != 0 && there.newest_marked != current_.number)
        return others(fmt::format("generation {} counts meanwhile", there.newest_marked));
    std::uint64_t reached = 0;
    for (auto const& part : GH_TRY(catalogue_.parts(next))) {
        if (part.after != reached)
            break;
        reached = part.last;
    }
    if (reached != next.last)
        return others(fmt::format("generation {} lacks what was put there", next.number));
    return {};
}

std::unexpected<Error> KeyShipping::others(std::string_view what) const
{
    return fail(ErrorCode::stale_base,
        "Another server ships the keys of the same store to this target.",
        fmt::format("keys/{}: {}. A copy of the store runs as well, or ran: stop it or give it "
                    "another backup.to, then restart this server, which ships all keys anew",
            current_.ring, what));
}

void KeyShipping::take_over(Generation const& next)
{
    shipped_ = next.last;
    looked_up_to_ = 0; // Who came meanwhile was shipped with the one that goes.
    current_ = next;
    has_others_ = true;
    tried_.clear();
    marking_.reset();
}

Result<void> KeyShipping::erase(Between const& between)
{
    GH_CHECK(check_alone());
    return forgotten_ == current_.forgotten ? remove_others(between) : renew_unchecked(between);
}

Result<void> KeyShipping::remove_others(Between const& between)
{
    static_cast<void>(GH_TRY(catalogue_.remove_others(current_, 0, between)));
    has_others_ = false;
    return {};
}

Result<std::vector<Membership>> KeyShipping::keys_after(std::uint64_t number)
{
    Result<std::vector<Membership>> page
        = fail(ErrorCode::unavailable, "The store is closed.");
    GH_CHECK(ask_log_([&](Log& log) { page = log.keys(number, page_keys); }));
    return page;
}

Result<void> KeyShipping::put(KeyPartHeader const& header, std::span<Membership const> keys)
{
    auto const part = KeyCatalogue::pack(header, keys);
    if (tried_.size() == tried_max)
        tried_.erase(tried_.begin());
    tried_.push_back(part.name);
    put_.push_back(part.name);
    GH_CHECK(catalogue_.put(header, part));
    tried_.clear();
    return {};
}

// Tells up to which number: at least those that were there when `up_to` was the last, however many
// come meanwhile. Less than a page need not be the end.
Result<std::uint64_t> KeyShipping::put_after(std::uint64_t generation, std::uint64_t after,
    std::uint64_t up_to, Between const& between)
{
    while (after < up_to) {
        std::vector<Membership> keys;
        auto last = after;
        while (last < up_to && keys.size() + page_keys <= key_part_max) {
            auto page = GH_TRY(keys_after(last));
            if (page.empty())
                break;
            last = page.back().number;
            std::ranges::move(page, std::back_inserter(keys));
        }
        if (keys.empty())
            return after;
        GH_CHECK(put({current_.ring, generation, after, last}, keys));
        after = last;
        GH_CHECK(between());
    }
    return after;
}

} // namespace gatehouse::storage::backup
