// SPDX-License-Identifier: Apache-2.0
// Frames and posts → messages, the rate limit, and the first message of all.
#include "sessions/sessions.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "sessions/messages.hpp"
#include "sessions/shard_id.hpp"
#include "sessions/tickets.hpp"

#include <algorithm>

namespace gatehouse::sessions {

using websocket::CloseCode;
using websocket::Step;

namespace {

// What a hello says that it comes back to; whose that is, its login says.
std::optional<Claim> claim_of(json::Node hello)
{
    auto const back = hello.find("resume");
    if (!back || back->kind() != json::Kind::object)
        return std::nullopt;
    auto const sid = back->find("sid");
    auto const token = back->find("tok");
    if (!sid || !sid->text() || !token || !token->text())
        return std::nullopt;
    return Claim{std::string(*sid->text()), std::string(*token->text()), {}};
}

}  // namespace

void Sessions::received(ConnectionId id, std::span<char> bytes)
{
    auto* session = find(id);
    if (!session || !session->socket)
        return; // Who reads an event stream has said all that it says there.
    session->heard_at = ports_.now.steady;
    for (Step step; (step = session->socket->next(bytes)) != Step::need_more;) {
        switch (step) {
        case Step::message:
            if (session->phase == Session::Phase::closing)
                break;
            hear(*session);
            break;
        case Step::ping:
            scratch_.clear();
            session->socket->reply(scratch_);
            if (passes_rate_limit(*session))
                send(*session, {make_frame(scratch_)});
            break;
        case Step::close:
        case Step::error:
            scratch_.clear();
            session->socket->reply(scratch_);
            if (!scratch_.empty())
                ports_.wire.send(id, scratch_);
            session->phase = Session::Phase::closing;
            ports_.wire.close(id);
            return;
        default: break;
        }
        if (!(session = find(id)))
            return;
    }
}

Sessions::Posted Sessions::posted(
    std::string_view stream, std::uint64_t number, std::string_view text)
{
    auto const found = by_stream_.find(std::string(stream));
    auto* const session = found == by_stream_.end() ? nullptr : find(found->second);
    if (!session || session->phase == Session::Phase::closing)
        return Posted::unknown_stream;
    if (text.size() > options_.message_bytes_max)
        return Posted::too_large;
    session->heard_at = ports_.now.steady;
    auto const place = session->posts.take(number, text);
    if (place == Posts::Place::next)
        handle(*session, text);
    while (session->phase != Session::Phase::closing) {
        auto const waited = session->posts.take_next();
        if (!waited)
            break;
        handle(*session, *waited);
    }
    return place == Posts::Place::far ? Posted::far_ahead : Posted::taken;
}

void Sessions::hear(Session& session)
{
    bool const is_json = session.dialect.language == Language::json;
    if (session.socket->is_text() != is_json)
        return close(session, CloseCode::unsupported_data,
            is_json ? "this protocol has text frames" : "this protocol has binary frames");
    if (is_json)
        return handle(session, session.socket->payload());
    auto const text = translator_.to_json(session.socket->payload());
    if (!text)
        return refuse_frame(session, ErrorCode::bad_request, text.error().message);
    if (text->size() > options_.message_bytes_max)
        return refuse_frame(session, ErrorCode::too_large, "as JSON this message is too long");
    handle(session, *text);
}

void Sessions::handle(Session& session, std::string_view text)
{
    auto const message = parser_.parse(text);
    if (!message)
        return refuse_frame(session, ErrorCode::bad_request, message.error().message);
    if (message->kind() != json::Kind::array)
        return handle(session, *message);
    if (message->size() == 0)
        return refuse_frame(session, ErrorCode::bad_request, "a batch without a message");
    if (message->size() > options_.batch_messages_max)
        return refuse_frame(session, ErrorCode::too_large, "too many messages in one batch");
    message->each_element([&](json::Node each) {
        handle(session, each);
        return session.phase != Session::Phase::closing;
    });
}

// What is no message counts as one.
void Sessions::refuse_frame(Session& session, ErrorCode code, std::string_view message)
{
    if (session.phase == Session::Phase::no_hello)
        finish(session, CloseCode::no_hello, ErrorCode::bad_request, "say hello first");
    else if (passes_rate_limit(session))
        refuse(session, {}, {}, code, message);
}

void Sessions::handle(Session& session, json::Node message)
{
    messages_in_.add();
    auto const type_node = message.find("t");
    auto const type = type_node ? type_node->text().value_or("") : std::string_view{};
    if (session.phase == Session::Phase::no_hello) {
        if (type == "hello")
            return hello(session, message);
        return finish(session, CloseCode::no_hello, ErrorCode::bad_request, "say hello first");
    }
    auto const id_node = message.find("id");
    auto const id = id_node ? id_node->unsigned_integer() : std::nullopt;
    auto const room_node = message.find("room");
    auto const room = room_node ? room_node->text().value_or("") : std::string_view{};
    if (!passes_rate_limit(session, id, room))
        return;
    bool const is_beat = message.kind() == json::Kind::object && message.size() == 0;
    if (is_beat)
        return;
    if (session.phase == Session::Phase::arriving)
        return refuse(session, id, room, ErrorCode::busy, "wait for the welcome");

    if (type == "act")
        act(session, message);
    else if (type == "rpc")
        ask(session, message);
    else if (type == "ping")
        say(session, messages::pong(ports_.now.wall));
    else if (type == "join")
        join(session, message);
    else if (type == "leave")
        leave(session, message);
    else if (type == "auth")
        renew_login(session, message);
    else
        refuse(session, id, {}, ErrorCode::unsupported,
            "no such message: " + std::string(type.substr(0, 32)));
}

// GCRA with a burst of one second. Who goes on for long against it is shown the door.
bool Sessions::passes_rate_limit(
    Session& session, std::optional<std::uint64_t> id, std::string_view room)
{
    using std::chrono::seconds;
    auto const now = ports_.now.steady;
    auto const price = Duration(seconds(1)) / options_.messages_per_second;
    auto const paid_until = std::max(session.paid_until, now) + price;
    if (paid_until - now <= seconds(1)) {
        session.paid_until = paid_until;
        session.refused_in_a_row = 0;
        return true;
    }
    if (++session.refused_in_a_row > options_.refusals_in_a_row_max)
        finish(session, CloseCode::rate_limited, ErrorCode::rate_limited, "far too many messages");
    else
        refuse(session, id, room, ErrorCode::rate_limited,
            "at most " + std::to_string(options_.messages_per_second) + " messages a second");
    return false;
}

// ---- Hello

void Sessions::hello(Session& session, json::Node message)
{
    auto const version = message.find("v");
    if (!version || version->integer() != 1)
        return finish(
            session, CloseCode::version, ErrorCode::unsupported, "this is protocol version 1");
    auto const auth = message.find("auth");
    auto const token = auth ? auth->text() : std::nullopt;
    if (!token)
        return finish(session, CloseCode::bad_token, ErrorCode::unauthenticated,
            "hello needs auth: POST /v1/sessions gives a token");
    auto claim = claim_of(message);
    session.phase = Session::Phase::arriving;
    if (Tickets::is_ticket(*token))
        redeem(session, *token, std::move(claim));
    else
        introduce(session, *token, std::move(claim));
}

void Sessions::introduce(Session& session, std::string_view token, std::optional<Claim> claim)
{
    ports_.login.verify(token, session.ways,
        [this, id = session.id, claim = std::move(claim)](
            Result<identity::Verified> login) mutable {
            auto* const waiting = find(id);
            if (waiting && waiting->phase == Session::Phase::arriving)
                arrive(*waiting, std::move(login), std::move(claim));
        });
}

void Sessions::redeem(Session& session, std::string_view ticket, std::optional<Claim> claim)
{
    ports_.login.redeem(std::string(ticket),
        [this, id = session.id, claim = std::move(claim)](
            Result<Admission> admission) mutable {
            auto* const waiting = find(id);
            if (!waiting || waiting->phase != Session::Phase::arriving)
                return;
            if (!admission)
                return arrive(
                    *waiting, std::unexpected(admission.error()), std::move(claim));
            waiting->invited_to = std::move(admission->room);
            arrive(*waiting, std::move(admission->login), std::move(claim));
        });
}

void Sessions::arrive(
    Session& session, Result<identity::Verified> login, std::optional<Claim> claim)
{
    if (!login)
        return finish(session, CloseCode::bad_token, login.error().code, login.error().message);
    log_in(session, std::move(*login));
    if (!claim)
        return welcome(session, false);
    claim->principal = session.principal.id;
    session.phase = Session::Phase::arriving;
    ports_.claims.claim(std::move(*claim), [this, id = session.id](bool is_theirs) {
        auto* const waiting = find(id);
        if (waiting && waiting->phase == Session::Phase::arriving)
            welcome(*waiting, is_theirs);
    });
}

void Sessions::log_in(Session& session, identity::Verified login)
{
    constexpr Milliseconds for_ever = std::chrono::years(10);
    auto const rest = std::min(login.expires_at - ports_.now.wall, for_ever);
    session.principal = std::move(login.principal);
    session.login_until = ports_.now.steady + rest;
}

void Sessions::welcome(Session& session, bool resumed)
{
    session.phase = Session::Phase::ready;
    session.sid = draw_shard_id(ports_.shard, ports_.dice);
    session.token = to_hex(ports_.dice.bytes(16));
    by_sid_[session.sid] = session.id;
    say(session,
        messages::welcome({.sid = session.sid, .token = session.token,
            .ttl_s = std::chrono::duration_cast<std::chrono::seconds>(options_.resumable).count(),
            .heartbeat_ms = session.heartbeat.count(), .dead_ms = session.dead.count(),
            .now = ports_.now.wall, .principal = session.principal.id,
            .bytes_max = options_.message_bytes_max, .rate_max = options_.messages_per_second,
            .in_flight_max = options_.in_flight_max, .room = session.invited_to,
            .resumed = resumed}));
    // The first beat is jittered, so that those who came together do not beat together.
    auto const dice = static_cast<unsigned char>(ports_.dice.bytes(1)[0]);
    session.sent_at = ports_.now.steady - session.heartbeat * dice / 256;
    set_alarm(session);
}

}  // namespace gatehouse::sessions
