// SPDX-License-Identifier: Apache-2.0
#include "projections/rating.hpp"

#include <array>
#include <cstdint>

namespace gatehouse::projections {
namespace {

constexpr int stake = 32; // What a game between two is about, at most.
constexpr int step = 50;

// Of 1000 games, how many the better one wins who is better by 0, 50, 100, … points:
// 1000 / (1 + 10^(-difference / 400)). A table, so that it comes to the same on any machine.
constexpr std::array<int, 17> expected_wins{
    500, 571, 640, 703, 760, 808, 849, 882, 909, 930, 947, 960, 969, 977, 983, 987, 990};

int expected(int difference)
{
    if (difference < 0)
        return 1000 - expected(-difference);
    constexpr int furthest = step * (static_cast<int>(expected_wins.size()) - 1);
    if (difference >= furthest)
        return expected_wins.back();
    auto const at = static_cast<std::size_t>(difference / step);
    return expected_wins[at]
        + (expected_wins[at + 1] - expected_wins[at]) * (difference % step) / step;
}

int came_to(int place, int other_place)
{
    return place == other_place ? 500 : place < other_place ? 1000 : 0;
}

// To the nearest whole number, and to either side alike.
std::int64_t divide(std::int64_t value, std::int64_t by)
{
    auto const half = by / 2;
    return (value < 0 ? value - half : value + half) / by;
}

} // namespace

std::vector<int> rate(std::span<Rated const> players)
{
    std::vector<int> won(players.size(), 0);
    for (std::size_t i = 0; i < players.size(); i++)
        for (std::size_t j = i + 1; j < players.size(); j++) {
            auto const surprise = came_to(players[i].place, players[j].place)
                - expected(players[i].rating - players[j].rating);
            auto const pairs = static_cast<std::int64_t>(players.size() - 1);
            auto const moved = static_cast<int>(divide(stake * surprise, 1000 * pairs));
            won[i] += moved;
            won[j] -= moved;
        }
    return won;
}

} // namespace gatehouse::projections
