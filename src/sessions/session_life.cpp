// SPDX-License-Identifier: Apache-2.0
// Coming, heartbeats, coming back, going away.
#include "sessions/sessions.hpp"

#include "base/digest.hpp"
#include "sessions/messages.hpp"
#include "sessions/shard_id.hpp"

#include <algorithm>

namespace gatehouse::sessions {

using websocket::CloseCode;

Sessions::Sessions(Options options, Ports ports)
    : options_(options)
    , ports_(ports)
    , sessions_now_(ports.metrics.gauge("gatehouse_sessions", "Clients connected to the rooms."))
    , messages_in_(ports.metrics.counter("gatehouse_session_messages_in", "Messages from clients."))
    , messages_out_(ports.metrics.counter("gatehouse_session_messages_out", "Frames to clients."))
    , collapsed_(ports.metrics.counter("gatehouse_session_updates_collapsed",
          "Times that updates waiting for a slow client gave way to one whole view."))
{
}

Sessions::~Sessions()
{
    for (auto const& [id, session] : sessions_)
        ports_.timers.cancel(session->alarm);
}

Session* Sessions::find(ConnectionId id)
{
    auto const found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second.get();
}

void Sessions::opened(
    ConnectionId id, std::string_view peer, std::string_view request_id, Dialect dialect,
    Ways const* ways)
{
    auto& session = *(
        sessions_[id] = std::make_unique<Session>(id, dialect, [this, id] { on_alarm(id); }));
    bool const is_stream = dialect.carrier == Carrier::events;
    session.heartbeat = is_stream ? options_.stream_heartbeat : options_.heartbeat;
    session.dead = is_stream ? options_.stream_dead : options_.dead;
    session.ways = ways;
    session.peer = peer;
    session.request_id = request_id;
    session.heard_at = session.sent_at = session.took_at = ports_.now.steady;
    sessions_now_.set(static_cast<std::int64_t>(sessions_.size()));
    if (is_stream) {
        session.stream = draw_shard_id(ports_.shard, ports_.dice);
        by_stream_[session.stream] = id;
        say(session, messages::open(session.stream));
    } else {
        session.socket.emplace(websocket::Role::server, options_.message_bytes_max,
            dialect.window_bits > 0 ? &translator_.deflate() : nullptr);
    }
    if (sessions_.size() > options_.sessions_max)
        return finish(
            session, CloseCode::overloaded, ErrorCode::busy, "too many clients; come back later");
    ports_.timers.arm(session.alarm, ports_.now.steady + options_.hello_within);
}

void Sessions::closed(ConnectionId id)
{
    auto* const session = find(id);
    if (!session)
        return;
    leave_rooms(*session);
    by_stream_.erase(session->stream);
    if (!session->sid.empty()) {
        by_sid_.erase(session->sid);
        park(*session);
    }
    sessions_.erase(id);
    sessions_now_.set(static_cast<std::int64_t>(sessions_.size()));
}

void Sessions::leave_rooms(Session& session)
{
    for (auto const& membership : std::exchange(session.memberships, {}))
        if (!membership.room.empty())
            ports_.rooms.ask(membership.room, {caller(session, membership.ticket), rooms::Gone{}});
}

// ---- Heartbeats

// A beat is due when either side was silent: who only listens is asked, too, whether it is alive.
// A little earlier, where others beat: ten thousand that wake the shard one by one cost more than
// their beats.
TimePoint Sessions::beat_due(Session const& session) const
{
    auto const silent_since = std::min(session.sent_at, session.heard_at);
    auto const due = std::max(silent_since, session.beaten_at) + session.heartbeat;
    auto const together = std::max<Duration>(session.heartbeat / 32, Duration(1));
    return due - due.time_since_epoch() % together;
}

void Sessions::set_alarm(Session& session)
{
    auto const death = session.heard_at + session.dead;
    ports_.timers.arm(session.alarm, std::min({beat_due(session), death, session.login_until}));
}

// The alarm is left where it was when bytes come and go; what is due is found out here.
void Sessions::on_alarm(ConnectionId id)
{
    auto* const session = find(id);
    if (!session)
        return;
    auto const now = ports_.now.steady;
    if (session->phase == Session::Phase::closing)
        return ports_.wire.reset(id); // The closing handshake took too long.
    if (session->login_until == TimePoint{}) // Or nobody has said yet what its ticket is worth.
        return finish(*session, CloseCode::no_hello, ErrorCode::bad_request, "no hello in time");
    if (takes_nothing(*session))
        return finish(*session, CloseCode::slow, ErrorCode::busy, "too slow to read");
    if (now - session->heard_at >= session->dead)
        return finish(
            *session, CloseCode::no_pong, ErrorCode::unavailable, "nothing heard for too long");
    if (now >= session->login_until)
        return finish(*session, CloseCode::token_refresh, ErrorCode::token_expired,
            "the token has expired; come back with a fresh one");
    if (now >= beat_due(*session)) {
        static Frame const beat = make_frame(websocket::encode_text("{}"));
        send(*session, {beat});
        session->sent_at = session->beaten_at = now;
    }
    set_alarm(*session);
}

// ---- Going

void Sessions::refuse(Session& session, std::optional<std::uint64_t> id, std::string_view room,
    ErrorCode code, std::string_view message)
{
    say(session, messages::error(id, room, code, message));
}

// Says why in words, then closes.
void Sessions::finish(
    Session& session, CloseCode code, ErrorCode why, std::string_view message)
{
    make_way(session);
    bool const retry = std::to_underlying(code) >= std::to_underlying(CloseCode::overloaded);
    say(session, messages::bye(why, message, retry));
    close(session, code, message);
}

void Sessions::close(Session& session, CloseCode code, std::string_view reason)
{
    if (session.phase == Session::Phase::closing)
        return;
    make_way(session);
    session.phase = Session::Phase::closing;
    leave_rooms(session); // It may take its time to close.
    std::string last_words;
    if (session.socket)
        session.socket->close(last_words, code, reason);
    else
        last_words = close_event(code, reason);
    if (!last_words.empty())
        ports_.wire.send(session.id, last_words);
    ports_.wire.close(session.id);
    ports_.timers.arm(session.alarm, ports_.now.steady + options_.closing_within);
}

void Sessions::go_away(std::string_view why, Milliseconds in)
{
    auto const frame = make_frame(websocket::encode_text(messages::goaway(why, in.count())));
    for (auto const& [id, session] : sessions_)
        send(*session, {frame});
}

void Sessions::close_all()
{
    for (auto const& [id, session] : sessions_)
        close(*session, CloseCode::restart, "restart");
}

// ---- Coming back

void Sessions::park(Session const& session)
{
    forget_expired();
    parked_[session.sid]
        = {session.token, session.principal.id, ports_.now.steady + options_.resumable};
    parked_order_.push_back(session.sid);
}

void Sessions::forget_expired()
{
    while (!parked_order_.empty()) {
        auto const found = parked_.find(parked_order_.front());
        bool const is_gone = found == parked_.end();
        if (!is_gone && found->second.until > ports_.now.steady
            && parked_.size() < options_.resumable_max)
            return;
        if (!is_gone)
            parked_.erase(found);
        parked_order_.pop_front();
    }
}

// The session of a connection that only seems to be alive can be claimed too: that connection ends.
bool Sessions::take(Claim const& claim)
{
    forget_expired();
    if (auto const parked = parked_.find(claim.sid); parked != parked_.end()) {
        bool const is_theirs = equal_in_constant_time(parked->second.token, claim.token)
            && parked->second.principal == claim.principal;
        if (is_theirs)
            parked_.erase(parked);
        return is_theirs;
    }
    auto const live = by_sid_.find(claim.sid);
    auto* const session = live == by_sid_.end() ? nullptr : find(live->second);
    if (!session || !equal_in_constant_time(session->token, claim.token)
        || session->principal.id != claim.principal)
        return false;
    by_sid_.erase(live);
    session->sid.clear(); // It will not be parked.
    close(*session, CloseCode::replaced, "resumed on another connection");
    return true;
}

}  // namespace gatehouse::sessions
