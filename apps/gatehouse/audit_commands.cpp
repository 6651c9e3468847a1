// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "records.hpp"

#include "audit/check.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

namespace gatehouse::cli {
namespace {

using audit::Entry;
using audit::Place;
using events::Event;

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

void print(std::string_view at, audit::Asked const& asked, std::string_view outcome)
{
    auto const line = fmt::format("{:<24}  {:<10} {:<15}  {:<16} {}{}{}: {}", at, asked.who,
        asked.from, asked.what, asked.about, asked.with.empty() ? "" : " ", asked.with, outcome);
    fmt::print("{}\n", printable(line)); // Others wrote it: it must not move the cursor.
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
            outcomes.try_emplace({ended->stream, ended->version}, ended->outcome);
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
    audit::Check check(seen, [](Place const& place, std::string const& what) {
        fmt::print("{:<20} {:>8}  {}\n", place.stream.empty() ? "-" : place.stream,
            place.version == 0 ? "-" : std::to_string(place.version), printable(what));
    });
    for (auto const& month : *months)
        check.take(month.head, month.events);
    bool const is_whole = check.finish();
    fmt::print("{} entries: {}\n", check.entries(),
        is_whole ? "one chain" : std::to_string(check.findings()) + " findings");
    if (is_whole && !check.end().empty())
        fmt::print("it ends with {}\n(kept elsewhere and given as --seen, this proves that nothing "
                   "up to here was cut or written anew)\n",
            check.end());
    return is_whole ? 0 : 1;
}

} // namespace gatehouse::cli
