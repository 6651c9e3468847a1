// SPDX-License-Identifier: Apache-2.0
#include "audit/check.hpp"

#include "base/bytes.hpp"
#include "events/stream_check.hpp"

#include <fmt/format.h>

namespace gatehouse::audit {
namespace {

std::string text_of(std::string_view stream, events::Version version, std::string_view link)
{
    return fmt::format("{}/{}/{}", stream, version, link);
}

std::string hex_of(events::Link const& link)
{
    return to_hex({reinterpret_cast<char const*>(link.data()), link.size()});
}

} // namespace

void Check::take(events::StreamHead const& month, std::span<events::Event const> entries)
{
    check_begin(month, entries);
    events::StreamCheck check(month, std::nullopt, [this](events::Finding const& finding) {
        found({finding.stream, finding.version}, finding.what);
    });
    for (auto const& event : entries) {
        check.take(event);
        check_entry(month.stream, event);
    }
    check.finish();
    last_ = {month.stream, month.version};
}

void Check::check_begin(events::StreamHead const& month, std::span<events::Event const> entries)
{
    auto const first = entries.empty() ? std::nullopt : std::optional(decode(entries.front()));
    auto const* const before = first && *first ? std::get_if<Continued>(&**first) : nullptr;
    bool const is_first = last_.stream.empty();
    if (is_first && before)
        found({month.stream, 1}, "what was before it is gone: it goes on from " + before->stream);
    bool const goes_on = before && Place{before->stream, before->version} == last_
        && text_of(before->stream, before->version, before->link) == end_;
    if (!is_first && !goes_on)
        found({month.stream, 1}, "it does not go on from the month before");
}

void Check::check_entry(std::string const& month, events::Event const& event)
{
    entries_++;
    end_ = text_of(month, event.version, hex_of(event.link));
    was_seen_ = was_seen_ || end_ == seen_;
    auto const entry = decode(event);
    if (!entry)
        return found({month, event.version}, entry.error().message);
    if (auto const* const ended = std::get_if<Ended>(&*entry))
        if (++ends_[{ended->stream, ended->version}] > 1)
            found({month, event.version},
                fmt::format("the order {}/{} had ended already; the first word counts",
                    ended->stream, ended->version));
}

bool Check::finish()
{
    if (!seen_.empty() && !was_seen_)
        found({}, seen_ + " was seen, and is not there");
    return findings_ == 0;
}

void Check::found(Place const& place, std::string const& what)
{
    findings_++;
    report_(place, what);
}

} // namespace gatehouse::audit
