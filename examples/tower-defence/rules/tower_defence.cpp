// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/tower_defence.hpp"

#include <fmt/format.h>

namespace gatehouse::tower_defence {

namespace {

using Decision = rooms::Decision<Event>;

// Where and by whom: the beginning of several events.
template <typename E>
E at(int seat, Tile tile)
{
    E event;
    event.seat = seat;
    event.x = tile.x;
    event.y = tile.y;
    return event;
}

std::uint64_t dice_of(rooms::Chance const& chance)
{
    auto stream = chance.stream(1);
    std::uint64_t const high = stream.next();
    return high << 32 | stream.next();
}

Decision refused_for_gold(int cost, int gold)
{
    return Decision::refuse(fmt::format("that costs {} gold, and you have {}", cost, gold));
}

// ---- What is asked for, one by one. The phase and the seat are right.

struct Decider {
    State const& state;
    int seat;
    rooms::Context const& context;

    [[nodiscard]] int gold() const { return state.players[index_of(seat)].gold; }

    Decision operator()(Start const&) const
    {
        Started started{.dice = dice_of(context.chance)};
        for (std::size_t i = 0; i < context.seats.size() && i < seats_count; i++)
            if (context.seats[i] != rooms::Occupant::nobody)
                started.seats.push_back(static_cast<int>(i));
        if (started.seats.empty())
            return Decision::refuse("somebody must sit down first");
        return Decision().emit(std::move(started));
    }

    Decision operator()(Place const& asked) const
    {
        Tile const tile{asked.x, asked.y};
        auto const cost = stats_of(asked.kind).levels[0].cost;
        if (is_on_map(tile) && is_on_way(map_of(state.options.map), tile))
            return Decision::refuse("that is the enemies' way: build beside it");
        if (!is_ground(map_of(state.options.map), tile))
            return Decision::refuse("nothing can be built there: choose free ground");
        if (tower_at(state, tile) != nullptr)
            return Decision::refuse("a tower stands there already");
        if (state.towers.size() == towers_max)
            return Decision::refuse(fmt::format("{} towers are the most: sell one", towers_max));
        if (gold() < cost)
            return refused_for_gold(cost, gold());
        return Decision().emit(Placed{seat, asked.kind, tile.x, tile.y});
    }

    Decision operator()(Upgrade const& tile) const
    {
        return with_own(tile, [&](Tower const& tower) {
            if (tower.level + 1 == levels_count)
                return Decision::refuse("this tower cannot become better");
            auto const next = static_cast<std::size_t>(tower.level + 1);
            auto const cost = stats_of(tower.kind).levels[next].cost;
            if (gold() < cost)
                return refused_for_gold(cost, gold());
            return Decision().emit(at<Upgraded>(seat, tile));
        });
    }

    Decision operator()(Sell const& tile) const
    {
        return with_own(tile, [&](Tower const&) { return Decision().emit(at<Sold>(seat, tile)); });
    }

    Decision operator()(Target const& asked) const
    {
        return with_own({asked.x, asked.y}, [&](Tower const& tower) {
            if (tower.aim == asked.aim)
                return Decision::refuse("it aims so already");
            return Decision().emit(Aimed{asked.x, asked.y, asked.aim});
        });
    }

    Decision operator()(Call const&) const
    {
        if (state.wave == state.options.waves)
            return Decision::refuse("this is the last wave");
        if (!is_place_for_wave(state))
            return Decision::refuse("too many are coming already: wait for some of them");
        return Decision().emit(Called{seat, early_gold(state)});
    }

    Decision operator()(Give const& asked) const
    {
        bool const is_player = asked.seat >= 0 && asked.seat < seats_count
            && state.players[index_of(asked.seat)].plays;
        if (!is_player || asked.seat == seat)
            return Decision::refuse("give to another player of this game");
        if (asked.gold < 1)
            return Decision::refuse("give one piece of gold or more");
        if (asked.gold > gold())
            return Decision::refuse(fmt::format("you have {} gold", gold()));
        return Decision().emit(Gave{seat, asked.seat, asked.gold});
    }

    Decision operator()(Ping const& tile) const
    {
        if (!is_on_map(tile))
            return Decision::refuse("that is beside the map");
        return Decision().emit(at<Pinged>(seat, tile));
    }

private:
    Decision with_own(Tile tile, auto&& decide) const
    {
        auto const* tower = tower_at(state, tile);
        if (tower == nullptr)
            return Decision::refuse("no tower stands there");
        if (tower->owner != seat)
            return Decision::refuse("this tower is another player's");
        return decide(*tower);
    }
};

} // namespace

rooms::Decision<Event> TowerDefence::decide(
    State const& state, rooms::Seat seat, Action const& action, rooms::Context const& context)
{
    if (seat < 0 || seat >= seats_count)
        return Decision::refuse(ErrorCode::forbidden, "spectators watch, they do not play");
    bool const is_start = std::holds_alternative<Start>(action);
    if (state.phase != (is_start ? Phase::waiting : Phase::playing))
        return Decision::refuse(ErrorCode::wrong_phase,
            is_over(state)                      ? "the game is over"
                : state.phase == Phase::waiting ? "the game has not begun"
                                                : "the game has begun");
    if (!is_start && !state.players[index_of(seat)].plays)
        return Decision::refuse(ErrorCode::forbidden, "your seat is not in this game");
    return std::visit(Decider{state, seat, context}, action);
}

std::optional<News> TowerDefence::news(State const&, Event const& event, rooms::Seat)
{
    return std::visit(
        []<typename E>(E const& each) -> std::optional<News> {
            if constexpr (std::is_constructible_v<News, E>)
                return News(each);
            else
                return std::nullopt;
        },
        event);
}

std::vector<rooms::Standing> TowerDefence::results(State const& state)
{
    std::vector<rooms::Standing> standings;
    for (int seat = 0; seat < seats_count; seat++)
        if (auto const& player = state.players[index_of(seat)]; player.plays)
            standings.push_back({.seat = seat,
                .place = state.phase == Phase::won ? 1 : 2,
                .points = player.damage});
    return standings;
}

std::optional<std::string> TowerDefence::unfair(
    State const&, Event const& event, rooms::Chance const& chance)
{
    auto const* started = std::get_if<Started>(&event);
    if (started == nullptr || started->dice == dice_of(chance))
        return std::nullopt;
    return "the game began with other dice than the seed gives";
}

} // namespace gatehouse::tower_defence
