// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "records.hpp"

#include "audit/entry.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "events/chain.hpp"
#include "events/stream_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

namespace gatehouse::cli {
namespace {

using audit::Entry;
using audit::Place;
using events::Event;
using events::Link;

// What is kept of one month.
struct Month {
    events::StreamHead head;
    std::vector<Event> events;
};

Result<std::vector<Month>> read_all(ConfigArguments const& arguments)
{
    auto const loaded = load(arguments);
    if (!loaded)
        return fail(ErrorCode::bad_request, loaded.error());
    auto const records = GH_TRY(open_records(loaded->settings));
    auto heads = GH_TRY(records->audit_heads());
    std::ranges::sort(heads, {}, &events::StreamHead::stream);
    std::vector<Month> months;
    for (auto& head : heads) {
        auto read = GH_TRY(records->events(head.stream));
        months.push_back({std::move(head), std::move(read)});
    }
    return months;
}

std::string text_of(Link const& link)
{
    return to_hex({reinterpret_cast<char const*>(link.data()), link.size()});
}

// "audit.2026-11/17/5f0c…": an entry and all before it, in one line.
std::string text_of(std::string const& month, Event const& event)
{
    return fmt::format("{}/{}/{}", month, event.version, text_of(event.link));
}

void print(std::string_view at, audit::Asked const& asked, std::string_view outcome)
{
    fmt::print("{:<24}  {:<10} {:<15}  {:<16} {}{}{}: {}\n", at, asked.who, asked.from, asked.what,
        asked.about, asked.with.empty() ? "" : " ", asked.with, outcome);
}

Result<void> list(std::vector<Month> const& months, WallTime since)
{
    std::map<std::pair<std::string, events::Version>, std::string> outcomes;
    auto const each = [&](auto const& visit) -> Result<void> {
        for (auto const& month : months)
            for (auto const& event : month.events)
                visit(month, event, GH_TRY(audit::decode(event)));
        return {};
    };
    GH_CHECK(each([&](Month const&, Event const&, Entry const& entry) {
        if (auto const* const ended = std::get_if<audit::Ended>(&entry))
            outcomes[{ended->stream, ended->version}] = ended->outcome;
    }));
    return each([&](Month const& month, Event const& event, Entry const& entry) {
        auto const* const asked = std::get_if<audit::Asked>(&entry);
        if (!asked || event.at < since)
            return;
        auto const outcome = outcomes.find({month.head.stream, event.version});
        print(rfc3339(event.at.ms), *asked,
            outcome == outcomes.end() ? "(it is not known what came of it)" : outcome->second);
    });
}

// Is every entry there, unchanged, from the first month to the last?
class Check {
public:
    explicit Check(std::string const& seen)
        : seen_(seen)
    { }

    void take(Month const& month)
    {
        if (last_ && (month.events.empty() || !continues(month.events.front())))
            found(month.head.stream, 1, "it does not go on from the month before");
        events::StreamCheck check(month.head, std::nullopt, [this](events::Finding const& finding) {
            found(finding.stream, finding.version, finding.what);
        });
        for (auto const& event : month.events) {
            check.take(event);
            if (auto const entry = audit::decode(event); !entry)
                found(month.head.stream, event.version, entry.error().message);
            last_ = text_of(month.head.stream, event);
            was_seen_ = was_seen_ || last_ == seen_;
            entries_++;
        }
        check.finish();
        last_place_ = {month.head.stream, month.head.version};
    }

    // Says what was found; whether it is whole.
    bool finish()
    {
        if (!seen_.empty() && !was_seen_)
            found("-", 0, seen_ + " was seen, and is not there");
        fmt::print("{} entries: {}\n", entries_,
            findings_ == 0 ? "one chain" : std::to_string(findings_) + " findings");
        if (findings_ == 0 && last_)
            fmt::print("it ends with {}\n(kept elsewhere and given as --seen, this proves that "
                       "nothing up to here was cut or written anew)\n",
                *last_);
        return findings_ == 0;
    }

private:
    void found(std::string const& stream, events::Version version, std::string const& what)
    {
        findings_++;
        fmt::print(
            "{:<20} {:>8}  {}\n", stream, version == 0 ? "-" : std::to_string(version), what);
    }

    bool continues(Event const& first) const
    {
        auto const entry = audit::decode(first);
        auto const* const continued = entry ? std::get_if<audit::Continued>(&*entry) : nullptr;
        return continued && Place{continued->stream, continued->version} == last_place_
            && fmt::format("{}/{}/{}", continued->stream, continued->version, continued->link)
            == *last_;
    }

    std::string seen_;
    bool was_seen_ = false;
    std::optional<std::string> last_{};
    Place last_place_{};
    std::size_t entries_ = 0;
    std::size_t findings_ = 0;
};

} // namespace

int audit_ls(ConfigArguments const& arguments, std::string const& since)
{
    WallTime from{};
    if (!since.empty()) {
        auto const ms = from_rfc3339(since.contains('T') ? since : since + "T00:00:00Z");
        if (!ms)
            return complain({ErrorCode::bad_request,
                "--since " + since + ": write it as 2026-11-21, or 2026-11-21T14:03:07Z"});
        from.ms = *ms;
    }
    auto const months = read_all(arguments);
    if (!months)
        return complain(months.error());
    auto const listed = list(*months, from);
    return listed ? 0 : complain(listed.error());
}

int audit_verify(ConfigArguments const& arguments, std::string const& seen)
{
    auto const months = read_all(arguments);
    if (!months)
        return complain(months.error());
    Check check(seen);
    for (auto const& month : *months)
        check.take(month);
    return check.finish() ? 0 : 1;
}

} // namespace gatehouse::cli
