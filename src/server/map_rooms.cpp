// SPDX-License-Identifier: Apache-2.0
#include "server/mapping.hpp"

#include <algorithm>

namespace gatehouse::server {

using std::chrono::duration_cast;

namespace {

rooms::RoomOptions room_options(config::Rooms const& game)
{
    using enum config::Absent;
    rooms::RoomOptions options;
    options.bot_delay = duration_cast<Milliseconds>(game.bot_think);
    if (game.absence.then != wait)
        options.bot_after = duration_cast<Milliseconds>(game.absence.bot_after);
    options.absence = game.absence.then == fallback ? rooms::Absence::fallback
        : game.absence.then == forfeit              ? rooms::Absence::forfeit
                                                    : rooms::Absence::bot;
    options.seat_reserved = duration_cast<Milliseconds>(game.seat_reserved);
    options.rate_max = static_cast<std::uint32_t>(game.rate.count);
    options.rate_period = duration_cast<Milliseconds>(game.rate.period);
    return options;
}

}  // namespace

rooms::RoomsOptions rooms_options(config::Settings const& settings, std::size_t shards)
{
    rooms::RoomsOptions options;
    auto const share = [shards](int all) {
        return std::max<std::size_t>((static_cast<std::size_t>(all) + shards - 1) / shards, 1);
    };
    options.others.rooms_max = share(config::Rooms{}.max_rooms);
    auto const& capacity = settings.capacity;
    options.memory_max = static_cast<std::size_t>(capacity.memory.bytes) / shards;
    options.memory_short_at_percent = static_cast<std::size_t>(capacity.short_at.value);
    options.sleep_after = duration_cast<Milliseconds>(capacity.sleep_after);
    for (auto const& [name, game] : settings.rooms) {
        auto& of_game = options.games[name];
        of_game.rooms_max = share(game.max_rooms);
        of_game.room = room_options(game);
    }
    return options;
}

node::Matches matches_of(config::Settings const& settings)
{
    node::Matches matches;
    for (auto const& [name, game] : settings.rooms) {
        if (!game.match)
            continue;
        auto const& match = *game.match;
        auto& of_game = matches[name];
        of_game.game.queue = {.players = match.players.value_or(0),
            .players_min = match.players_min.value_or(0),
            .patience = duration_cast<Milliseconds>(match.patience), .window = match.window,
            .growth = match.growth, .window_max = match.window_max};
        of_game.game.waiting_max = static_cast<std::size_t>(match.waiting_max);
        of_game.join_within = duration_cast<Milliseconds>(match.join_within);
    }
    return matches;
}

}  // namespace gatehouse::server
