// SPDX-License-Identifier: Apache-2.0
// Finding others to play with, over HTTP (docs/lobby.md). Those who wait for a game do so on the
// shard that its name leads to; whoever asks may be on any other.
#include "node/listing.hpp"
#include "node/match_options.hpp"
#include "node/node.hpp"

#include "base/assert.hpp"
#include "http/error_body.hpp"
#include "sessions/shard_id.hpp"

#include <algorithm>

namespace gatehouse::node {
namespace {

constexpr std::string_view matches_path = "/v1/matches";
constexpr std::string_view match_prefix = "/v1/matches/";

std::string write_answer(matching::Answer const& answer, std::string_view code)
{
    std::string body;
    json::Writer out(body);
    out.object().key("match").value(answer.match);
    out.key("status").value(answer.found ? "found" : "waiting");
    out.key("waited_ms").value(static_cast<std::int64_t>(answer.waited.count()));
    if (answer.found) {
        out.key("room").value(answer.found->room).key("code").value(code);
        out.key("seat").value(answer.found->seat).key("players").value(answer.found->players);
    }
    out.end_object();
    return body;
}

} // namespace

matching::HallOptions hall_options(Matches const& matches, rooms::Catalogue const& games)
{
    matching::HallOptions hall;
    for (auto const& [name, match] : matches) {
        auto const* const rules = games.find(name);
        if (!rules)
            continue;
        auto const about = rules->about();
        hall.games[name] = match.game;
        auto& queue = hall.games[name].queue;
        queue.players
            = std::min(queue.players > 0 ? queue.players : about.seats_max, about.seats_max);
        hall.games[name].found_kept = match.join_within;
        queue.players_min
            = std::min(queue.players_min > 0 ? queue.players_min : about.seats_min, queue.players);
    }
    return hall;
}

bool Node::is_about_matches(std::string_view path)
{
    return path == matches_path || path.starts_with(match_prefix);
}

ShardIndex Node::owner_of_matches(std::string_view game) const
{
    return shard_of(game);
}

// ---- Questions

void Node::answer_matches(gateway::LocalRequest const& request, Done done)
{
    auto const method = request.head.method;
    auto const path = request.head.path;
    auto const refuse
        = [&](ErrorCode code, std::string_view message, int status, std::string_view allowed) {
              auto answer = http::error_response({.code = code,
                                                     .message = message,
                                                     .status = status,
                                                     .instance = path,
                                                     .request_id = request.asker.request_id},
                  now_.wall);
              if (!allowed.empty())
                  answer.headers.emplace_back("Allow", allowed);
              done(std::move(answer));
          };
    if (!request.asker.principal)
        return refuse(ErrorCode::unauthenticated, "POST /v1/sessions gives a token", 0, {});
    if (path == matches_path)
        return method == "POST" ? seek(request, std::move(done))
                                : refuse(ErrorCode::unsupported, "POST here", 405, "POST");
    if (method != "GET" && method != "DELETE")
        return refuse(ErrorCode::unsupported, "GET or DELETE here", 405, "GET, DELETE");
    seek_on(request, std::move(done));
}

// What the hall says is answered here, wherever it was said. Who left has no match any more.
auto Node::answering_match(
    gateway::LocalRequest const& request, matching::Hall::Question question, Done& done)
{
    return [this, path = std::string(request.head.path), id = std::string(request.asker.request_id),
               connection = request.connection, question, done = std::move(done)](
               Result<matching::Answer> const& told) mutable {
        if (seeking_on(connection, question))
            seeking_.erase(connection);
        if (!told)
            return done(http::error_response({.code = told.error().code,
                                                 .message = told.error().message,
                                                 .instance = path,
                                                 .request_id = id},
                now_.wall));
        if (told->match.empty())
            return done({.status = 204, .headers = {{"Cache-Control", "no-store"}}});
        done({.status = told->found ? 200 : 202,
            .body = write_answer(*told, told->found ? code_of(told->found->room) : ""),
            .headers = {{"Cache-Control", "no-store"}}});
    };
}

void Node::seek(gateway::LocalRequest const& request, Done done)
{
    auto const connection = request.connection;
    auto const question = begin_seeking(connection);
    auto answer = answering_match(request, question, done);
    auto const body = parser_.parse(request.body);
    if (!body)
        return answer(std::unexpected(body.error()));
    auto const name = body->find("game");
    if (!name || !name->text())
        return answer(fail(ErrorCode::bad_request, "/game: expected a game's name"));
    auto const* const rules = games_.find(*name->text());
    if (!rules)
        return answer(
            fail(ErrorCode::not_found, "there is no such game; GET /v1/games lists them"));
    auto options = read_options(*rules, body->find("options"));
    if (!options)
        return answer(fail(options.error().code, "/options" + options.error().message));
    matching::Wish wish{.game = std::string(rules->about().name),
        .options = std::move(*options),
        .principal = request.asker.principal->id};
    find_rating(wish,
        [this, wish, connection, question, answer = std::move(answer)](int rating) mutable {
            auto* const seeking = seeking_on(connection, question);
            if (!seeking)
                return answer(fail(ErrorCode::unavailable, "your connection is gone; ask again"));
            wish.rating = rating;
            seeking->shard = owner_of_matches(wish.game);
            ask_hall(*seeking->shard, std::move(answer),
                [wish, question](Node& there, matching::Hall::OnAnswer then) mutable {
                    there.hall_.ask(
                        std::move(wish), there.now_.steady, std::move(then), question);
                });
        });
}

// ---- Who waits on which connection

matching::Hall::Question Node::begin_seeking(ConnectionId id)
{
    auto const question = ++questions_ * options_.shards + options_.shard;
    seeking_.insert_or_assign(id, Seeking{.question = question});
    return question;
}

Node::Seeking* Node::seeking_on(ConnectionId id, matching::Hall::Question question)
{
    auto const found = seeking_.find(id);
    return found == seeking_.end() || found->second.question != question ? nullptr
                                                                         : &found->second;
}

// Who closes a page does not say so: their connection ends, or half of it. Whoever is there all the
// same hears that nobody was found yet, and asks again.
void Node::end_seeking(ConnectionId id)
{
    auto const gone = seeking_.extract(id);
    if (gone.empty() || !gone.mapped().shard)
        return;
    ports_.neighbours.post(*gone.mapped().shard, [question = gone.mapped().question](Node& there) {
        there.hall_.drop(question, there.now_.steady);
        there.wind_hall();
    });
}

// Theirs in this game, as the server itself has it: nobody can say that they play worse. All are
// equal where it is not known.
void Node::find_rating(matching::Wish const& wish, std::move_only_function<void(int)> then)
{
    if (!ports_.boards)
        return then(projections::rating_at_first);
    ports_.boards->stats(ports_.boards->shown_id(wish.principal),
        [game = wish.game, then = std::move(then)](
            Result<std::vector<projections::Player>> const& games) mutable {
            if (games)
                for (auto const& each : *games)
                    if (each.game == game)
                        return then(each.rating);
            then(projections::rating_at_first);
        });
}

void Node::seek_on(gateway::LocalRequest const& request, Done done)
{
    std::string match(request.head.path.substr(match_prefix.size()));
    auto const shard = sessions::shard_of(match);
    bool const leaves = request.head.method == "DELETE";
    auto const question = begin_seeking(request.connection);
    auto answer = answering_match(request, question, done);
    if (!shard || *shard >= options_.shards)
        return answer(fail(ErrorCode::not_found, "there is no such match; POST /v1/matches"));
    auto principal = request.asker.principal->id;
    if (leaves)
        return leave_hall(*shard, std::move(match), std::move(principal),
            [answer = std::move(answer)](Result<void> left) mutable {
                answer(left ? Result<matching::Answer>(matching::Answer{})
                            : std::unexpected(left.error()));
            });
    seeking_on(request.connection, question)->shard = shard;
    ask_hall(*shard, std::move(answer),
        [match = std::move(match), principal = std::move(principal), question](
            Node& there, matching::Hall::OnAnswer then) {
            there.hall_.ask_again(
                match, principal, there.now_.steady, std::move(then), question);
        });
}

// ---- To the shard of the game, and back

void Node::ask_hall(ShardIndex shard, matching::Hall::OnAnswer answer,
    std::move_only_function<void(Node&, matching::Hall::OnAnswer)> question)
{
    ports_.neighbours.post(shard,
        [home = options_.shard, answer = std::move(answer), question = std::move(question)](
            Node& there) mutable {
            question(there,
                [&there, home, answer = std::move(answer)](Result<matching::Answer> told) mutable {
                    there.ports_.neighbours.post(
                        home, [told = std::move(told), answer = std::move(answer)](Node&) mutable {
                            answer(std::move(told));
                        });
                });
            there.wind_hall();
        });
}

void Node::leave_hall(ShardIndex shard, std::string match, std::string principal,
    std::move_only_function<void(Result<void>)> done)
{
    ports_.neighbours.post(shard,
        [home = options_.shard, match = std::move(match), principal = std::move(principal),
            done = std::move(done)](Node& there) mutable {
            auto left = there.hall_.leave(match, principal);
            there.wind_hall();
            there.ports_.neighbours.post(
                home, [left = std::move(left), done = std::move(done)](Node&) mutable {
                    done(std::move(left));
                });
        });
}

// ---- On the shard of the game

void Node::wind_hall()
{
    if (auto const next = hall_.next())
        ports_.timers.arm(hall_alarm_, *next);
    else
        ports_.timers.cancel(hall_alarm_);
}

// The room belongs to those who were found, with their seats waiting for them.
void Node::open_for(matching::Party party, matching::Hall::OnRoom done)
{
    auto const* const rules = games_.find(party.game);
    GH_ASSERT(rules);
    rooms::Wishes const wishes{.is_listed = false,
        .reserve = std::move(party.principals),
        .reserved_for = options_.matches.find(party.game)->second.join_within};
    open_room(*rules, {std::move(party.options), wishes}, draws_max,
        [this, done = std::move(done)](Result<std::string> room) mutable {
            done(std::move(room));
            wind_hall();
        });
}

// As far as is known: a room that sleeps deep or is being read may have it wait still.
void Node::look_at_seat(std::string room, std::string principal, matching::Hall::OnAwaited then)
{
    ports_.neighbours.post(shard_of(room),
        [room, principal = std::move(principal), home = options_.shard, then = std::move(then)](
            Node& there) mutable {
            bool const waits = there.rooms_.awaits(room, principal).value_or(true);
            there.ports_.neighbours.post(
                home, [waits, then = std::move(then)](Node& here) mutable {
                    then(waits, here.now_.steady);
                    here.wind_hall();
                });
        });
}

void Node::note_match(std::string_view game, Milliseconds waited)
{
    observe::Labels const labels{{"game", std::string(game)}};
    metrics_.counter("gatehouse_matched_players", "People for whom others were found.", labels)
        .add(1);
    metrics_.histogram("gatehouse_match_wait_seconds", "How long they waited.", labels)
        .record(waited);
}

void Node::note_waiting()
{
    auto const waiting = hall_.waiting();
    for (auto const& [game, match] : options_.matches) {
        auto const found = waiting.find(game);
        metrics_
            .gauge("gatehouse_matches_waiting", "People who look for others to play with.",
                {{"game", game}})
            .set(found == waiting.end() ? 0 : static_cast<std::int64_t>(found->second));
    }
}

} // namespace gatehouse::node
