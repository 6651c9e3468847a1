// SPDX-License-Identifier: Apache-2.0
// The rooms over HTTP (PROTOCOL.md, "Where").
#include "node/gather.hpp"
#include "node/node.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "http/error_body.hpp"
#include "http/target.hpp"

#include <algorithm>

namespace gatehouse::node {
namespace {

void write_listing(json::Writer& out, rooms::Listing const& listing)
{
    bool const has_seat = std::ranges::any_of(listing.view.seats,
        [](rooms::SeatView const& seat) { return seat.by == rooms::Occupant::nobody; });
    out.object().key("room").value(listing.room).key("code").value(listing.view.code);
    out.key("game").value(listing.view.game);
    auto const status = listing.view.status;
    out.key("status").value(enum_names(status)[std::to_underlying(status)]);
    out.key("open").value(listing.view.status == rooms::Status::open && has_seat);
    write_json(out.key("seats"), listing.view.seats);
    out.key("commit").value(listing.view.commit);
    if (listing.view.seed)
        out.key("seed").value(*listing.view.seed);
    out.key("opened_at").value(rfc3339(listing.opened_at.ms)).end_object();
}

}  // namespace

void Node::answer_rooms(gateway::LocalRequest const& request, Done done)
{
    auto const method = request.head.method;
    auto const path = request.head.path;
    auto const refuse = [&](ErrorCode code, std::string_view message, int status = 0,
                            std::string_view allowed = {}) {
        auto answer = http::error_response({.code = code, .message = message, .status = status,
            .instance = path, .request_id = request.asker.request_id}, now_.wall);
        if (!allowed.empty())
            answer.headers.emplace_back("Allow", allowed);
        done(std::move(answer));
    };
    bool const reads = method == "GET" || method == "HEAD";
    if (path == "/v1/sessions")
        return method == "POST" ? create_session(request.asker, std::move(done))
                                : refuse(ErrorCode::unsupported, "POST here", 405, "POST");
    if (path == "/v1/rooms" && method == "POST")
        return create_room(request, std::move(done));
    if (path == "/v1/tickets")
        return method == "POST" ? issue_ticket(request, std::move(done))
                                : refuse(ErrorCode::unsupported, "POST here", 405, "POST");
    if (path == "/v1/frames")
        return method == "POST" ? take_post(request, std::move(done))
                                : refuse(ErrorCode::unsupported, "POST here", 405, "POST");
    if (path == "/v1/stream")
        return refuse(ErrorCode::unsupported, "GET here, without a body", 405, "GET");
    if (path == "/v1/connect")
        return refuse(ErrorCode::bad_request, "this is a WebSocket: gatehouse.v1.json", 426);
    bool const is_board = is_about_boards(path);
    if (path != "/v1/rooms" && path != "/v1/games" && !path.starts_with("/v1/rooms/") && !is_board)
        return refuse(ErrorCode::not_found, "there is nothing here");
    if (!reads)
        return refuse(ErrorCode::unsupported, "this is read only", 405,
            path == "/v1/rooms" ? "GET, HEAD, POST" : "GET, HEAD");
    if (is_board)
        return answer_boards(request, std::move(done));
    if (path == "/v1/rooms")
        return list_rooms(request.head.query, std::move(done));
    if (path == "/v1/games")
        return list_games(std::move(done));
    show_room(request, std::move(done));
}

// A guest who comes with a good token stays who they are, and gets a fresh one.
void Node::create_session(gateway::Asker const& asker, Done done)
{
    auto const is_known
        = asker.principal && asker.principal->kind == identity::PrincipalKind::guest;
    auto const principal = is_known ? asker.principal->id : "g_" + to_hex(ports_.dice.bytes(12));
    auto const expires_at = now_.wall + options_.guest_ttl;
    std::string body;
    json::Writer out(body);
    out.object().key("token").value(guests_.issue(principal, now_.wall, options_.guest_ttl));
    out.key("principal").value(principal).key("expires_at").value(rfc3339(expires_at.ms));
    out.end_object();
    done({.status = 201, .body = std::move(body), .headers = {{"Cache-Control", "no-store"}}});
}

void Node::create_room(gateway::LocalRequest const& request, Done done)
{
    auto const refuse = [this, id = std::string(request.asker.request_id)](
                            Done& to, Error const& error) {
        to(http::error_response({.code = error.code, .message = error.message,
                                    .instance = "/v1/rooms", .request_id = id}, now_.wall));
    };
    if (!request.asker.principal)
        return refuse(done, {ErrorCode::unauthenticated, "POST /v1/sessions gives a token"});
    auto const body = parser_.parse(request.body);
    if (!body)
        return refuse(done, body.error());
    auto const name = body->find("game");
    if (!name || !name->text())
        return refuse(done, {ErrorCode::bad_request, "/game: expected a game's name"});
    auto const* const rules = games_.find(*name->text());
    if (!rules)
        return refuse(
            done, {ErrorCode::not_found, "there is no such game; GET /v1/games lists them"});
    auto given = body->find("options");
    json::Parser defaults;
    auto options = rules->read_options(given ? *given : *defaults.parse("{}"));
    if (!options)
        return refuse(done, {options.error().code, "/options" + options.error().message});

    open_room(*rules, std::move(*options), draws_max,
        [refuse, done = std::move(done)](Result<std::string> room) mutable {
            if (!room)
                return refuse(done, room.error());
            std::string code = room->substr(0, room->find('.'));
            std::ranges::transform(code, code.begin(),
                [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
            std::string text;
            json::Writer out(text);
            out.object().key("room").value(*room).key("code").value(code).end_object();
            done({.status = 201, .body = std::move(text),
                .headers = {{"Location", "/v1/rooms/" + *room}}});
        });
}

// The code is drawn here; the shard that it leads to opens the room.
void Node::open_room(
    rooms::Rules const& rules, std::string options, int draws_left, OnCreated done)
{
    auto code = rooms::draw_code(ports_.dice);
    auto const shard = shard_of(code);
    auto retry = [this, &rules, options, draws_left, done = std::move(done)](
                     Result<std::string> room) mutable {
        bool const is_taken = !room && room.error().code == ErrorCode::stale_base;
        if (is_taken && draws_left > 1)
            return open_room(rules, std::move(options), draws_left - 1, std::move(done));
        if (is_taken)
            return done(fail(ErrorCode::busy, "no invite code is free; try again"));
        done(std::move(room));
    };
    ports_.neighbours.post(shard,
        [name = std::string(rules.about().name), options, code = std::move(code),
            home = options_.shard, retry = std::move(retry)](Node& there) mutable {
            auto const* const own = there.games_.find(name); // Rules belong to their shard.
            GH_ASSERT(own);
            there.rooms_.create(*own, std::move(options), code,
                [&there, home, retry = std::move(retry)](Result<std::string> room) mutable {
                    there.ports_.neighbours.post(home,
                        [room = std::move(room), retry = std::move(retry)](Node&) mutable {
                            retry(std::move(room));
                        });
                });
        });
}

void Node::list_rooms(std::string_view query, Done done)
{
    auto const game = http::query_value(query, "game").value_or("");
    bool const only_open = http::query_value(query, "open") == "true";
    gather<std::vector<rooms::Listing>>(
        [game, only_open, most = options_.listings_max](Node& there) {
            return there.rooms_.list(game, only_open, most);
        },
        [most = options_.listings_max, done = std::move(done)](
            std::vector<std::vector<rooms::Listing>> lists) mutable {
            std::vector<rooms::Listing> all;
            for (auto& list : lists)
                std::ranges::move(list, std::back_inserter(all));
            std::ranges::sort(all, std::ranges::greater{}, &rooms::Listing::opened_at);
            all.resize(std::min(all.size(), most));
            std::string body;
            json::Writer out(body);
            out.object().key("rooms").array();
            for (auto const& listing : all)
                write_listing(out, listing);
            out.end_array().end_object();
            done({.body = std::move(body), .headers = {{"Cache-Control", "no-store"}}});
        });
}

void Node::show_room(gateway::LocalRequest const& request, Done done)
{
    auto const path = request.head.path;
    auto const room = path.substr(std::string_view("/v1/rooms/").size());
    auto answer = [this, path = std::string(path), id = std::string(request.asker.request_id),
                      done = std::move(done)](Result<rooms::Listing> listing) mutable {
        if (!listing)
            return done(http::error_response({.code = listing.error().code,
                .message = listing.error().message, .instance = path, .request_id = id},
                now_.wall));
        std::string body;
        json::Writer out(body);
        write_listing(out, *listing);
        done({.body = std::move(body), .headers = {{"Cache-Control", "no-store"}}});
    };
    ports_.neighbours.post(shard_of(room),
        [room = std::string(room), home = options_.shard, answer = std::move(answer)](
            Node& there) mutable {
            there.rooms_.describe(room,
                [&there, home, answer = std::move(answer)](Result<rooms::Listing> listing) mutable {
                    there.ports_.neighbours.post(home,
                        [listing = std::move(listing), answer = std::move(answer)](Node&) mutable {
                            answer(std::move(listing));
                        });
                });
        });
}

void Node::list_games(Done done)
{
    std::string body;
    json::Writer out(body);
    out.object().key("games").array();
    for (auto const& game : games_.all()) {
        auto const about = game->about();
        out.object().key("game").value(about.name).key("title").value(about.title);
        out.key("version").value(about.version);
        out.key("seats_min").value(about.seats_min).key("seats_max").value(about.seats_max);
        out.end_object();
    }
    out.end_array().end_object();
    done({.body = std::move(body)});
}

}  // namespace gatehouse::node
