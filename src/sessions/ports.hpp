// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "identity/principal.hpp"
#include "rooms/request.hpp"
#include "sessions/tickets.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What sessions ask of the rest of the process. All of it happens on the sessions' shard, and
// nothing that is called here calls back before it returns, but where it says so.
namespace gatehouse::sessions {

// The sockets. Calls for an id that is closed do nothing; everything a turn sent on a connection
// leaves in one write.
class Wire {
public:
    virtual ~Wire() = default;
    virtual void send(ConnectionId id, Frame frame) = 0;
    virtual void send(ConnectionId id, std::string_view bytes) = 0;
    // Sends what is queued, then closes. `Sessions::closed` follows.
    virtual void close(ConnectionId id) = 0;
    virtual void reset(ConnectionId id) = 0;
    // Bytes that the kernel has not taken yet; `Sessions::drained` is called when they are few
    // again.
    [[nodiscard]] virtual std::size_t backlog(ConnectionId id) const = 0;
    // Forgets what of these is not begun, as far as it still can.
    virtual void drop_waiting(ConnectionId id) = 0;
};

// Where a client wants to go: a room's id, its invite code, or any room of a game with a free seat.
struct Destination {
    enum class By : std::uint8_t { room, code, game };
    By by;
    std::string value;
};

// The rooms of the node, wherever they live.
class RoomDoor {
public:
    virtual ~RoomDoor() = default;
    virtual void ask(std::string_view room, rooms::Request request) = 0;
    using OnFound = std::move_only_function<void(Result<std::string> room)>;
    // Answers at once or later.
    virtual void find(Destination destination, OnFound done) = 0;
};

// The ways to prove who one is that a session's route accepts, by name.
using Ways = std::vector<std::string>;

class Login {
public:
    virtual ~Login() = default;
    using OnVerified = std::move_only_function<void(Result<identity::Verified>)>;
    // `ways` outlives all sessions; null: guests. Answers at once or later.
    virtual void verify(std::string_view token, Ways const* ways, OnVerified done) = 0;
    using OnAdmitted = std::move_only_function<void(Result<Admission>)>;
    // A ticket (tickets.hpp) is good once. Answers at once or later.
    virtual void redeem(std::string ticket, OnAdmitted done) = 0;
};

// A session that a client comes back to may live on another shard.
struct Claim {
    std::string sid;
    std::string token;
    std::string principal;
};

class Claims {
public:
    virtual ~Claims() = default;
    // Answers at once or later: is it theirs? It is then taken: nobody can claim it again.
    virtual void claim(Claim claim, std::move_only_function<void(bool)> done) = 0;
};

}  // namespace gatehouse::sessions
