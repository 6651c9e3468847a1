// SPDX-License-Identifier: Apache-2.0
// The second way into a room, by an event stream and posts; and tickets, which stand for tokens.
#include "node/node.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "events/append_check.hpp"
#include "http/bearer.hpp"
#include "http/error_body.hpp"
#include "http/target.hpp"
#include "http/writer.hpp"
#include "sessions/shard_id.hpp"

#include <charconv>

namespace gatehouse::node {
namespace {

std::optional<std::uint64_t> number_in(std::string_view query, std::string_view name)
{
    auto const text = http::query_value(query, name).value_or("");
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const is_number = error == std::errc() && end == text.data() + text.size();
    return is_number && number > 0 ? std::optional(number) : std::nullopt;
}

http::Response answer_of(sessions::Sessions::Posted posted, std::string_view request_id,
    WallTime now)
{
    auto const refusal = [&](ErrorCode code, int status, std::string_view message) {
        return http::error_response({.code = code, .message = message, .status = status,
            .instance = "/v1/frames", .request_id = request_id}, now);
    };
    switch (posted) {
        using enum sessions::Sessions::Posted;
    case taken: return {.status = 204, .headers = {{"Cache-Control", "no-store"}}};
    case unknown_stream:
        return refusal(ErrorCode::not_found, 404, "there is no such stream; GET /v1/stream");
    case far_ahead:
        return refusal(ErrorCode::out_of_order, 409, "too many posts before this one are missing");
    case too_large:
        return refusal(ErrorCode::too_large, 413, "a message is at most that long");
    }
    std::unreachable();
}

// Of POST /v1/tickets: {"room"?,"seat"?}, or nothing at all.
struct WantedPlace {
    std::string room{};
    std::optional<rooms::Seat> seat{};
};
Result<WantedPlace> read_place(std::string_view text)
{
    json::Parser parser;
    auto const body = GH_TRY(parser.parse(text.empty() ? "{}" : text));
    auto const room = body.find("room");
    auto const seat = body.find("seat");
    if (seat && !room)
        return fail(ErrorCode::bad_request, "/seat: expected a room beside it");
    if (!room)
        return WantedPlace{};
    auto const name = room->text().value_or("");
    if (name.empty() || name.size() > events::stream_size_max)
        return fail(ErrorCode::bad_request, "/room: expected a room's id");
    WantedPlace place{.room = std::string(name)};
    if (!seat)
        return place;
    auto const number = seat->integer();
    if (!number || *number < 0 || *number >= rooms::room_seats_max)
        return fail(ErrorCode::bad_request, "/seat: expected a seat's number");
    place.seat = static_cast<rooms::Seat>(*number);
    return place;
}

http::Response render_ticket(sessions::Tickets::Issued const& issued, std::string_view principal,
    std::string_view room, WallTime now)
{
    std::string body;
    json::Writer out(body);
    out.object().key("ticket").value(issued.ticket).key("principal").value(principal);
    if (!room.empty())
        out.key("room").value(room);
    out.key("expires_at").value(rfc3339((now + issued.good_for).ms)).end_object();
    return {.status = 201, .body = std::move(body), .headers = {{"Cache-Control", "no-store"}}};
}

} // namespace

// The answer lasts until the connection ends, whatever is in between: nobody has to take chunks
// apart, and proxies of HTTP/1.0 pass it on, too.
void Node::open_stream(ConnectionId id, gateway::Asker const& asker)
{
    std::string head;
    http::HeadWriter out(head);
    out.response(200).field("Date", http::imf_fixdate(now_.wall));
    out.field("Content-Type", "text/event-stream").field("Cache-Control", "no-store");
    out.field("X-Accel-Buffering", "no").field("X-Request-Id", asker.request_id).close().end();
    ports_.wire.send(id, head);
    sessions_.opened(id, asker.peer, asker.request_id, {.carrier = sessions::Carrier::events},
        kept(asker.accepts));
}

// Whichever shard it comes to, the stream's own one hears it.
void Node::take_post(gateway::LocalRequest const& request, Done done)
{
    auto const query = request.head.query;
    auto stream = http::query_value(query, "stream").value_or("");
    auto const number = number_in(query, "n");
    std::string request_id(request.asker.request_id);
    if (!number)
        return done(http::error_response({.code = ErrorCode::bad_request,
            .message = "/n: expected the number of this post, counted from 1",
            .instance = "/v1/frames", .request_id = request_id}, now_.wall));
    auto const shard = sessions::shard_of(stream);
    if (!shard || *shard >= options_.shards)
        return done(answer_of(
            sessions::Sessions::Posted::unknown_stream, request_id, now_.wall));
    if (*shard == options_.shard)
        return done(answer_of(
            sessions_.posted(stream, *number, request.body), request_id, now_.wall));
    ports_.neighbours.post(*shard,
        [stream = std::move(stream), number = *number, text = std::string(request.body),
            home = options_.shard, request_id = std::move(request_id),
            done = std::move(done)](Node& there) mutable {
            auto const posted = there.sessions_.posted(stream, number, text);
            there.ports_.neighbours.post(home,
                [posted, request_id = std::move(request_id), done = std::move(done)](
                    Node& here) mutable {
                    done(answer_of(posted, request_id, here.now_.wall));
                });
        });
}

// ---- Tickets

// One with a room has a seat wait there first, so that whoever comes with it has one.
void Node::issue_ticket(gateway::LocalRequest const& request, Done done)
{
    auto refuse = [this, path = std::string(request.head.path),
                      id = std::string(request.asker.request_id)](Done& to, Error const& error) {
        to(http::error_response({.code = error.code, .message = error.message, .instance = path,
            .request_id = id}, now_.wall));
    };
    auto const& asker = request.asker;
    if (!asker.principal)
        return refuse(done, {ErrorCode::unauthenticated, "POST /v1/sessions gives a token"});
    identity::Verified login{*asker.principal, asker.expires_at};
    auto place = read_place(request.body);
    if (!place)
        return refuse(done, place.error());
    auto give = [this, refuse, login = std::move(login), room = place->room](Done& to) {
        auto const& principal = login.principal.id;
        auto const issued
            = tickets_.issue({login, room}, options_.shard, ports_.dice, now_.steady);
        if (!issued)
            return refuse(to, issued.error());
        to(render_ticket(*issued, principal, room, now_.wall));
    };
    if (place->room.empty())
        return give(done);
    obey(place->room, rooms::Reserve{request.asker.principal->id, place->seat},
        [refuse, give = std::move(give), done = std::move(done)](
            Result<events::Version> const& kept) mutable {
            if (kept)
                give(done);
            else
                refuse(done, kept.error());
        });
}

void Node::redeem(std::string ticket, OnAdmitted done)
{
    auto const shard = sessions::Tickets::shard_of(ticket);
    if (!shard || *shard >= options_.shards)
        return done(fail(ErrorCode::unauthenticated, "there is no such ticket"));
    if (*shard == options_.shard)
        return done(tickets_.redeem(ticket, now_.steady));
    ports_.neighbours.post(*shard,
        [ticket = std::move(ticket), home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            auto login = there.tickets_.redeem(ticket, there.now_.steady);
            there.ports_.neighbours.post(
                home, [login = std::move(login), done = std::move(done)](Node&) mutable {
                    done(std::move(login));
                });
        });
}

} // namespace gatehouse::node
