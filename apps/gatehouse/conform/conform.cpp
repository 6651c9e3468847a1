// SPDX-License-Identifier: Apache-2.0
#include "conform/conform.hpp"

#include "base/text.hpp"
#include "conform/stage.hpp"
#include "conform/visitor.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace gatehouse::conform {
namespace {

std::vector<Case> server_cases()
{
    std::vector<Case> all;
    for (auto const& some : {arrival_cases(), frame_cases(), room_cases(), action_cases(),
             resume_cases(), dialect_cases(), law_cases()})
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

// Those that were asked for; complains where there is no such case.
template <typename Each>
std::optional<std::vector<Each>> choose(
    std::vector<Each> all, std::vector<std::string> const& names)
{
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
        all, [&](Each const& each) { return std::ranges::find(names, each.name) == names.end(); });
    return all;
}

template <typename Each>
void tell(Each const& about, Seen<void> const& seen)
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

template <typename Each>
void tell_as_json(Each const& about, Seen<void> const& seen)
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
template <typename Each>
void announce(Each const& about)
{
    if (about.seconds > 0 && ::isatty(STDERR_FILENO) != 0)
        fmt::print(stderr, "         {} … takes about {} s\r", about.name, about.seconds);
}

// One after the other. The exit code.
template <typename Each, typename Run>
int judge(std::vector<Each> const& cases, bool as_json, Run const& run)
{
    int passed = 0;
    int failed = 0;
    for (auto const& each : cases) {
        announce(each);
        auto const seen = run(each);
        passed += seen.has_value();
        failed += !seen && seen.error().kind == Fault::Kind::failed;
        as_json ? tell_as_json(each, seen) : tell(each, seen);
        std::fflush(stdout);
    }
    if (!as_json)
        fmt::print("{} of {} rules are kept, {} are broken, {} were skipped\n", passed,
            cases.size(), failed, cases.size() - static_cast<std::size_t>(passed + failed));
    return failed > 0 ? 1 : 0;
}

template <typename Each>
void list(Each const& each, bool as_json)
{
    if (!as_json)
        return fmt::print("{:<18}{}\n", each.name, each.sentence);
    std::string text;
    json::Writer json(text);
    json.object().key("case").value(each.name).key("sentence").value(each.sentence).end_object();
    fmt::print("{}\n", text);
}

} // namespace

int judge_server(Options const& options)
{
    auto const cases = choose(server_cases(), options.only);
    if (!cases)
        return 2;
    auto const target = resolve_target(options.url);
    if (!target) {
        fmt::print(stderr, "gatehouse: {}\n", target.error().message);
        return 2;
    }
    Stage stage(*target, options.game, options.token);
    return judge(*cases, options.as_json, [&](Case const& each) { return each.run(stage); });
}

int judge_client(Options const& options)
{
    auto const all = client_cases();
    auto const cases = choose(std::vector<ClientCase>(all.begin(), all.end()), options.only);
    if (!cases)
        return 2;
    auto doorway = Doorway::open(options.serve.value_or(0));
    if (!doorway) {
        fmt::print(stderr, "gatehouse: {}\n", doorway.error().message);
        return 2;
    }
    fmt::print(stderr,
        "waiting at ws://127.0.0.1:{} for a client that logs in with any token, joins the code "
        "CONFORM, and takes one action after the other\n",
        doorway->port());
    Visitor visitor(*doorway);
    return judge(*cases, options.as_json, [&](ClientCase const& each) -> Seen<void> {
        if (visitor.is_gone())
            return skipped("nobody comes any more");
        auto seen = each.run(visitor);
        if (!seen)
            visitor.cut();
        return seen;
    });
}

int list_cases(bool as_json)
{
    for (auto const& each : server_cases())
        list(each, as_json);
    for (auto const& each : client_cases())
        list(each, as_json);
    return 0;
}

} // namespace gatehouse::conform
