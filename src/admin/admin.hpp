// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "events/store.hpp"
#include "http/message.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace gatehouse::admin {

struct Request {
    std::string_view method;
    std::string_view path;
    std::string_view query;
    std::string_view request_id;
    std::string_view store_name;
    WallTime now;
};

using Done = std::move_only_function<void(http::Response)>;

// Operators' questions about what is stored. They are answered from the store alone, so the same
// answers can be had from a stopped server's files:
//
//     GET /admin/store
//         → {"store":"sqlite:/srv/data/gatehouse.db"}: which store this server holds
//     GET /admin/rooms[?after=ROOM&game=&status=unfinished|finished]
//         → {"rooms":[{room,game,version,at,finished,deadline?}],"next":ROOM,"last":bool}: those
//         that fit among the next 1000 in the order of their ids
//     GET /admin/rooms/{id}/events[?after=N]
//         → {"events":[…],"last":bool}, at most 1000
//     GET /admin/rooms/{id}/keys
//         → {"keys":[{subject,actor,key}]}: what opens what the room's events seal. Whoever keeps
//         them reads on when they are erased here: keep none.
//     GET /admin/audit
//         → {"months":[{room,version,at,…}]}: the streams of the audit log (audit/entry.hpp), whose
//         events are had as those of rooms
//     GET /admin/log[?from=CURSOR]
//         → {"events":[…],"next":N,"last":bool}
//
// The node itself answers what is about rooms in memory (node/operate.cpp): GET /admin/letters, and
// POST /admin/rooms/{id}/open, …/restore {"version"} or {"at"} → {"room","as_of","version"},
// …/pause, …/continue (of the room * : of all, → {"rooms","failed"}),
// …/fork {"version"?,"at"?,"as"?} → {"room","from","as_of","new"}, …/letters/{n}/retry,
// …/letters/{n}/discard, and (node/subjects.cpp) POST /admin/subjects/export {"id","after"} →
// {"memberships":[{room,actor,key}],"last":bool}, POST /admin/subjects/erase {"id"} →
// {"memberships":N}, (node/boards.cpp) POST /admin/projections/rebuild: each of which is recorded
// before it is carried out; GET /admin/projections → {"place","position","end","whole","rooms",
// "seats","players","rebuilt"?,"trouble"?}; (node/bans.cpp) GET /admin/bans →
// {"bans":[{block,reason,automatic,since,until}]}, POST /admin/bans {"block","for_ms"?,"reason"?} →
// that ban, POST /admin/bans/lift {"block"} → {"block"}; (node/keys.cpp)
// POST /admin/keys {"principal","roles"?,"note"?,"expires_at"?} → {"id","key"},
// DELETE /admin/keys/{id} → {"id"}, both recorded, and GET /admin/keys[?after=ID] →
// {"keys":[{id,principal,roles,note,…}],"last":bool}; and POST /admin/audit, by which
// commands that need no server have themselves recorded.
//
// Events are {room?,slot?,position?,version,type,schema,at,actor?,action?,data,raw,link?}: `data`
// in JSON for people, `raw` the stored bytes in hex, `link` the chain's (events/chain.hpp). They
// hold what seats must not see, so the admin listener alone serves them.
void answer(Request const& request, events::EventStore& store, Done done);

inline constexpr std::size_t events_per_page = 1000;
inline constexpr std::size_t rooms_per_page = 1000;

}  // namespace gatehouse::admin
