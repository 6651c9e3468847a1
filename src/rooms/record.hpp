// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the platform itself records of a room, beside the game's own events. Types begin with
// "room.", which no game's event can. The data of every stored event is a CBOR sequence (RFC 8742):
// the body and, where the event changed timers, an array of [name, at in ms | null] and, in a game
// in fixed steps, how many of them were taken before it.

#include "base/fields.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "events/event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gatehouse::rooms {

// The first event of every room that is no fork.
struct Opened {
    static constexpr std::string_view name = "room.opened";
    std::string game;
    int rules = 0; // The version of the rules that the room began with.
    std::string code;
    std::string seed;    // Hex, 32 bytes. Secret until the room is finished.
    std::string options; // Hex of the game's options as CBOR.
    static void fields(auto& self, auto&& field)
    {
        field("game", self.game);
        field("rules", self.rules);
        field("code", self.code);
        field("seed", self.seed);
        field("options", self.options);
    }
};

// What events say of people is sealed with the key of their actor (base/seal.hpp; about the type of
// the event), in hex. The plain field beside it is empty then; it tells what versions of before
// wrote, who sealed nothing.

// A principal came for the first time, and is the next actor: 1, 2, 3, …
struct Came {
    static constexpr std::string_view name = "room.came";
    static constexpr int schema = 2;
    std::string principal{};
    std::string sealed{};
    static void fields(auto& self, auto&& field)
    {
        field("principal", self.principal);
        field("sealed", self.sealed);
    }
};

struct Named {
    static constexpr std::string_view name = "room.named";
    static constexpr int schema = 2;
    std::uint32_t actor = 0;
    std::string display{};
    std::string sealed{};
    static void fields(auto& self, auto&& field)
    {
        field("actor", self.actor);
        field("display", self.display);
        field("sealed", self.sealed);
    }
};

struct Seated {
    static constexpr std::string_view name = "room.seated";
    std::uint32_t actor = 0;
    int seat = 0;
    static void fields(auto& self, auto&& field)
    {
        field("actor", self.actor);
        field("seat", self.seat);
    }
};

struct BotSeated {
    static constexpr std::string_view name = "room.bot_seated";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};

// The seat is empty again.
struct SeatLeft {
    static constexpr std::string_view name = "room.seat_left";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};

// The player of the seat is away, and a bot plays in their place until they come back.
struct StandIn {
    static constexpr std::string_view name = "room.stand_in";
    int seat = 0;
    bool on = false;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("on", self.on);
    }
};

// Something was accepted that changed nothing else: it carries the dedup key, or a timer's change.
struct Acted {
    static constexpr std::string_view name = "room.acted";
    static void fields(auto&, auto&&) {}
};

// How a seat that somebody had came out, as the game saw it.
struct Placed {
    int seat = 0;
    std::uint32_t actor = 0; // 0: a bot.
    int place = 1;
    std::int64_t points = 0;
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("actor", self.actor);
        field("place", self.place);
        field("points", self.points);
    }
};

struct Finished {
    static constexpr std::string_view name = "room.finished";
    static constexpr int schema = 2;
    std::vector<Placed> results{}; // None where nobody won: the room was given up.
    static void fields(auto& self, auto&& field) { field("results", self.results); }
};

// What was asked of the room is set aside undecided, for it broke the process that tried it. It is
// a letter to an operator, numbered by the version of this event.
struct SetAside {
    static constexpr std::string_view name = "room.set_aside";
    static constexpr int schema = 2;
    std::string doing{};      // "act", "timer", "bot": the name of a Doing.
    std::uint32_t actor = 0;  // Who acted,
    std::uint64_t action = 0; // and the number of the action, which waits with it.
    int seat = 0;
    std::string what{}; // The action's name, the timer's.
    std::string body{}; // JSON. Of an actor: sealed.
    std::string why{};  // "SIGSEGV"
    std::string sealed{};
    static void fields(auto& self, auto&& field)
    {
        field("doing", self.doing);
        field("actor", self.actor);
        field("action", self.action);
        field("seat", self.seat);
        field("what", self.what);
        field("body", self.body);
        field("why", self.why);
        field("sealed", self.sealed);
    }
};

// The same as they were when nothing was sealed.
struct OldCame {
    static constexpr std::string_view name = Came::name;
    std::string principal{};
    static void fields(auto& self, auto&& field) { field("principal", self.principal); }
};
struct OldNamed {
    static constexpr std::string_view name = Named::name;
    std::uint32_t actor = 0;
    std::string display{};
    static void fields(auto& self, auto&& field)
    {
        field("actor", self.actor);
        field("display", self.display);
    }
};
struct OldSetAside {
    static constexpr std::string_view name = SetAside::name;
    std::string doing{};
    std::uint32_t actor = 0;
    std::uint64_t action = 0;
    int seat = 0;
    std::string what{};
    std::string body{};
    std::string why{};
    static void fields(auto& self, auto&& field)
    {
        field("doing", self.doing);
        field("actor", self.actor);
        field("action", self.action);
        field("seat", self.seat);
        field("what", self.what);
        field("body", self.body);
        field("why", self.why);
    }
};
[[nodiscard]] SetAside upcast(OldSetAside const& old);

// The same when nobody asked who had won.
struct OldFinished {
    static constexpr std::string_view name = Finished::name;
    static void fields(auto&, auto&&) {}
};

// An operator dealt with a letter.
struct Settled {
    static constexpr std::string_view name = "room.settled";
    std::uint64_t letter = 0;
    std::string how; // "retried", "discarded"
    static void fields(auto& self, auto&& field)
    {
        field("letter", self.letter);
        field("how", self.how);
    }
};

// The room goes on by newer rules. What it came to in their words is told here and not found out
// again, so replay needs neither the older rules nor the upgrade.
struct Upgraded {
    static constexpr std::string_view name = "room.upgraded";
    int rules = 0;
    std::string state; // Hex of the game's state as CBOR.
    static void fields(auto& self, auto&& field)
    {
        field("rules", self.rules);
        field("state", self.state);
    }
};

// The room is again as it was, by an operator's order: its game, who sits where, its timers with
// the time that they had left. Who ever came, and which actions were applied, is not undone.
struct Restored {
    static constexpr std::string_view name = "room.restored";
    std::uint64_t version = 0; // As of which event,
    WallTime at{};             // and when that was.
    std::string link{};        // RoomState::snapshot() of then, in hex.
    std::string state{};
    static void fields(auto& self, auto&& field)
    {
        field("version", self.version);
        field("at", self.at.ms);
        field("link", self.link);
        field("state", self.state);
    }
};

// The first event of a room that goes on from how another one was. Who came there are here who they
// were there, and the game and the seats are the same; the code and all chance from here on are its
// own, and so are the actions: none was applied here yet.
struct Forked {
    static constexpr std::string_view name = "room.forked";
    std::string from{};        // The other room,
    std::uint64_t version = 0; // as of which event,
    WallTime at{};             // and at what time.
    std::string link{};        // RoomState::snapshot() of then, in hex.
    std::string state{};
    int rules = 0; // As those of Opened; by which the other room was played then.
    std::string code{};
    std::string seed{};
    static void fields(auto& self, auto&& field)
    {
        field("from", self.from);
        field("version", self.version);
        field("at", self.at.ms);
        field("link", self.link);
        field("state", self.state);
        field("rules", self.rules);
        field("code", self.code);
        field("seed", self.seed);
    }
};

// Time goes on in a forked room: the first of its players is there.
struct Resumed {
    static constexpr std::string_view name = "room.resumed";
    static void fields(auto&, auto&&) {}
};

// The host showed somebody the door: they do not sit here again. In a game that has begun, a bot
// plays on in their place.
struct Kicked {
    static constexpr std::string_view name = "room.kicked";
    std::uint32_t actor = 0;
    int seat = 0;
    static void fields(auto& self, auto&& field)
    {
        field("actor", self.actor);
        field("seat", self.seat);
    }
};

// The host has made somebody else the host: who sits on that seat, for as long as they do.
struct HostGiven {
    static constexpr std::string_view name = "room.host_given";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};

// By an operator's order time stands still, until it goes on: a timer that had ten seconds left has
// them again then.
struct Paused {
    static constexpr std::string_view name = "room.paused";
    static void fields(auto&, auto&&) {}
};
struct Continued {
    static constexpr std::string_view name = "room.continued";
    static void fields(auto&, auto&&) {}
};

// The player of the seat was away for too long, and is out of the game: nobody sits there any more.
// What that means the game's events say that follow.
struct Forfeited {
    static constexpr std::string_view name = "room.forfeited";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};

// The room takes steps up to this one, without another word. Recorded before they are shown: so
// whatever anybody saw, replay comes to it.
struct Ticking {
    static constexpr std::string_view name = "room.ticking";
    std::uint64_t until = 0;
    static void fields(auto& self, auto&& field) { field("until", self.until); }
};

// Who opened the room wants no strangers: lists do not show it. Whoever knows its code comes in.
struct Unlisted {
    static constexpr std::string_view name = "room.unlisted";
    static void fields(auto&, auto&&) {}
};

// Until then nobody else sits on that seat. Whom it waits for came by name alone so far.
struct Reserved {
    static constexpr std::string_view name = "room.reserved";
    int seat = 0;
    std::uint32_t actor = 0;
    WallTime until{};
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("actor", self.actor);
        field("until", self.until.ms);
    }
};

// It waits for nobody any more: they do not want it, were erased, or did not come in time. (Where
// they came, room.seated says so.)
struct Released {
    static constexpr std::string_view name = "room.released";
    int seat = 0;
    static void fields(auto& self, auto&& field) { field("seat", self.seat); }
};

using PlatformEvent = std::variant<Opened, Came, Named, Seated, BotSeated, SeatLeft, StandIn, Acted,
    Finished, SetAside, Settled, Upgraded, Restored, Forked, Resumed, Kicked, HostGiven, Paused,
    Continued, Forfeited, Ticking, Unlisted, Reserved, Released>;

// A timer as it is stored: when it rings, or that it is cancelled.
struct TimerSet {
    std::string name;
    std::optional<WallTime> at;
};

[[nodiscard]] bool is_platform_type(std::string_view type);

[[nodiscard]] std::string encode_body(PlatformEvent const& event);
// Fails with `unavailable` where type or schema are unknown, `internal` where the data is broken.
[[nodiscard]] Result<PlatformEvent> decode_platform(
    std::string_view type, std::uint16_t schema, std::string_view body);

void append_timers(std::string& data, std::vector<TimerSet> const& timers);
void append_tick(std::string& data, std::uint64_t tick);

// Takes the stored data of any event apart. Empty where it is broken.
struct StoredData {
    std::string_view body;
    std::vector<TimerSet> timers{};
    std::optional<std::uint64_t> tick{}; // Empty: none was taken since the event before.
};
[[nodiscard]] std::optional<StoredData> split(std::string_view data);

}  // namespace gatehouse::rooms
