// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/testing/play.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::testing {

namespace testing_detail {

template <rooms::Game G, typename Permute>
class Leaks {
public:
    Leaks(Table<G> const&, PlayOptions<G> const&, Permute const& permute, std::uint64_t& changed)
        : permute_(permute)
        , changed_(changed)
    { }

    void see(Step<G> const& step, Report& report, auto const& find)
    {
        if (step.decision.events.empty())
            return;
        for (auto viewer = rooms::spectator; viewer < G::about.seats_max; viewer++) {
            auto other = step.after;
            permute_(other, viewer, rng_);
            changed_ += gatehouse::is_same(other, step.after) ? 0 : 1;
            report.compared++;
            compare("view", viewer, testing::json_of(G::view(step.after, viewer)),
                testing::json_of(G::view(other, viewer)), find);
        }
    }

private:
    static void compare(std::string_view what, rooms::Seat viewer, std::string const& shown,
        std::string const& other, auto const& find)
    {
        auto const who
            = viewer == rooms::spectator ? "spectators" : "seat " + std::to_string(viewer);
        if (shown != other)
            find("the " + std::string(what) + " of " + who + " hangs on what is secret: " + shown
                + ", which would else be " + other);
    }

    Permute const& permute_;
    std::uint64_t& changed_;
    rooms::Rng rng_{std::string(32, 'p'), 0};
};

}  // namespace testing_detail

// Random games. After each step, and for each seat and for spectators, all that they must not know
// is changed, and not a byte that they are shown may change with it. The game's author says what
// that is: `permute(State& state, Seat viewer, Rng& rng)` puts another secret in the place of each
// that `viewer` may not know (deals the cards in the others' hands anew among them).
template <rooms::Game G, typename Permute>
[[nodiscard]] Report leaks(Permute const& permute, PlayOptions<G> const& given = {})
{
    std::uint64_t changed = 0;
    auto report = testing_detail::play<testing_detail::Leaks<G, Permute>>(given, permute, changed);
    if (changed == 0)
        report.find("permute changed nothing, ever: so nothing was compared");
    return report;
}

}  // namespace gatehouse::testing
