// SPDX-License-Identifier: Apache-2.0
// Join, act, ask, leave; and what rooms answer.
#include "sessions/sessions.hpp"

#include "sessions/messages.hpp"

#include <algorithm>

namespace gatehouse::sessions {
namespace {

constexpr std::size_t name_size_max = 64; // As games may name what happens in them.

std::optional<std::string_view> text_of(json::Node message, std::string_view key)
{
    auto const node = message.find(key);
    return node ? node->text() : std::nullopt;
}

std::optional<std::uint64_t> number_of(json::Node message, std::string_view key)
{
    auto const node = message.find(key);
    return node ? node->unsigned_integer() : std::nullopt;
}

std::optional<Destination> destination_of(json::Node message)
{
    if (auto const room = text_of(message, "room"))
        return Destination{Destination::By::room, std::string(*room)};
    if (auto const code = text_of(message, "code"))
        return Destination{Destination::By::code, std::string(*code)};
    if (auto const find = message.find("find"))
        if (auto const game = text_of(*find, "game"))
            return Destination{Destination::By::game, std::string(*game)};
    return std::nullopt;
}

}  // namespace

rooms::Caller Sessions::caller(Session const& session, std::uint32_t ticket) const
{
    return {ports_.shard, session.id, ticket};
}

void Sessions::join(Session& session, json::Node message)
{
    auto const id = number_of(message, "id");
    auto const destination = destination_of(message);
    if (!id || !destination || destination->value.empty() || destination->value.size() > 128)
        return refuse(session, id, {}, ErrorCode::bad_request,
            "join needs an id, and one of room, code or find.game");
    rooms::Join join{.id = *id, .principal = session.principal.id};
    if (auto const as = message.find("as")) {
        join.as_spectator = as->text() == "spectator";
        if (!join.as_spectator && as->text() != "player")
            return refuse(
                session, id, {}, ErrorCode::bad_request, "/as: expected player or spectator");
    }
    if (auto const seat = message.find("seat"); seat && seat->kind() != json::Kind::null) {
        auto const number = seat->integer();
        if (!number || *number < 0 || *number > 255)
            return refuse(
                session, id, {}, ErrorCode::bad_request, "/seat: expected a seat's number");
        join.seat = static_cast<rooms::Seat>(*number);
    }
    if (auto const at = message.find("at")) {
        auto const epoch = number_of(*at, "e");
        auto const version = number_of(*at, "s");
        if (epoch && version)
            join.at = rooms::Place{*epoch, *version, number_of(*at, "k").value_or(0)};
    }
    if (auto const ticks = message.find("ticks"))
        join.knows_ticks = ticks->boolean().value_or(false);

    if (destination->by == Destination::By::room)
        drop_membership(session, destination->value);
    if (session.memberships.size() >= options_.rooms_max)
        return refuse(session, id, {}, ErrorCode::busy, "this session is in too many rooms");
    auto const ticket = session.next_ticket++;
    session.memberships.push_back({ticket, *id});
    if (destination->by == Destination::By::room)
        return enter(session, ticket, std::move(destination->value), std::move(join));
    ports_.rooms.find(*destination,
        [this, connection = session.id, ticket, join = std::move(join)](
            Result<std::string> room) mutable {
            if (auto* const waiting = find(connection))
                enter(*waiting, ticket, std::move(room), std::move(join));
        });
}

void Sessions::enter(
    Session& session, std::uint32_t ticket, Result<std::string> room, rooms::Join join)
{
    auto const id = join.id;
    if (!room) {
        std::erase_if(session.memberships, [&](auto const& each) { return each.ticket == ticket; });
        return refuse(session, id, {}, room.error().code, room.error().message);
    }
    drop_membership(session, *room); // Found by code, and yet here already.
    auto const membership = std::ranges::find(session.memberships, ticket, &Membership::ticket);
    if (membership == session.memberships.end())
        return;
    membership->room = *room;
    ports_.rooms.ask(*room, {caller(session, ticket), std::move(join)});
}

// A client may join again where it is: it lost the thread, and starts from what it has.
void Sessions::drop_membership(Session& session, std::string_view room)
{
    auto const found = std::ranges::find(session.memberships, room, &Membership::room);
    if (found == session.memberships.end())
        return;
    auto const unanswered = found->joining;
    ports_.rooms.ask(room, {caller(session, found->ticket), rooms::Gone{}});
    session.memberships.erase(found);
    if (unanswered) // Nobody else will answer it.
        refuse(session, unanswered, room, ErrorCode::out_of_order,
            "a newer join of this session went ahead");
}

void Sessions::act(Session& session, json::Node message)
{
    auto const id = number_of(message, "id");
    auto const room = text_of(message, "room").value_or("");
    auto const name = text_of(message, "a");
    if (!id || *id == 0 || room.empty() || !name)
        return refuse(session, id, room, ErrorCode::bad_request,
            "act needs an id from 1, a room, and a, the action's name");
    if (name->size() > name_size_max)
        return refuse(session, id, room, ErrorCode::bad_request,
            "/a: an action's name has at most 64 bytes");
    auto* const membership = free_to_ask(session, *id, room);
    if (!membership)
        return;

    rooms::Act act{.id = *id, .name = std::string(*name), .body = {}};
    if (auto const body = message.find("d"))
        act.body = body->compact();
    if (auto const base = message.find("base")) {
        act.base = base->unsigned_integer();
        if (!act.base)
            return refuse(session, id, room, ErrorCode::bad_request, "/base: expected a version");
    }
    membership->in_flight++;
    ports_.rooms.ask(room, {caller(session, membership->ticket), std::move(act)});
}

void Sessions::ask(Session& session, json::Node message)
{
    auto const id = number_of(message, "id");
    auto const room = text_of(message, "room").value_or("");
    auto const name = text_of(message, "q");
    if (!id || room.empty() || !name)
        return refuse(session, id, room, ErrorCode::bad_request,
            "rpc needs an id, a room, and q, the question's name");
    if (name->size() > name_size_max)
        return refuse(session, id, room, ErrorCode::bad_request,
            "/q: a question's name has at most 64 bytes");
    auto* const membership = free_to_ask(session, *id, room);
    if (!membership)
        return;
    rooms::Ask asked{.id = *id, .name = std::string(*name), .body = {}};
    if (auto const body = message.find("d"))
        asked.body = body->compact();
    membership->in_flight++;
    ports_.rooms.ask(room, {caller(session, membership->ticket), std::move(asked)});
}

// Null where the room was not joined, or too much waits for an answer there: that is said then.
Membership* Sessions::free_to_ask(Session& session, std::uint64_t id, std::string_view room)
{
    auto const membership = std::ranges::find(session.memberships, room, &Membership::room);
    if (membership == session.memberships.end())
        refuse(session, id, room, ErrorCode::not_found, "join the room first");
    else if (membership->in_flight >= options_.in_flight_max)
        refuse(session, id, room, ErrorCode::busy, "too many actions wait for their answer");
    else
        return &*membership;
    return nullptr;
}

void Sessions::leave(Session& session, json::Node message)
{
    auto const id = number_of(message, "id");
    auto const room = text_of(message, "room").value_or("");
    auto const membership = std::ranges::find(session.memberships, room, &Membership::room);
    if (room.empty() || membership == session.memberships.end())
        return refuse(session, id, room, ErrorCode::not_found, "this session is not in that room");
    ports_.rooms.ask(room, {caller(session, membership->ticket), rooms::Leave{id.value_or(0)}});
}

// A fresh token for the same principal, before the old one expires.
void Sessions::renew_login(Session& session, json::Node message)
{
    auto const token = text_of(message, "auth");
    ports_.login.verify(token.value_or(""), session.ways,
        [this, id = session.id](Result<identity::Verified> login) {
            auto* const waiting = find(id);
            if (waiting && waiting->phase == Session::Phase::ready)
                renewed(*waiting, std::move(login));
        });
}

void Sessions::renewed(Session& session, Result<identity::Verified> login)
{
    if (!login)
        return refuse(session, {}, {}, login.error().code, login.error().message);
    if (login->principal.id != session.principal.id)
        return finish(session, websocket::CloseCode::forbidden, ErrorCode::forbidden,
            "that token is somebody else's");
    log_in(session, std::move(*login));
    set_alarm(session);
    say(session, messages::pong(ports_.now.wall));
}

void Sessions::deliver(rooms::Delivery const& delivery)
{
    using enum rooms::Delivery::Effect;
    auto* const session = find(delivery.to.connection);
    if (!session || session->phase != Session::Phase::ready)
        return;
    auto const ticket = delivery.to.ticket;
    auto const membership = std::ranges::find(session->memberships, ticket, &Membership::ticket);
    if (membership == session->memberships.end())
        return; // It left, or joined again, while this was under way.
    if (delivery.effect == update && membership->view != Membership::View::fresh)
        return hold(*membership, delivery);
    membership->in_flight -= std::min<std::size_t>(membership->in_flight, delivery.answered);
    if (delivery.effect == joined)
        membership->joining.reset();
    bool const is_update = delivery.effect == update || delivery.effect == renewal;
    Outgoing outgoing{delivery.frame, ticket, is_update, delivery.keeps};
    if (delivery.effect == renewal)
        catch_up(*membership, outgoing);
    if (delivery.effect == ended) {
        auto held = std::move(membership->held);
        session->memberships.erase(membership);
        if (!held.empty())
            send(*session, {make_frame(std::move(held))});
    }
    send(*session, std::move(outgoing));
}

}  // namespace gatehouse::sessions
