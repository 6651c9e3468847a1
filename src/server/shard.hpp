// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/commit_tally.hpp"
#include "config/settings_listen.hpp"
#include "net/resolver.hpp"
#include "net/secure_sockets.hpp"
#include "node/node.hpp"
#include "runtime/clock.hpp"
#include "runtime/dice.hpp"
#include "runtime/reactor.hpp"
#include "server/log_output.hpp"
#include "server/outside_games.hpp"
#include "server/rules_line.hpp"
#include "server/tls_metrics.hpp"
#include "storage/redis/shared_cache.hpp"
#include "storage/redis/shared_limits.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace gatehouse::server {

// One shard's node in the world: its sockets, its mailbox, its part of the log. Built and torn down
// in the main thread while the shard stands still; in between it belongs to the shard's thread.
class Shard final : net::SecureSockets::Events, gateway::Wire, node::Neighbours {
public:
    static constexpr net::ListenerTag front{0};
    static constexpr net::ListenerTag admin{1};
    static constexpr net::ListenerTag secure{2};

    struct Setup {
        node::Options node;
        std::size_t connections_max;
        std::size_t unsent_max = 16'384; // Letters to a neighbour; beyond it, no more is read.
        rooms::Crumbs* crumbs = nullptr;
        projections::Boards* boards = nullptr;
        std::function<events::CommitTally()> commits{};
        std::optional<storage::redis::Target> redis{};
        node::Ways::Fetch fetch_keys{};
        rooms::Catalogue games{};            // That are built in.
        std::vector<OutsideGames> outside{}; // And that are not.
        int log_fd;
        observe::Level log_level;
    };

    Shard(Setup setup, runtime::Reactor& reactor, runtime::Reactor& resolving,
        events::EventStore& store, identity::SigningKey const& key,
        std::shared_ptr<gateway::Config const> config);
    ~Shard();

    // All of them, this one included; before the first turn.
    void meet(std::vector<Shard*> neighbours) { neighbours_ = std::move(neighbours); }

    [[nodiscard]] Result<net::ListenerInfo> listen(
        net::Address const& address, net::ListenerTag tag, net::PortUse use)
    {
        return sockets_.listen(address, tag, use, {});
    }
    // As front, over TLS.
    [[nodiscard]] Result<net::ListenerInfo> listen_securely(
        net::Address const& address, net::PortUse use, config::Https const& how);
    void unlisten();
    // What new connections over TLS go by; both before the first of them.
    void use(std::shared_ptr<net::TlsContexts const> contexts);
    void use(std::shared_ptr<net::TicketKeys const> keys) { sockets_.use(std::move(keys)); }
    // Whose word is taken for X-Forwarded-For, its word is taken for the PROXY protocol.
    void trust(std::shared_ptr<gateway::Config const> config);
    // Learns the addresses of these endpoints ("host:port") before they are dialled.
    void resolve(std::vector<std::string> const& endpoints);

    [[nodiscard]] node::Node& node() { return node_; }
    [[nodiscard]] runtime::Reactor& reactor() { return reactor_; }

private:
    struct Endpoint {
        std::optional<net::Address> address{};
        TimePoint asked_at{};
    };

    // net::SecureSockets::Events
    void opened(ConnectionId id, net::SecureSockets::Accepted const& how) override;
    void connected(ConnectionId id) override;
    void received(ConnectionId id, std::span<char> bytes) override;
    void drained(ConnectionId id) override;
    void ended(ConnectionId id) override;
    void closed(ConnectionId id, net::CloseReason reason) override;

    // gateway::Wire
    void send(ConnectionId id, std::string_view bytes) override { sockets_.send(id, bytes); }
    void send(ConnectionId id, Frame frame) override { sockets_.send(id, frame); }
    void finish(ConnectionId id) override { sockets_.end(id); }
    void close(ConnectionId id) override { sockets_.close(id); }
    void reset(ConnectionId id) override { sockets_.reset(id); }
    void pause(ConnectionId id) override { sockets_.pause(id); }
    void resume(ConnectionId id) override { sockets_.resume(id); }
    [[nodiscard]] std::size_t backlog(ConnectionId id) const override
    {
        return sockets_.backlog(id);
    }
    void drop_waiting(ConnectionId id) override { sockets_.drop_waiting(id); }
    ConnectionId dial(std::string_view host_port) override;
    Endpoint& endpoint(std::string const& host_port);
    ConnectionId refuse_later();
    void tell_refused();

    // node::Neighbours
    void post(ShardIndex to, Letter letter) override;
    void post_unsent();

    void end_turn();
    [[nodiscard]] std::unique_ptr<storage::redis::SharedCache> open_shared_cache(
        std::optional<storage::redis::Target> const& target);
    [[nodiscard]] std::unique_ptr<storage::redis::SharedLimits> open_shared_limits(
        std::optional<storage::redis::Target> const& target);
    [[nodiscard]] storage::redis::Client::Resolve resolve_redis();
    void note_redis(std::string_view why, std::string_view is_away);
    [[nodiscard]] std::vector<std::unique_ptr<RulesLine>> open_lines(
        std::vector<OutsideGames> const& outside);
    void note_line(RulesLine const& line, std::string_view why);

    runtime::Reactor& reactor_;
    runtime::KernelDice dice_;
    runtime::WorkTime work_time_;
    LogOutput log_;
    net::SecureSockets sockets_;
    net::Resolver resolver_;
    std::unordered_map<std::string, Endpoint> endpoints_;
    std::vector<Shard*> neighbours_;
    // By shard: what this turn has for it, after what a full mailbox did not take.
    std::vector<std::deque<runtime::Task>> unsent_;
    std::size_t unsent_max_;
    Timer try_again_;
    std::vector<ConnectionId> refused_;
    std::uint64_t refusals_ = 0;
    Timer tell_refused_;
    std::unique_ptr<storage::redis::SharedCache> shared_cache_; // Null where there is no Redis.
    std::unique_ptr<storage::redis::SharedLimits> shared_limits_; // The same.
    std::vector<std::unique_ptr<RulesLine>> lines_;
    rooms::Catalogue games_; // Rules in other processes belong to this shard, as the lines do.
    node::Node node_;
    std::optional<TlsMetrics> tls_metrics_; // Where there is a listener for it.
};

}  // namespace gatehouse::server
