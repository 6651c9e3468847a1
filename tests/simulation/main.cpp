// SPDX-License-Identifier: Apache-2.0
// simulation --seeds FROM..TO     runs them, each twice; stops at the first that breaks a promise
// simulation --twice-every 16     runs the others once: for a long hunt
// simulation --seed N --verbose   tells what happens
// simulation --store sqlite       on this store alone
// simulation --find BUG           demands that the planted bug is found
#include "liap_tui/liap_tui.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/testing_snails.hpp"
#include "world.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::simulation {
namespace {

struct Range {
    std::uint64_t from = 1;
    std::uint64_t to = 300;
};

std::optional<Range> read_range(std::string_view text)
{
    auto const dots = text.find("..");
    if (dots == std::string_view::npos)
        return std::nullopt;
    Range range;
    auto const number = [](std::string_view digits, std::uint64_t& out) {
        auto const* const end = digits.data() + digits.size();
        return std::from_chars(digits.data(), end, out).ptr == end;
    };
    if (!number(text.substr(0, dots), range.from) || !number(text.substr(dots + 2), range.to))
        return std::nullopt;
    return range;
}

Scenery build_scenery()
{
    Scenery scenery{.games = {}, .key = identity::SigningKey::from_seed(std::string(32, 's'))};
    scenery.games.add(rooms::rules_of<liap_tui::LiapTui>());
    scenery.games.add(rooms::rules_of<rooms::testing::snails::Snails>());
    return scenery;
}

std::string_view name_of(StoreKind store) { return store_kind_names[std::to_underlying(store)]; }

void report(Setting const& setting, Outcome const& outcome, std::string_view program)
{
    for (auto const& fault : outcome.faults)
        fmt::print("seed {} ({}): {}\n", setting.seed, name_of(outcome.store), fault);
    fmt::print("repeat it with: {} --seed {}{}{} --verbose\n", program, setting.seed,
        setting.store ? fmt::format(" --store {}", name_of(*setting.store)) : "",
        setting.bug == Bug::none
            ? ""
            : fmt::format(" --bug {}", bug_names[std::to_underlying(setting.bug)]));
    std::fflush(stdout);
}

struct Tally {
    std::array<std::uint64_t, store_kind_names.size()> seeds{};
    std::uint64_t acks = 0;
    std::uint64_t views = 0;
    std::uint64_t events = 0;
    std::uint64_t slept = 0;
    Duration simulated{};
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

    void add(Outcome const& outcome)
    {
        seeds[std::to_underlying(outcome.store)]++;
        acks += outcome.acks;
        views += outcome.views;
        events += outcome.events;
        slept += outcome.slept;
        simulated += outcome.simulated;
    }
    void print(std::uint64_t twice_every) const
    {
        std::chrono::duration<double> const took = std::chrono::steady_clock::now() - started;
        auto const all = seeds[0] + seeds[1] + seeds[2];
        fmt::print(
            "{} seeds (memory {}, sqlite {}, postgres {}), {} twice; {} h simulated, {} events, "
            "{} acks and {} views checked, {} times a room slept; {:.0f} s, {:.1f} seeds/s\n",
            all, seeds[0], seeds[1], seeds[2],
            twice_every == 1 ? "each" : fmt::format("one in {}", twice_every),
            std::chrono::floor<std::chrono::hours>(simulated).count(), events, acks, views,
            slept, took.count(), static_cast<double>(all) / took.count());
    }
};

// That a seed goes the same way again says something of the simulation, not of gatehouse.
struct Hunt {
    Range range;
    std::uint64_t twice_every = 1;
    bool keeps_going = false;
};

bool goes_the_same_way(Setting setting, Outcome const& outcome, Scenery const& scenery)
{
    setting.is_repetition = true;
    return simulate(setting, scenery).trace == outcome.trace;
}

int run_seeds(Hunt const& hunt, Setting setting, Scenery const& scenery, char const* program)
{
    Tally tally;
    int broken = 0;
    for (setting.seed = hunt.range.from; setting.seed <= hunt.range.to; setting.seed++) {
        auto outcome = simulate(setting, scenery);
        if (setting.seed % hunt.twice_every == 0 && !goes_the_same_way(setting, outcome, scenery))
            outcome.faults.push_back("two runs went different ways");
        tally.add(outcome);
        if (outcome.faults.empty())
            continue;
        report(setting, outcome, program);
        broken++;
        if (!hunt.keeps_going)
            break;
    }
    tally.print(hunt.twice_every);
    return broken == 0 ? 0 : 1;
}

int find_bug(Range range, Setting setting, Scenery const& scenery)
{
    auto const name = bug_names[std::to_underlying(setting.bug)];
    for (setting.seed = range.from; setting.seed <= range.to; setting.seed++) {
        auto const outcome = simulate(setting, scenery);
        if (outcome.faults.empty())
            continue;
        fmt::print("{} was found by seed {} ({}): {}\n", name, setting.seed,
            name_of(outcome.store), outcome.faults.front());
        return 0;
    }
    fmt::print("{} was NOT found by seeds {}..{}\n", name, range.from, range.to);
    return 1;
}

template <typename Named>
Named named(std::span<std::string_view const> names, std::string const& name)
{
    return static_cast<Named>(std::ranges::find(names, name) - names.begin());
}

int run(int argc, char** argv)
{
    CLI::App app("Whole nodes on a virtual clock, from one seed.");
    std::string seeds = SEEDS_DEFAULT;
    std::optional<std::uint64_t> seed;
    std::string planted = "none";
    std::string find;
    std::string store;
    bool verbose = false;
    Hunt hunt;
    auto const is_bug = CLI::IsMember(std::vector<std::string>(bug_names.begin(), bug_names.end()));
    auto const is_store = CLI::IsMember(
        std::vector<std::string>(store_kind_names.begin(), store_kind_names.end()));
    app.add_option("--seeds", seeds, "FROM..TO")->envname("SEEDS");
    app.add_option("--seed", seed, "Only this one");
    app.add_option("--store", store, "On this store, whatever the seed draws")->check(is_store);
    app.add_option("--bug", planted, "Plant a bug")->check(is_bug);
    app.add_option("--find", find, "Plant a bug, and fail where no seed finds it")->check(is_bug);
    app.add_flag("--verbose", verbose, "Tell what happens");
    app.add_flag("--keep-going", hunt.keeps_going, "Do not stop at the first seed that fails");
    app.add_option("--twice-every", hunt.twice_every, "Run only one seed in so many twice")
        ->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);

    auto& range = hunt.range;
    range = seed ? Range{*seed, *seed} : read_range(seeds).value_or(Range{1, 0});
    if (range.from > range.to) {
        fmt::print(stderr, "--seeds: expected FROM..TO, such as 1..300\n");
        return 2;
    }
    auto const scenery = build_scenery();
    Setting setting{.bug = named<Bug>(bug_names, find.empty() ? planted : find)};
    if (!store.empty())
        setting.store = named<StoreKind>(store_kind_names, store);
    if (!find.empty())
        return find_bug(range, setting, scenery);
    if (verbose) {
        setting.seed = range.from;
        setting.voice = Trace::Voice::verbose;
        static_cast<void>(simulate(setting, scenery));
        setting.voice = Trace::Voice::quiet;
    }
    return run_seeds(hunt, setting, scenery, argv[0]);
}

}  // namespace
}  // namespace gatehouse::simulation

int main(int argc, char** argv) { return gatehouse::simulation::run(argc, argv); }
