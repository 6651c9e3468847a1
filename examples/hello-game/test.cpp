// SPDX-License-Identifier: Apache-2.0
// Random games, held against what a game must be. No test framework is needed.
#include "hello_game.hpp"

#include "gatehouse/testing.hpp"

#include <cstdio>

int main()
{
    // Whatever the secret is, between the bounds: nobody sees a difference.
    auto const permute = [](HelloGame::State& state, int, gatehouse::Rng& rng) {
        state.secret = state.low + int(rng.below(std::uint32_t(state.high - state.low + 1)));
    };
    auto const reports = {gatehouse::testing::fuzz<HelloGame>(),
        gatehouse::testing::determinism<HelloGame>(),
        gatehouse::testing::leaks<HelloGame>(permute)};
    bool is_sound = true;
    for (auto const& report : reports) {
        std::fputs(report.text().c_str(), stdout);
        is_sound = is_sound && report;
    }
    return is_sound ? 0 : 1;
}
