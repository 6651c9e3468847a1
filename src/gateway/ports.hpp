// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/timers.hpp"
#include "gateway/options.hpp"
#include "http/message.hpp"
#include "identity/certificate.hpp"
#include "identity/ways.hpp"
#include "limits/bans.hpp"
#include "limits/gcra.hpp"
#include "limits/shared.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// What the gateway asks of the rest of the process. All of it happens on the gateway's shard.
namespace gatehouse::gateway {

// Where a connection came in. Both serve the same routes, but those to Target::admin are found on
// `admin` only.
enum class Listener : std::uint8_t { front, admin };

// How a client's connection came in. Lent for the length of a call, but the certificate.
struct Accepted {
    Listener listener = Listener::front;
    std::string_view ip{};          // The peer's.
    bool is_secure = false;         // By TLS, where
    std::string_view server_name{}; // it asked for this name (RFC 6066 §3), if any,
    // and proved that this is its own. Null: it showed none.
    std::shared_ptr<identity::Certificate const> certificate{};
};

enum class CloseReason : std::uint8_t {
    done,    // Closed by us, everything sent.
    refused, // Dialled in vain.
    failed,  // Reset by the peer, or lost.
};

// The sockets of the shard. Calls for an id that is closed do nothing. Nothing that is called here
// calls back before the turn ends; everything a turn sent on a connection leaves in one write.
class Wire {
public:
    virtual ~Wire() = default;

    virtual void send(ConnectionId id, std::string_view bytes) = 0; // Copied.
    virtual void send(ConnectionId id, Frame frame) = 0;            // Shared.
    // Sends what is queued, then the end of the stream; the other direction stays open.
    virtual void finish(ConnectionId id) = 0;
    // Sends what is queued, then closes, lingering until the peer has seen it (RFC 9112 §9.6).
    // `Gateway::closed` follows; until then nothing else about this id.
    virtual void close(ConnectionId id) = 0;
    // At once; what is queued is lost and the peer sees a reset. `Gateway::closed` follows.
    virtual void reset(ConnectionId id) = 0;

    // Stops and starts reading.
    virtual void pause(ConnectionId id) = 0;
    virtual void resume(ConnectionId id) = 0;
    // Bytes sent here that the kernel has not taken yet. `Gateway::drained` is called whenever it
    // falls to `Gateway::backlog_low` or less after having been above.
    [[nodiscard]] virtual std::size_t backlog(ConnectionId id) const = 0;
    // Forgets of these bytes what can still be forgotten, in whole calls of `send`: what the peer
    // gets is what was sent first, and what is sent from now on.
    virtual void drop_waiting(ConnectionId) { }

    // Begins a connection to "host:port". What is sent meanwhile waits for it; `Gateway::connected`
    // or `Gateway::closed` follows.
    virtual ConnectionId dial(std::string_view host_port) = 0;
};

// Who is asking, as far as the gateway has found out. Lent for the length of a call.
struct Asker {
    std::string_view peer;                // The client's address, from trusted proxies theirs.
    identity::Principal const* principal; // Null: nobody authenticated.
    std::string_view request_id;
    std::string_view traceparent;
    Listener listener;
    WallTime expires_at{};                  // Of what proved who the principal is.
    std::span<std::string const> accepts{}; // The ways to prove it on this route, by name.
};

struct LocalRequest {
    Target target; // rooms, admin, health or metrics.
    http::RequestHead const& head;
    std::string_view body; // Whole.
    Asker asker;
    ConnectionId connection{}; // The answer's; it asks nothing else meanwhile.
};

// What answers in this process, instead of an upstream.
class Local {
public:
    using Done = std::move_only_function<void(http::Response)>;

    virtual ~Local() = default;
    // `request` is lent for the length of this call. `done` is called exactly once, at once or
    // later on this shard; it may outlive the connection.
    virtual void answer(LocalRequest const& request, Done done) = 0;

    // A WebSocket handshake on a route to rooms, or an event stream asked for there (head.path says
    // which). From here on the connection is the callee's alone, with its answer still to be sent:
    // the gateway has forgotten it. `leftover` followed the head.
    virtual void upgrade(ConnectionId id, http::RequestHead const& head, Asker const& asker,
        std::string_view leftover) = 0;
};

// Proof in, principal out.
class Authenticator {
public:
    virtual ~Authenticator() = default;
    // `ways` are those that the route accepts, by their names under `auth:`.
    [[nodiscard]] virtual identity::Answer verify(
        identity::Evidence const& evidence, std::span<std::string const> ways)
        = 0;
    // After identity::Later: when to ask again. Called once, never within this call.
    virtual void await(std::move_only_function<void()> again) = 0;
};

// A limit, by its name, and an account there.
struct LimitAccount {
    std::string limit;
    std::string account;
};

// Each account of a limit has one owner among the shards, so a limit of N is N however the
// connections of a client are spread.
class Accounts {
public:
    using Verdicts = std::vector<limits::Verdict>;

    virtual ~Accounts() = default;
    [[nodiscard]] virtual ShardIndex owner_of(std::string_view account) const = 0;
    [[nodiscard]] virtual bool is_own(std::string_view account) const = 0;
    // Asks the shard that owns the account, by its `Gateway::judge`. Answers later, once.
    virtual void ask(std::string_view limit, std::string_view account,
        std::move_only_function<void(limits::Verdict)> done)
        = 0;
    // Asks for all of these or none, whose owner is that shard.
    virtual void ask_all(ShardIndex owner, std::vector<LimitAccount> accounts,
        std::move_only_function<void(Verdicts)> done)
        = 0;
    // What was taken there since, for the request is refused by another limit.
    virtual void give_back(
        ShardIndex owner, std::vector<LimitAccount> accounts, TimePoint taken_at) = 0;
};

// Each shard knows all bans; the refusals of an address are counted by the shard that owns the
// account of its name.
class BanBook {
public:
    virtual ~BanBook() = default;
    // By `Gateway::note_refusal` of the shard that owns it.
    virtual void note_refusal(std::string_view address) = 0;
    // By `Gateway::ban` of all shards, this one included.
    virtual void tell_all(limits::Ban const& ban) = 0;
};

// The state of one endpoint, as the process-wide prober found it.
struct HealthChange {
    std::string service;
    std::string endpoint;
    bool healthy;
};

struct Ports {
    Wire& wire;
    Local& local;
    Authenticator& authenticator;
    Accounts& accounts;
    Timers& timers;
    Now const& now; // The instant of this turn: its owner sets it before each input.
    Dice& dice;
    observe::Metrics& metrics;
    observe::Log& log;
    BanBook* ban_book = nullptr; // None: nobody is banned for refusals.
    limits::SharedLimits* shared_limits = nullptr; // None: this node counts by itself.
};

}  // namespace gatehouse::gateway
