// SPDX-License-Identifier: Apache-2.0
#include "conform/conform.hpp"

#include "base/text.hpp"
#include "conform/stage.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace gatehouse::conform {
namespace {

// One after the other.
std::vector<Case> all_cases()
{
    std::vector<Case> all;
    for (auto const& some : {arrival_cases(), frame_cases(), room_cases(), action_cases(),
             resume_cases(), dialect_cases(), law_cases()})
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

struct Tally {
    int passed = 0;
    int failed = 0;
    int skipped = 0;
};

// Those that were asked for; complains where there is no such case.
std::optional<std::vector<Case>> chosen(std::vector<std::string> const& names)
{
    auto all = all_cases();
    if (names.empty())
        return all;
    std::vector<std::string_view> known;
    for (auto const& each : all)
        known.push_back(each.name);
    for (auto const& name : names) {
        if (std::ranges::find(known, name) != known.end())
            continue;
        auto const near = nearest(name, known);
        fmt::print(stderr, "gatehouse: there is no case {}{}; --list names them\n", name,
            near ? fmt::format(" (did you mean {}?)", *near) : "");
        return std::nullopt;
    }
    std::erase_if(
        all, [&](Case const& each) { return std::ranges::find(names, each.name) == names.end(); });
    return all;
}

void tell(Case const& about, Seen<void> const& seen)
{
    if (seen)
        return fmt::print("ok       {}\n", about.name);
    auto const& fault = seen.error();
    if (fault.kind == Fault::Kind::skipped)
        return fmt::print("skipped  {}: {}\n", about.name, fault.expected);
    fmt::print("FAILED   {}\n           the page      {}\n           expected      {}\n"
               "           what came     {}\n",
        about.name, about.sentence, fault.expected, fault.came);
}

void tell_as_json(Case const& about, Seen<void> const& seen)
{
    std::string text;
    json::Writer json(text);
    bool const is_skip = !seen && seen.error().kind == Fault::Kind::skipped;
    json.object().key("case").value(about.name);
    json.key("outcome").value(seen ? "ok" : is_skip ? "skipped" : "failed");
    json.key("sentence").value(about.sentence);
    if (is_skip)
        json.key("why").value(seen.error().expected);
    else if (!seen)
        json.key("expected").value(seen.error().expected).key("came").value(seen.error().came);
    json.end_object();
    fmt::print("{}\n", text);
}

// So that nobody takes a wait for a hang.
void announce(Case const& about)
{
    if (about.seconds > 0 && ::isatty(STDERR_FILENO) != 0)
        fmt::print(stderr, "         {} … takes about {} s\r", about.name, about.seconds);
}

} // namespace

int judge_server(Options const& options)
{
    auto const cases = chosen(options.only);
    if (!cases)
        return 2;
    auto const target = resolve_target(options.url);
    if (!target) {
        fmt::print(stderr, "gatehouse: {}\n", target.error().message);
        return 2;
    }
    Stage stage(*target, options.game, options.token);
    Tally tally;
    for (auto const& each : *cases) {
        announce(each);
        auto const seen = each.run(stage);
        bool const is_skip = !seen && seen.error().kind == Fault::Kind::skipped;
        (seen ? tally.passed : is_skip ? tally.skipped : tally.failed)++;
        options.as_json ? tell_as_json(each, seen) : tell(each, seen);
        std::fflush(stdout);
    }
    if (!options.as_json)
        fmt::print("{} of {} rules are kept, {} are broken, {} were skipped\n", tally.passed,
            cases->size(), tally.failed, tally.skipped);
    return tally.failed > 0 ? 1 : 0;
}

int list_cases(bool as_json)
{
    for (auto const& each : all_cases()) {
        if (!as_json) {
            fmt::print("{:<18}{}\n", each.name, each.sentence);
            continue;
        }
        std::string text;
        json::Writer(text)
            .object()
            .key("case")
            .value(each.name)
            .key("sentence")
            .value(each.sentence)
            .end_object();
        fmt::print("{}\n", text);
    }
    return 0;
}

} // namespace gatehouse::conform
