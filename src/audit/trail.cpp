// SPDX-License-Identifier: Apache-2.0
#include "audit/trail.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "events/audit.hpp"
#include "events/chain.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gatehouse::audit {
namespace {

std::string month_of(WallTime at)
{
    return std::string(events::audit_category) + "." + rfc3339(at.ms).substr(0, 7);
}

} // namespace

std::optional<events::StreamHead> Trail::newest(std::vector<events::StreamHead> const& heads)
{
    auto const last = std::ranges::max_element(heads, {}, &events::StreamHead::stream);
    return last == heads.end() ? std::nullopt : std::optional(*last);
}

Trail::Extended Trail::extend(WallTime now, std::vector<Entry> entries)
{
    GH_ASSERT(!entries.empty());
    auto const before = last_;
    auto const month = std::max(month_of(now), before.stream);
    events::StreamAppend append{
        .stream = month, .category = std::string(events::audit_category), .events = {}};
    if (month == before.stream) {
        append.expected = before.version;
    } else {
        std::string const link(reinterpret_cast<char const*>(link_.data()), link_.size());
        last_ = {month, 0};
        link_ = events::chain_start(month);
        if (before.version > 0)
            add(now, Continued{before.stream, before.version, to_hex(link)}, append);
    }
    Extended extended;
    for (auto& entry : entries) {
        add(now, std::move(entry), append);
        extended.places.push_back(last_);
    }
    extended.appends.push_back(std::move(append));
    return extended;
}

void Trail::add(WallTime now, Entry entry, events::StreamAppend& append)
{
    auto event = encode(std::move(entry));
    event.version = ++last_.version;
    event.at = now;
    event.link = link_ = events::chain_link(link_, event);
    append.events.push_back(std::move(event));
}

} // namespace gatehouse::audit
