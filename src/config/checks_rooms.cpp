// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace gatehouse::config {
namespace {

void check_rules(Checking& check, Rooms const& rooms, bool is_built_in, std::string const& pointer)
{
    if (is_built_in)
        check.wrong(pointer + "/rules",
            "this game is built in: leave rules out, or give the other game a name of its own");
    else if (!rooms.seats && !check.is_blamed(pointer))
        check.wrong(pointer, "rules need seats: write seats: { min: 2, max: 4 }");
}

void check_match(Checking& check, Matching const& match, std::string const& pointer)
{
    if (match.players && match.players_min && *match.players_min > *match.players)
        check.wrong(pointer + "/players_min",
            fmt::format("{} is more than players, {}: nobody would have patience",
                *match.players_min, *match.players));
    if (match.window_max < match.window)
        check.wrong(pointer + "/window_max",
            fmt::format(
                "{} is less than window, {}: windows only grow", match.window_max, match.window));
}

} // namespace

void check_rooms(Checking& check, std::span<std::string_view const> games)
{
    for (auto const& [name, rooms] : check.settings().rooms) {
        auto const pointer = member_pointer("/rooms", name);
        if (rooms.match)
            check_match(check, *rooms.match, pointer + "/match");
        bool const is_built_in = std::ranges::find(games, name) != games.end();
        if (rooms.rules)
            check_rules(check, rooms, is_built_in, pointer);
        else if (rooms.seats || !rooms.title.empty())
            check.wrong(pointer + (rooms.seats ? "/seats" : "/title"),
                is_built_in
                    ? fmt::format("{} is built in, and says that itself: leave it out", name)
                    : std::string("stands with rules only: write rules: unix:PATH"));
        else if (!is_built_in && !check.is_blamed(pointer))
            check.wrong(pointer,
                fmt::format("no game named {} is built in, and no rules: unix:PATH lead to "
                            "it{}",
                    quote(name), suggest(name, {games.begin(), games.end()}, "games")));
    }
}

} // namespace gatehouse::config
