// SPDX-License-Identifier: Apache-2.0
// What waits for a slow client. The kernel holds a little; the rest waits here, where updates can
// still collapse into one fresh view.
#include "sessions/sessions.hpp"

#include "websocket/frame.hpp"

#include <algorithm>
#include <map>

namespace gatehouse::sessions {

void Sessions::say(Session& session, std::string const& json)
{
    send(session, {make_frame(websocket::encode_text(json))});
}

void Sessions::send(Session& session, Outgoing outgoing)
{
    if (session.phase == Session::Phase::closing)
        return;
    outgoing.frame = translator_.translate(outgoing.frame, session.dialect);
    if (!outgoing.frame)
        return close(session, websocket::CloseCode::internal_error, "this nests too deep for cbor");
    session.outbox_bytes += outgoing.frame->size();
    session.outbox.push_back(std::move(outgoing));
    pump(session);
    while (session.outbox_bytes > options_.outbox_bytes_max
        || session.outbox.size() > options_.outbox_messages_max) {
        auto const before = session.outbox.size();
        collapse(session);
        if (session.outbox.size() < before)
            continue;
        if (session.outbox_bytes > options_.outbox_bytes_hard_max
            || session.outbox.size() > 4 * options_.outbox_messages_max)
            finish(session, websocket::CloseCode::slow, ErrorCode::busy, "too slow to read");
        return;
    }
}

void Sessions::pump(Session& session)
{
    while (!session.outbox.empty() && !is_clogged(session)) {
        auto& next = session.outbox.front();
        session.outbox_bytes -= next.frame->size();
        ports_.wire.send(session.id, std::move(next.frame));
        session.outbox.pop_front();
        session.sent_at = std::max(session.sent_at, ports_.now.steady);
        messages_out_.add();
    }
}

// Drops the waiting updates of the room that takes the most room. Answers among them wait for the
// whole view that is to come, for they must not be heard before it.
void Sessions::collapse(Session& session)
{
    std::map<std::uint32_t, std::size_t> bytes;
    for (auto const& each : session.outbox)
        if (each.is_update)
            bytes[each.ticket] += each.frame->size();
    auto const fattest = std::ranges::max_element(
        bytes, {}, [](auto const& each) { return each.second; });
    if (fattest == bytes.end())
        return;
    auto const membership
        = std::ranges::find(session.memberships, fattest->first, &Membership::ticket);
    bool const is_in = membership != session.memberships.end(); // Else nobody waits for answers.
    std::erase_if(session.outbox, [&](Outgoing const& each) {
        bool const falls = each.is_update && each.ticket == fattest->first;
        if (falls && is_in && each.keeps)
            membership->held += *each.keeps;
        return falls;
    });
    session.outbox_bytes -= fattest->second;
    collapsed_.add();
    if (is_in)
        membership->view = Membership::View::stale;
}

void Sessions::hold(Membership& membership, rooms::Delivery const& update)
{
    if (!update.keeps)
        return;
    membership.held += *update.keeps;
    membership.held_answers += update.answered;
}

// The whole view, and right behind it the answers that waited for it.
void Sessions::catch_up(Membership& membership, Outgoing& view)
{
    membership.view = Membership::View::fresh;
    membership.in_flight
        -= std::min(membership.in_flight, std::exchange(membership.held_answers, 0));
    if (membership.held.empty())
        return;
    view.frame = make_frame(*view.frame + membership.held);
    view.keeps = make_frame(std::exchange(membership.held, {}));
}

bool Sessions::is_clogged(Session const& session) const
{
    return ports_.wire.backlog(session.id) > options_.kernel_backlog_max;
}

// Looked at with each alarm. Where all that waits can collapse, nothing else would end it.
bool Sessions::takes_nothing(Session& session) const
{
    auto const backlog = ports_.wire.backlog(session.id);
    if (backlog < session.backlog_seen || !is_clogged(session))
        session.took_at = ports_.now.steady;
    session.backlog_seen = backlog;
    return ports_.now.steady - session.took_at >= options_.clogged_max;
}

// For the last words to a slow client: what waits would only keep them from it.
void Sessions::make_way(Session& session)
{
    if (session.outbox.empty() && !is_clogged(session))
        return;
    session.outbox.clear();
    session.outbox_bytes = 0;
    ports_.wire.drop_waiting(session.id);
}

void Sessions::drained(ConnectionId id)
{
    auto* const session = find(id);
    if (!session)
        return;
    pump(*session);
    if (session->outbox.empty())
        refresh_stale(*session);
}

void Sessions::refresh_stale(Session& session)
{
    for (auto& membership : session.memberships)
        if (membership.view == Membership::View::stale) {
            membership.view = Membership::View::asked_for;
            ports_.rooms.ask(
                membership.room, {caller(session, membership.ticket), rooms::Refresh{}});
        }
}

}  // namespace gatehouse::sessions
