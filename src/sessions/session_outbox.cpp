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
            close(session, websocket::CloseCode::slow, "too slow to read");
        return;
    }
}

void Sessions::pump(Session& session)
{
    while (!session.outbox.empty()
        && ports_.wire.backlog(session.id) <= options_.kernel_backlog_max) {
        auto& next = session.outbox.front();
        session.outbox_bytes -= next.frame->size();
        ports_.wire.send(session.id, std::move(next.frame));
        session.outbox.pop_front();
        session.sent_at = std::max(session.sent_at, ports_.now.steady);
        messages_out_.add();
    }
}

// Drops the waiting updates of the room that takes the most room.
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
    std::erase_if(session.outbox,
        [&](Outgoing const& each) { return each.is_update && each.ticket == fattest->first; });
    session.outbox_bytes -= fattest->second;
    collapsed_.add();
    auto const membership
        = std::ranges::find(session.memberships, fattest->first, &Membership::ticket);
    if (membership != session.memberships.end())
        membership->is_stale = true;
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
    for (auto const& membership : session.memberships)
        if (membership.is_stale)
            ports_.rooms.ask(
                membership.room, {caller(session, membership.ticket), rooms::Refresh{}});
}

}  // namespace gatehouse::sessions
