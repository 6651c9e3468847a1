// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/key_shipping.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <iterator>

namespace gatehouse::storage::backup {

namespace {

constexpr std::size_t page_keys = 512; // About a millisecond of the log's thread.

Result<void> nothing()
{
    return {};
}

} // namespace

Result<KeyRing> KeyShipping::look()
{
    Result<KeyRing> ring = fail(ErrorCode::unavailable, "The store is closed.");
    GH_CHECK(ask_log_([&](Log& log) { ring = log.key_ring(); }));
    GH_CHECK(ring);
    forgotten_ = ring->forgotten;
    return ring;
}

Result<void> KeyShipping::begin()
{
    current_ = {};
    auto const ring = to_hex(GH_TRY(look()).id);
    auto found = GH_TRY(catalogue_.newest(ring));
    if (!found) {
        current_.ring = ring;
        return renew(nothing);
    }
    shipped_ = 0;
    for (auto const& part : GH_TRY(catalogue_.parts(*found)))
        shipped_ = std::max(shipped_, part.last);
    current_ = *std::move(found);
    return {};
}

Result<void> KeyShipping::ship()
{
    static_cast<void>(GH_TRY(look()));
    shipped_ = GH_TRY(put_after(current_.number, shipped_, nothing));
    return {};
}

// What is forgotten while it is written may lie in it, and is owed from then on.
Result<void> KeyShipping::renew(std::function<Result<void>()> const& between)
{
    Generation next{.ring = current_.ring,
        .number = GH_TRY(catalogue_.last_number(current_.ring)) + 1,
        .forgotten = GH_TRY(look()).forgotten};
    next.last = GH_TRY(put_after(next.number, 0, between));
    next.at = now_();
    GH_CHECK(catalogue_.mark(next));
    current_ = next;
    shipped_ = next.last;
    static_cast<void>(GH_TRY(catalogue_.remove_others(current_)));
    return {};
}

// Tells up to which number. Less than a page need not be the end.
Result<std::uint64_t> KeyShipping::put_after(std::uint64_t generation, std::uint64_t after,
    std::function<Result<void>()> const& between)
{
    while (true) {
        std::vector<events::Membership> keys;
        auto last = after;
        for (bool is_more = true; is_more && keys.size() + page_keys <= key_part_max;) {
            Result<std::vector<events::Membership>> page
                = fail(ErrorCode::unavailable, "The store is closed.");
            GH_CHECK(ask_log_([&](Log& log) { page = log.keys(last, page_keys); }));
            GH_CHECK(page);
            is_more = !page->empty();
            if (is_more)
                last = page->back().number;
            std::ranges::move(*page, std::back_inserter(keys));
        }
        if (keys.empty())
            return after;
        GH_CHECK(catalogue_.put({current_.ring, generation, after, last}, keys));
        after = last;
        GH_CHECK(between());
    }
}

} // namespace gatehouse::storage::backup
