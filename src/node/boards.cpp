// SPDX-License-Identifier: Apache-2.0
// What many games come to, over HTTP (docs/read-models.md): leaderboards, players, finished rooms.
#include "node/node.hpp"

#include "base/text.hpp"
#include "http/error_body.hpp"
#include "http/target.hpp"
#include "node/cursor.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::node {
namespace {

using projections::By;
using projections::FinishedQuestion;
using projections::FinishedRoom;
using projections::Player;

constexpr std::string_view games_prefix = "/v1/games/";
constexpr std::string_view players_prefix = "/v1/players/";
constexpr std::size_t rows_usual = 20;

template <typename T>
std::optional<T> number_in(std::string_view text)
{
    T number = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const is_number = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return is_number ? std::optional(number) : std::nullopt;
}

Result<std::size_t> limit_in(std::string_view query)
{
    auto const text = http::query_value(query, "limit");
    auto const limit = text ? number_in<std::size_t>(*text) : rows_usual;
    if (!limit || *limit < 1 || *limit > projections::answer_rows_max)
        return fail(ErrorCode::bad_request, "limit: expected a number from 1 to 100");
    return *limit;
}

Result<By> order_in(std::string_view query)
{
    auto const name = http::query_value(query, "by").value_or("wins");
    auto const names = enum_names(By::wins);
    auto const found = std::ranges::find(names, name);
    if (found == names.end())
        return fail(ErrorCode::bad_request, "by: expected wins, rating or points");
    return static_cast<By>(found - names.begin());
}

// "all" is the empty one.
Result<std::string> period_in(std::string_view query)
{
    auto text = http::query_value(query, "period").value_or("all");
    if (text == "all")
        return std::string();
    auto const month = text.size() == 7 ? number_in<unsigned>(text.substr(5)) : std::nullopt;
    auto const year = text.size() == 7 ? number_in<unsigned>(text.substr(0, 4)) : std::nullopt;
    if (!month || !year || text[4] != '-' || *month < 1 || *month > 12)
        return fail(ErrorCode::bad_request, "period: expected all, or a month such as 2026-11");
    return text;
}

// When the last room of the page before ended, and which it was.
Result<std::optional<FinishedQuestion::Place>> place_in(std::string_view query)
{
    auto const text = http::query_value(query, "after");
    if (!text)
        return std::nullopt;
    auto cursor = read_cursor(*text);
    if (!cursor)
        return fail(ErrorCode::bad_request, "after: expected what `next` was");
    return FinishedQuestion::Place{cursor->at, std::move(cursor->room)};
}

bool is_shown_id(std::string_view text)
{
    return text.size() == 16 && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    });
}

void write_sums(json::Writer& out, Player const& player)
{
    out.key("name").value(player.name).key("games").value(player.games);
    out.key("wins").value(player.wins).key("draws").value(player.draws);
    out.key("losses").value(player.games - player.wins - player.draws - player.given_up);
    out.key("given_up").value(player.given_up).key("points").value(player.points);
    out.key("rating").value(player.rating).key("seconds").value(player.ms / 1000);
    out.key("last_at").value(rfc3339(player.last_at.ms));
}

std::string write_leaders(
    std::string_view game, std::string_view period, By by, std::vector<Player> const& players)
{
    std::string body;
    json::Writer out(body);
    out.object().key("game").value(game).key("period").value(period.empty() ? "all" : period);
    out.key("by").value(enum_names(by)[std::to_underlying(by)]).key("leaders").array();
    for (auto const& player : players) {
        out.object().key("player").value(player.id);
        write_sums(out, player);
        out.end_object();
    }
    out.end_array().end_object();
    return body;
}

std::string write_stats(std::string_view id, std::vector<Player> const& games)
{
    std::string body;
    json::Writer out(body);
    out.object().key("player").value(id).key("games").array();
    for (auto const& each : games) {
        out.object().key("game").value(each.game);
        write_sums(out, each);
        out.end_object();
    }
    out.end_array().end_object();
    return body;
}

void write_room(json::Writer& out, FinishedRoom const& room)
{
    out.object().key("room").value(room.room);
    out.key("opened_at").value(rfc3339(room.opened_at.ms));
    out.key("finished_at").value(rfc3339(room.at.ms)).key("seats").array();
    for (auto const& [played, name] : room.seats) {
        auto const outcome = enum_names(played.outcome)[std::to_underlying(played.outcome)];
        out.object().key("seat").value(played.seat);
        if (!played.player.empty())
            out.key("player").value(played.player).key("name").value(name);
        out.key("outcome").value(outcome);
        if (played.place > 0)
            out.key("place").value(played.place).key("points").value(played.points);
        out.key("rating").value(played.rating).end_object();
    }
    out.end_array().end_object();
}

std::string write_finished(
    std::string_view game, std::size_t limit, std::vector<FinishedRoom> const& rooms)
{
    std::string body;
    json::Writer out(body);
    out.object().key("game").value(game).key("finished").array();
    for (auto const& room : rooms)
        write_room(out, room);
    out.end_array();
    if (rooms.size() == limit)
        out.key("next").value(write_cursor(rooms.back().at, rooms.back().room));
    out.end_object();
    return body;
}

http::Response answer_of(std::string body)
{
    return {.body = std::move(body), .headers = {{"Cache-Control", "no-store"}}};
}

std::string write_progress(projections::Progress const& progress)
{
    std::string body;
    json::Writer out(body);
    out.object().key("place").value(progress.place).key("position").value(progress.rows.next);
    out.key("end").value(std::max(progress.end, progress.rows.next));
    out.key("whole").value(progress.rows.is_whole).key("rooms").value(progress.rooms);
    out.key("seats").value(progress.seats).key("players").value(progress.players);
    if (progress.rebuilt)
        out.key("rebuilt").value(progress.rebuilt->next);
    if (!progress.trouble.empty())
        out.key("trouble").value(progress.trouble);
    out.end_object();
    return body;
}

} // namespace

bool Node::is_about_boards(std::string_view path)
{
    return path.starts_with(games_prefix) || path.starts_with(players_prefix);
}

// What comes later is answered to whoever asked, or refused as all else is.
auto Node::answering(gateway::LocalRequest const& request, Done& done)
{
    return [this, path = std::string(request.head.path), id = std::string(request.asker.request_id),
               done = std::move(done)](Result<std::string> body) mutable {
        if (body)
            return done(answer_of(*std::move(body)));
        done(http::error_response({.code = body.error().code,
                                      .message = body.error().message,
                                      .instance = path,
                                      .request_id = id},
            now_.wall));
    };
}

void Node::answer_boards(gateway::LocalRequest const& request, Done done)
{
    if (auto const asked = ask_boards(request, done); !asked)
        answering(request, done)(std::unexpected(asked.error()));
}

// Takes `done` when it has asked.
Result<void> Node::ask_boards(gateway::LocalRequest const& request, Done& done)
{
    auto const path = request.head.path;
    if (path.starts_with(players_prefix)) {
        auto const id = GH_TRY(player_named(path.substr(players_prefix.size()), request.asker));
        ports_.boards->stats(id,
            [id, answer = answering(request, done)](
                Result<std::vector<Player>> const& games) mutable {
                if (!games)
                    return answer(std::unexpected(games.error()));
                answer(write_stats(id, *games));
            });
        return {};
    }
    auto const rest = path.substr(games_prefix.size());
    auto const slash = std::min(rest.find('/'), rest.size());
    auto const game = rest.substr(0, slash);
    auto const what = rest.substr(slash);
    if (what != "/leaders" && what != "/finished")
        return fail(ErrorCode::not_found, "there is nothing here");
    if (!games_.find(game))
        return fail(ErrorCode::not_found, "there is no such game; GET /v1/games lists them");
    if (!ports_.boards)
        return fail(ErrorCode::not_found, "this server keeps no leaderboards");
    return what == "/leaders" ? ask_leaders(std::string(game), request, done)
                              : ask_finished(std::string(game), request, done);
}

Result<std::string> Node::player_named(std::string_view name, gateway::Asker const& asker) const
{
    if (!ports_.boards)
        return fail(ErrorCode::not_found, "this server keeps no leaderboards");
    if (name == "me" && !asker.principal)
        return fail(ErrorCode::unauthenticated, "POST /v1/sessions gives a token");
    if (name == "me")
        return ports_.boards->shown_id(asker.principal->id);
    if (!is_shown_id(name))
        return fail(ErrorCode::not_found,
            "there is no such player: write me, or the 16 letters and digits that are shown");
    return std::string(name);
}

Result<void> Node::ask_leaders(std::string game, gateway::LocalRequest const& request, Done& done)
{
    auto const query = request.head.query;
    auto const by = GH_TRY(order_in(query));
    auto const period = GH_TRY(period_in(query));
    auto const limit = GH_TRY(limit_in(query));
    ports_.boards->leaders({.game = game, .period = period, .by = by, .limit = limit},
        [game, period, by, answer = answering(request, done)](
            Result<std::vector<Player>> const& players) mutable {
            if (!players)
                return answer(std::unexpected(players.error()));
            answer(write_leaders(game, period, by, *players));
        });
    return {};
}

Result<void> Node::ask_finished(std::string game, gateway::LocalRequest const& request, Done& done)
{
    auto const query = request.head.query;
    auto const limit = GH_TRY(limit_in(query));
    auto after = GH_TRY(place_in(query));
    std::string player;
    if (auto const name = http::query_value(query, "player"))
        player = GH_TRY(player_named(*name, request.asker));
    ports_.boards->finished(
        {.game = game, .player = player, .after = std::move(after), .limit = limit},
        [game, limit, answer = answering(request, done)](
            Result<std::vector<FinishedRoom>> const& rooms) mutable {
            if (!rooms)
                return answer(std::unexpected(rooms.error()));
            answer(write_finished(game, limit, *rooms));
        });
    return {};
}

// ---- Operators

void Node::show_projections(gateway::LocalRequest const& request, Done done)
{
    auto answer = answering(request, done);
    if (!ports_.boards)
        return answer(fail(ErrorCode::not_found, "this server keeps no leaderboards"));
    ports_.boards->progress(
        [answer = std::move(answer)](Result<projections::Progress> const& progress) mutable {
            if (!progress)
                return answer(std::unexpected(progress.error()));
            answer(write_progress(*progress));
        });
}

Result<Node::Order> Node::read_projections_order(std::string_view what, json::Node body)
{
    if (what != "rebuild")
        return fail(ErrorCode::not_found, "no such order");
    if (!ports_.boards)
        return fail(ErrorCode::not_found, "this server keeps no leaderboards");
    auto rows = projections::Rebuild::unless_archived;
    if (auto const forgets = body.find("forget_archived")) {
        if (!forgets->boolean())
            return fail(ErrorCode::bad_request, "forget_archived is true or false");
        if (*forgets->boolean())
            rows = projections::Rebuild::without_archived;
    }
    return Order{{.what = "projections rebuild"}, [this, rows](OnAnswer answer) {
                     ports_.boards->rebuild(rows,
                         [answer = std::move(answer)](Result<void> const& begun) mutable {
                             if (!begun)
                                 return answer(std::unexpected(begun.error()));
                             answer(Answer{"{}", "begun"});
                         });
                 }};
}

} // namespace gatehouse::node
