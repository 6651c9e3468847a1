// SPDX-License-Identifier: Apache-2.0
#include "projections/fold.hpp"

#include "base/bytes.hpp"
#include "base/seal.hpp"
#include "base/text.hpp"
#include "events/audit.hpp"
#include "projections/rating.hpp"
#include "rooms/game.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace gatehouse::projections {
namespace {

using events::Version;
using rooms::Placed;

// "2026-11": the month, in UTC.
std::string month_of(WallTime at)
{
    return rfc3339(at.ms).substr(0, 7);
}

Table const* table_as_of(Room const& room, Version version)
{
    Table const* found = nullptr;
    for (auto const& table : room.past.tables)
        if (table.since <= version)
            found = &table;
    return found;
}

// ---- Counting a room that is finished, and taking that back

// A game gives any number. Of these, nine million add up without an overflow.
constexpr std::int64_t points_max = 1'000'000'000'000;

// What the room that came to `ending` counts for, before ratings.
std::vector<Played> seats_of(Room const& room, Table const& table)
{
    auto const& [at, results] = *table.ending;
    std::vector<Played> all;
    auto const add = [&](int seat, Outcome outcome, int place, std::int64_t points) {
        all.push_back({.room = room.id, .seat = seat, .game = room.game, .outcome = outcome,
            .place = place, .points = std::clamp(points, -points_max, points_max),
            .ms = std::max<std::int64_t>(0, (at - room.opened_at).count()), .at = at});
    };
    auto const firsts = std::ranges::count(results, 1, &Placed::place);
    for (auto const& placed : results)
        add(placed.seat,
            placed.place != 1 ? Outcome::lost : firsts == 1 ? Outcome::won : Outcome::drawn,
            placed.place, placed.points);
    if (results.empty())
        for (std::size_t seat = 0; seat < table.seats.size(); seat++)
            if (table.seats[seat] != 0)
                add(static_cast<int>(seat), Outcome::given_up, 0, 0);
    return all;
}

std::uint32_t actor_of(Table const& table, int seat)
{
    auto const& results = table.ending->results;
    if (auto const placed = std::ranges::find(results, seat, &Placed::seat);
        placed != results.end())
        return placed->actor;
    return table.seats[static_cast<std::size_t>(seat)];
}

void add_up(Player& player, Played const& played, int sign)
{
    auto const is = [&](Outcome outcome) { return played.outcome == outcome ? sign : 0; };
    player.games += sign;
    player.wins += is(Outcome::won);
    player.draws += is(Outcome::drawn);
    player.given_up += is(Outcome::given_up);
    player.points += sign * played.points;
    player.ms += sign * played.ms;
    player.rating += sign * played.rating;
}

std::array<std::string, 2> periods_of(Played const& played)
{
    return {"", month_of(played.at)};
}

Player player_of(Rows& rows, Played const& played, std::string const& period)
{
    return rows.player(played.game, period, played.player)
        .value_or(Player{.game = played.game, .period = period, .id = played.player});
}

// Between those who are known: a bot, or whoever was forgotten, has no rating to win or lose.
void rate_all(std::vector<Played>& all, Rows& rows)
{
    std::vector<Played*> known;
    std::vector<Rated> rated;
    for (auto& played : all)
        if (!played.player.empty() && played.place > 0) {
            known.push_back(&played);
            rated.push_back({player_of(rows, played, "").rating, played.place});
        }
    auto const won = rate(rated);
    for (std::size_t i = 0; i < known.size(); i++)
        known[i]->rating = won[i];
}

std::string name_of(Room const& room, Member const& member)
{
    auto const& names = room.past.names;
    auto const found = std::ranges::find(names, member.actor, &SealedName::actor);
    if (found == names.end() || member.key.empty())
        return {};
    return unseal(member.key, from_hex(found->sealed), rooms::Named::name).value_or("");
}

void count(Room const& room, Table const& table, Members const& members, Rows& rows)
{
    auto const found = members.find(room.id);
    auto const known = [&](int seat) -> Member const* {
        auto const actor = actor_of(table, seat);
        if (actor == 0 || found == members.end())
            return nullptr;
        auto const member = std::ranges::find(found->second, actor, &Member::actor);
        return member == found->second.end() ? nullptr : &*member;
    };
    auto all = seats_of(room, table);
    for (auto& played : all)
        if (auto const* const member = known(played.seat))
            played.player = member->player;
    rate_all(all, rows);
    for (auto const& played : all) {
        rows.put(played);
        if (played.player.empty())
            continue;
        auto const name = name_of(room, *known(played.seat));
        for (auto const& period : periods_of(played)) {
            auto player = player_of(rows, played, period);
            add_up(player, played, 1);
            if (!name.empty())
                player.name = name;
            player.last_at = std::max(player.last_at, played.at);
            rows.put(player);
        }
    }
}

void take_back(Room const& room, Rows& rows)
{
    for (auto const& played : rows.played(room.id)) {
        if (played.player.empty())
            continue;
        for (auto const& period : periods_of(played)) {
            auto player = rows.player(played.game, period, played.player);
            if (!player)
                continue;
            add_up(*player, played, -1);
            if (player->games == 0)
                rows.remove(*player);
            else
                rows.put(*player);
        }
    }
    rows.remove_played(room.id);
}

// ---- A room

// The room is at this table from now on.
void sit_at(Room& room, Table table, Members const& members, Rows& rows)
{
    if (room.finished_at)
        take_back(room, rows);
    room.finished_at.reset();
    if (table.ending) {
        room.finished_at = table.ending->at;
        count(room, table, members, rows);
    }
    auto& tables = room.past.tables;
    if (tables.size() == Room::tables_max)
        tables.erase(tables.begin() + 1);
    tables.push_back(std::move(table));
    rows.put(room);
}

void take_seat(Room& room, Version version, int seat, std::uint32_t actor, Rows& rows)
{
    if (seat < 0 || seat >= rooms::room_seats_max || room.finished_at)
        return;
    auto table = room.past.tables.back();
    table.since = version;
    auto const at = static_cast<std::size_t>(seat);
    table.seats.resize(std::max(table.seats.size(), at + 1), 0);
    if (std::exchange(table.seats[at], actor) != actor)
        sit_at(room, std::move(table), {}, rows);
}

void name(Room& room, rooms::Named const& named, Rows& rows)
{
    auto& names = room.past.names;
    auto const found = std::ranges::find(names, named.actor, &SealedName::actor);
    if (found != names.end())
        found->sealed = named.sealed;
    else if (names.size() < Room::names_max)
        names.push_back({named.actor, named.sealed});
    else
        return;
    rows.put(room);
}

// A room that comes back from the archive is told of once more, from its beginning.
void open(events::PositionedEvent const& event, Past past, Rows& rows)
{
    if (auto const before = rows.room(event.stream))
        take_back(*before, rows);
    rows.put(Room{.id = event.stream, .game = event.category, .opened_at = event.event.at,
        .past = std::move(past)});
}

void fork(events::PositionedEvent const& event, rooms::Forked const& forked, Rows& rows)
{
    auto const from = rows.room(forked.from);
    auto const* const then = from ? table_as_of(*from, forked.version) : nullptr;
    Past past{.tables = {{.since = event.event.version}}};
    if (then) {
        past.tables.front().seats = then->seats; // Its end, if it had one, is the other room's.
        past.names = from->past.names;
    }
    open(event, std::move(past), rows);
}

void go_back(Room& room, Version now, Version then, Members const& members, Rows& rows)
{
    auto const* const past = table_as_of(room, then);
    Table table = past ? *past : Table{};
    table.since = now;
    sit_at(room, std::move(table), members, rows);
}

} // namespace

bool needs_members(events::PositionedEvent const& event)
{
    return events::is_room_category(event.category)
        && (event.event.type == rooms::Finished::name || event.event.type == rooms::Restored::name);
}

void fold(events::PositionedEvent const& event, Members const& members, Rows& rows)
{
    auto const& [version, type, schema, at, cause, data, link] = event.event;
    if (!events::is_room_category(event.category) || !rooms::is_platform_type(type))
        return;
    auto const parts = rooms::split(data);
    auto const platform = rooms::decode_platform(
        type, schema, parts ? parts->body : std::string_view());
    if (!parts || !platform)
        return;
    if (std::holds_alternative<rooms::Opened>(*platform))
        return open(event, {.tables = {{.since = version}}}, rows);
    if (auto const* const forked = std::get_if<rooms::Forked>(&*platform))
        return fork(event, *forked, rows);
    auto room = rows.room(event.stream);
    if (!room)
        return;
    auto const seat = [&](int which, std::uint32_t actor) {
        take_seat(*room, version, which, actor, rows);
    };
    std::visit(
        Overload{
            [&](rooms::Named const& named) { name(*room, named, rows); },
            [&](rooms::Seated const& seated) { seat(seated.seat, seated.actor); },
            [&](rooms::BotSeated const& bot) { seat(bot.seat, 0); },
            [&](rooms::SeatLeft const& left) { seat(left.seat, 0); },
            [&](rooms::Finished const& finished) {
                auto table = room->past.tables.back();
                table.since = version;
                table.ending = Ending{at, finished.results};
                sit_at(*room, std::move(table), members, rows);
            },
            [&](rooms::Restored const& restored) {
                go_back(*room, version, restored.version, members, rows);
            },
            [](auto const&) { },
        },
        *platform);
}

} // namespace gatehouse::projections
