// SPDX-License-Identifier: Apache-2.0
#include "server/outside_games.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace gatehouse::server {
namespace {

// A line that nobody drives answers nothing, ever; a full one answers at once.
class Alone final : public rooms::Rules {
public:
    explicit Alone(remote::RemoteGame game)
        : rules_(std::move(game), line_)
    { }

    [[nodiscard]] rooms::About about() const override { return rules_.about(); }
    [[nodiscard]] Result<std::string> read_options(json::Node options) const override
    {
        return rules_.read_options(options);
    }
    [[nodiscard]] Result<std::unique_ptr<rooms::Play>> begin(
        std::string_view options) const override
    {
        return rules_.begin(options);
    }
    [[nodiscard]] Result<std::unique_ptr<rooms::Play>> resume(
        std::string_view state) const override
    {
        return rules_.resume(state);
    }

private:
    remote::LineOptions options_{.questions_max = 0};
    Now now_{};
    remote::Line line_{options_, now_};
    remote::RemoteRules rules_;
};

}  // namespace

std::vector<OutsideGames> outside_games(config::Settings const& settings)
{
    std::vector<OutsideGames> all;
    for (auto const& [name, game] : settings.rooms) {
        if (!game.rules)
            continue;
        auto const& socket = game.rules->socket.text;
        auto there = std::ranges::find(all, socket, &OutsideGames::socket);
        if (there == all.end())
            there = all.insert(all.end(), {.socket = socket, .games = {}});
        auto const seats = game.seats.value_or(config::Seats{});
        there->games.push_back({.name = name, .title = game.title.empty() ? name : game.title,
            .seats_min = seats.min, .seats_max = seats.max});
    }
    return all;
}

void add_without_process(rooms::Catalogue& games, config::Settings const& settings)
{
    for (auto& process : outside_games(settings))
        for (auto& game : process.games)
            games.add(std::make_unique<Alone>(std::move(game)));
}

}  // namespace gatehouse::server
