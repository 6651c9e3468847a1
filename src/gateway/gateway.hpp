// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "gateway/config.hpp"
#include "gateway/ports.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace gatehouse::gateway {

struct Context;
class HealthChecks;

// The gateway of one shard: bytes of clients and upstreams in, bytes to both out. What comes in is
// told by the functions below; what goes out leaves through the ports. Each request travels through
// the stages of pipeline.cpp as one Exchange.
//
// Bounds: a connection holds one request at a time, whose pipelined successors wait unread; nobody
// is read from while more than `backlog_high` bytes wait for whoever they go to. Belongs to one
// shard.
class Gateway {
public:
    static constexpr std::size_t backlog_high = 256 * 1024;
    static constexpr std::size_t backlog_low = 64 * 1024;

    enum class Probing : std::uint8_t { off, on };

    // What `ports` refers to must outlive the gateway. One shard of a process probes the endpoints;
    // the others are told by `set_health`.
    Gateway(Ports ports, std::shared_ptr<Config const> config, Probing probing);
    ~Gateway();

    void opened(ConnectionId id, Accepted const& how);
    void received(ConnectionId id, std::span<char const> bytes);
    void drained(ConnectionId id);
    void ended(ConnectionId id); // The peer sends no more.
    void connected(ConnectionId id);
    void closed(ConnectionId id, CloseReason reason);

    // From the next request on. Requests under way finish as they began, no connection is touched,
    // and what did not change keeps its state: the pools, health and load of a service that is
    // equal, the accounts of a limit that keeps its name.
    void reload(std::shared_ptr<Config const> config);

    // No connection outlives its current answer; idle ones close now. WebSockets in a tunnel are
    // closed with 1012, on both sides.
    void drain();
    // Client connections, those in a tunnel included.
    [[nodiscard]] std::size_t open_connections() const;

    // Called on the probing shard when an endpoint goes up or down, and again at each check while
    // it is down: for shards that came by their settings later. Bind it before the first turn.
    void on_health_changed(std::move_only_function<void(HealthChange const&)> tell);
    void set_health(HealthChange const& change);

    // May one more request pass on this account, which this shard owns (ports.hpp, Accounts)? A
    // limit that is gone since the question was sent forbids nothing.
    [[nodiscard]] limits::Verdict judge(std::string_view limit, std::string_view account);
    [[nodiscard]] Accounts::Verdicts judge_all(std::span<LimitAccount const> accounts);
    void give_back(std::span<LimitAccount const> accounts, TimePoint taken_at);

    // Who is not let in, on any shard. A ban that is over is forgotten at the next change.
    [[nodiscard]] Result<void> ban(limits::Ban const& ban);
    bool lift(limits::Block const& block);
    [[nodiscard]] std::vector<limits::Ban> bans() const;
    // Of an address that this shard owns (ports.hpp, BanBook), which is told of a new ban.
    void note_refusal(std::string_view address);

private:
    std::unique_ptr<Context> context_;
    std::unique_ptr<HealthChecks> checks_; // Null where another shard probes.
};

}  // namespace gatehouse::gateway
