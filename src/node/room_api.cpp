// SPDX-License-Identifier: Apache-2.0
// The rooms over HTTP (PROTOCOL.md, "Where").
#include "node/gather.hpp"
#include "node/listing.hpp"
#include "node/node.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "events/subject.hpp"
#include "http/error_body.hpp"
#include "http/target.hpp"

#include <algorithm>

namespace gatehouse::node {
namespace {

// Whom the first seats are to wait for: /reserve of POST /v1/rooms. "me" is whoever asks.
Result<std::vector<std::string>> read_reserve(
    json::Node list, std::string_view me, rooms::About const& about)
{
    auto const expected = fail(ErrorCode::bad_request,
        "/reserve: expected an array of principals, each once, at most one for each of the "
            + std::to_string(about.seats_max) + " seats");
    if (list.kind() != json::Kind::array || std::cmp_greater(list.size(), about.seats_max))
        return expected;
    std::vector<std::string> principals;
    list.each_element([&](json::Node each) {
        auto const text = each.text().value_or("");
        principals.emplace_back(text == "me" ? me : text);
        return true;
    });
    for (auto const& each : principals)
        if (!events::is_subject(each) || std::ranges::count(principals, each) > 1)
            return expected;
    return principals;
}

Result<rooms::Wishes> read_wishes(
    json::Node body, std::string_view me, rooms::About const& about)
{
    rooms::Wishes wishes;
    if (auto const listed = body.find("listed")) {
        if (!listed->boolean())
            return fail(ErrorCode::bad_request, "/listed: expected true or false");
        wishes.is_listed = *listed->boolean();
    }
    if (auto const list = body.find("reserve"))
        wishes.reserve = GH_TRY(read_reserve(*list, me, about));
    return wishes;
}

constexpr std::string_view rooms_prefix = "/v1/rooms/";
constexpr std::string_view reservation_suffix = "/reservation";

bool is_about_reservation(std::string_view path)
{
    return path.starts_with(rooms_prefix) && path.ends_with(reservation_suffix)
        && path.size() > rooms_prefix.size() + reservation_suffix.size();
}

// {"seat"?} of POST /v1/rooms/{room}/reservation. Empty: any seat.
Result<std::optional<rooms::Seat>> read_seat(std::string_view text)
{
    json::Parser parser;
    auto const body = GH_TRY(parser.parse(text.empty() ? "{}" : text));
    auto const seat = body.find("seat");
    if (!seat)
        return std::nullopt;
    auto const number = seat->integer();
    if (!number || *number < 0 || *number >= rooms::room_seats_max)
        return fail(ErrorCode::bad_request, "/seat: expected a seat's number");
    return static_cast<rooms::Seat>(*number);
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
    if (is_about_matches(path))
        return answer_matches(request, std::move(done));
    if (is_about_reservation(path))
        return method == "POST" || method == "DELETE"
            ? change_reservation(request, std::move(done))
            : refuse(ErrorCode::unsupported, "POST or DELETE here", 405, "POST, DELETE");
    bool const is_board = is_about_boards(path);
    if (path != "/v1/rooms" && path != "/v1/games" && !path.starts_with("/v1/rooms/") && !is_board)
        return refuse(ErrorCode::not_found, "there is nothing here");
    if (!reads)
        return refuse(ErrorCode::unsupported, "this is read only", 405,
            path == "/v1/rooms" ? "GET, HEAD, POST" : "GET, HEAD");
    if (is_board)
        return answer_boards(request, std::move(done));
    if (path == "/v1/rooms")
        return list_rooms(request, std::move(done));
    if (path == "/v1/games")
        return list_games(std::move(done));
    show_room(request, std::move(done));
}

// A guest who comes with a good token stays who they are, and gets a fresh one.
void Node::create_session(gateway::Asker const& asker, Done done)
{
    auto const is_known
        = asker.principal && asker.principal->kind == identity::PrincipalKind::guest;
    auto const* const guests = ways_.guests_of(asker.accepts);
    if (!guests)
        return done(http::error_response({.code = ErrorCode::forbidden,
            .message = "this server takes no guests: come with a token of "
                + asker.accepts.front(), .instance = "/v1/sessions",
            .request_id = asker.request_id}, now_.wall));
    auto const principal = is_known ? asker.principal->id : "g_" + to_hex(ports_.dice.bytes(12));
    auto const expires_at = now_.wall + guests->ttl;
    std::string body;
    json::Writer out(body);
    out.object().key("token").value(guests_.issue(principal, now_.wall, guests->ttl));
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
    auto options = read_options(*rules, body->find("options"));
    if (!options)
        return refuse(done, {options.error().code, "/options" + options.error().message});
    auto wishes = read_wishes(*body, request.asker.principal->id, rules->about());
    if (!wishes)
        return refuse(done, wishes.error());

    open_room(*rules, {std::move(*options), std::move(*wishes)}, draws_max,
        [refuse, done = std::move(done)](Result<std::string> room) mutable {
            if (!room)
                return refuse(done, room.error());
            std::string text;
            json::Writer out(text);
            out.object().key("room").value(*room).key("code").value(code_of(*room)).end_object();
            done({.status = 201, .body = std::move(text),
                .headers = {{"Location", "/v1/rooms/" + *room}}});
        });
}

// Left out, all of them have their usual values.
Result<std::string> Node::read_options(
    rooms::Rules const& rules, std::optional<json::Node> given) const
{
    json::Parser defaults;
    auto const options = given ? *given : *defaults.parse("{}");
    auto const text = options.compact();
    rooms::Crumbed const crumb(ports_.crumbs,
        {.room = {}, .doing = rooms::Doing::open, .name = rules.about().name, .body = text});
    return rules.read_options(options);
}

// The code is drawn here; the shard that it leads to opens the room.
void Node::open_room(rooms::Rules const& rules, Plan plan, int draws_left, OnCreated done)
{
    auto code = rooms::draw_code(ports_.dice);
    auto const shard = shard_of(code);
    auto retry = [this, &rules, plan, draws_left, done = std::move(done)](
                     Result<std::string> room) mutable {
        bool const is_taken = !room && room.error().code == ErrorCode::stale_base;
        if (is_taken && draws_left > 1)
            return open_room(rules, std::move(plan), draws_left - 1, std::move(done));
        if (is_taken)
            return done(fail(ErrorCode::busy, "no invite code is free; try again"));
        done(std::move(room));
    };
    ports_.neighbours.post(shard,
        [name = std::string(rules.about().name), plan, code = std::move(code),
            home = options_.shard, retry = std::move(retry)](Node& there) mutable {
            auto const* const own = there.games_.find(name); // Rules belong to their shard.
            GH_ASSERT(own);
            there.rooms_.create(*own, std::move(plan.options), code, plan.wishes,
                [&there, home, retry = std::move(retry)](Result<std::string> room) mutable {
                    there.ports_.neighbours.post(home,
                        [room = std::move(room), retry = std::move(retry)](Node&) mutable {
                            retry(std::move(room));
                        });
                });
        });
}

void Node::list_rooms(gateway::LocalRequest const& request, Done done)
{
    auto const filter = [&] { // The game reads what its options may be.
        rooms::Crumbed const crumb(ports_.crumbs,
            {.room = {}, .doing = rooms::Doing::open, .name = "filter",
                .body = request.head.query});
        return read_filter(request.head.query, games_, options_.listings_max);
    }();
    if (!filter)
        return done(http::error_response({.code = filter.error().code,
            .message = filter.error().message, .instance = request.head.path,
            .request_id = request.asker.request_id}, now_.wall));
    auto const most = filter->listings_max;
    gather<rooms::Listings>(
        [filter = *filter](Node& there) { return there.rooms_.page(filter); },
        [most, done = std::move(done)](std::vector<rooms::Listings> pages) mutable {
            done({.body = write_page(std::move(pages), most),
                .headers = {{"Cache-Control", "no-store"}}});
        });
}

// For whoever asks, a seat is to wait, or not to wait any more.
void Node::change_reservation(gateway::LocalRequest const& request, Done done)
{
    auto const path = request.head.path;
    auto refuse = [this, path = std::string(path), id = std::string(request.asker.request_id)](
                      Done& to, Error const& error) {
        to(http::error_response({.code = error.code, .message = error.message, .instance = path,
            .request_id = id}, now_.wall));
    };
    if (!request.asker.principal)
        return refuse(done, {ErrorCode::unauthenticated, "POST /v1/sessions gives a token"});
    auto const room = path.substr(rooms_prefix.size(),
        path.size() - rooms_prefix.size() - reservation_suffix.size());
    auto const& principal = request.asker.principal->id;
    rooms::Order order = rooms::GiveUp{principal};
    if (request.head.method == "POST") {
        auto const seat = read_seat(request.body);
        if (!seat)
            return refuse(done, seat.error());
        if (!events::is_subject(principal))
            return refuse(
                done, {ErrorCode::too_large, "this account's id is too long to play, or no text"});
        order = rooms::Reserve{principal, *seat};
    }
    obey(room, std::move(order),
        [refuse = std::move(refuse), done = std::move(done)](
            Result<events::Version> const& kept) mutable {
            if (!kept)
                return refuse(done, kept.error());
            done({.status = 204, .headers = {{"Cache-Control", "no-store"}}});
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
