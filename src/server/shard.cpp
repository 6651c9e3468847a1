// SPDX-License-Identifier: Apache-2.0
#include "server/shard.hpp"

#include "identity/x509.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <span>

namespace gatehouse::server {
namespace {

constexpr Duration address_fresh = std::chrono::seconds(30);

gateway::CloseReason reason_of(net::CloseReason reason)
{
    switch (reason) {
    case net::CloseReason::finished: return gateway::CloseReason::done;
    case net::CloseReason::refused: return gateway::CloseReason::refused;
    default: return gateway::CloseReason::failed;
    }
}

// Each process' games over its line.
rooms::Catalogue all_games(rooms::Catalogue games, std::vector<OutsideGames> outside,
    std::span<std::unique_ptr<RulesLine> const> lines)
{
    for (std::size_t i = 0; i < outside.size(); i++)
        for (auto& game : outside[i].games)
            games.add(std::make_unique<remote::RemoteRules>(std::move(game), lines[i]->line()));
    return games;
}

}  // namespace

Shard::Shard(Setup setup, runtime::Reactor& reactor, runtime::Reactor& resolving,
    events::EventStore& store, identity::SigningKey const& key,
    std::shared_ptr<gateway::Config const> config)
    : reactor_(reactor)
    , log_(setup.log_fd)
    , sockets_(reactor, *this,
          {.sockets = {.shard = setup.node.shard, .connections_max = setup.connections_max,
               .low_water_bytes = gateway::Gateway::backlog_low}})
    , resolver_(reactor, resolving)
    , unsent_(setup.node.shards)
    , unsent_max_(setup.unsent_max)
    , try_again_([this] { post_unsent(); })
    , tell_refused_([this] { tell_refused(); })
    , shared_cache_(open_shared_cache(setup.redis))
    , shared_limits_(open_shared_limits(setup.redis))
    , lines_(open_lines(setup.outside))
    , games_(all_games(std::move(setup.games), std::move(setup.outside), lines_))
    , node_(std::move(setup.node),
          {.wire = *this, .neighbours = *this, .store = store, .timers = reactor.timers(),
              .now = reactor.now(), .dice = dice_, .log = log_, .crumbs = setup.crumbs,
              .shared_cache = shared_cache_.get(), .shared_limits = shared_limits_.get(),
              .boards = setup.boards, .stopwatch = [this] { return work_time_.read(); },
              .commits = std::move(setup.commits),
              .fetch_keys = std::move(setup.fetch_keys)},
          games_, key, config)
{
    trust(std::move(config));
    for (auto& line : lines_)
        line->count_in(node_.metrics());
    node_.log().set_lowest(setup.log_level);
    reactor_.at_end_of_turn([this] { end_turn(); });
    reactor_.on_exception([this](std::string_view what) {
        node_.log().line(observe::Level::error, "a task threw", reactor_.now().wall)
            .field("what", what);
    });
}

storage::redis::Client::Resolve Shard::resolve_redis()
{
    return [this](std::string const& host, storage::redis::Client::OnResolved done) {
        resolver_.resolve(host, 0,
            [done = std::move(done)](Result<net::Resolver::Addresses> const& found) mutable {
                if (found)
                    done(found->front().host());
                else
                    done(std::unexpected(found.error()));
            });
    };
}

void Shard::note_redis(std::string_view why, std::string_view is_away)
{
    auto const level = why.empty() ? observe::Level::info : observe::Level::warning;
    auto line = node_.log().line(
        level, why.empty() ? "Redis is there" : is_away, reactor_.now().wall);
    if (!why.empty())
        line.field("why", why);
}

std::unique_ptr<storage::redis::SharedCache> Shard::open_shared_cache(
    std::optional<storage::redis::Target> const& target)
{
    if (!target)
        return nullptr;
    auto cache = std::make_unique<storage::redis::SharedCache>(
        storage::redis::ClientOptions{.target = *target}, reactor_, dice_, resolve_redis());
    cache->on_change([this](std::string_view why) {
        note_redis(why, "Redis is away; what it keeps is missed, no more");
    });
    return cache;
}

std::unique_ptr<storage::redis::SharedLimits> Shard::open_shared_limits(
    std::optional<storage::redis::Target> const& target)
{
    if (!target)
        return nullptr;
    auto limits = std::make_unique<storage::redis::SharedLimits>(
        storage::redis::ClientOptions{.target = *target}, reactor_, dice_, resolve_redis());
    limits->on_change([this](std::string_view why) {
        if (!why.empty())
            note_redis(why, "Redis is away; limits that it counts are counted here, by a share");
    });
    return limits;
}

std::vector<std::unique_ptr<RulesLine>> Shard::open_lines(std::vector<OutsideGames> const& outside)
{
    std::vector<std::unique_ptr<RulesLine>> lines;
    for (auto const& [socket, games] : outside) {
        RulesLineOptions options{.socket = socket, .games = {}};
        for (auto const& game : games)
            options.games.push_back(game.name);
        auto& line = *lines.emplace_back(
            std::make_unique<RulesLine>(std::move(options), reactor_, dice_));
        line.on_change([this, &line](std::string_view why) { note_line(line, why); });
        line.on_hello([this, &line] {
            for (auto const& game : line.options().games)
                node_.rooms().rules_changed(game);
        });
    }
    return lines;
}

void Shard::note_line(RulesLine const& line, std::string_view why)
{
    auto const unknown = line.unknown();
    for (auto const& game : line.options().games)
        node_.note_rules(game,
            why.empty() && std::ranges::find(unknown, game) == unknown.end()
                ? node::Rules::there
                : node::Rules::away);
    auto const games = fmt::format("{}", fmt::join(line.options().games, ", "));
    auto const tell = [&](observe::Level level, std::string_view message,
                          std::string_view field, std::string_view value) {
        auto said = node_.log().line(level, message, reactor_.now().wall);
        said.field("games", games).field("rules", "unix:" + line.options().socket);
        if (!field.empty())
            said.field(field, value);
    };
    using enum observe::Level;
    if (!why.empty())
        return tell(warning, "the rules of games are away: they are dialled until they are back",
            "why", why);
    tell(info, "the rules of games are there", {}, {});
    for (auto const& game : unknown)
        tell(warning, "the rules that are there do not know a game of the configuration",
            "unknown", game);
}

Shard::~Shard()
{
    reactor_.at_end_of_turn(nullptr);
    reactor_.on_exception(nullptr);
}

Result<net::ListenerInfo> Shard::listen_securely(
    net::Address const& address, net::PortUse use, config::Https const& how)
{
    if (!tls_metrics_)
        tls_metrics_.emplace(node_.metrics());
    return sockets_.listen(
        address, secure, use, {.tls = true, .proxy_header = how.proxy_protocol});
}

void Shard::trust(std::shared_ptr<gateway::Config const> config)
{
    sockets_.trust([config = std::move(config)](net::Address const& peer) {
        return config->trusts(peer.host());
    });
}

void Shard::unlisten()
{
    for (auto const tag : {front, secure, admin})
        sockets_.unlisten(tag);
}

void Shard::use(std::shared_ptr<net::TlsContexts const> contexts)
{
    if (neighbours_.front() == this) // Gauges of shards are added up.
        tell_expiry(node_.metrics(), *contexts);
    sockets_.use(std::move(contexts));
}

// ---- A turn

// One append for all rooms, then one write a connection.
void Shard::end_turn()
{
    node_.end_turn();
    if (shared_cache_)
        shared_cache_->flush();
    if (shared_limits_)
        shared_limits_->flush();
    for (auto& line : lines_)
        line->flush();
    post_unsent();
    sockets_.flush();
    if (tls_metrics_)
        tls_metrics_->follow(sockets_.tally());
    log_.flush();
}

void Shard::opened(ConnectionId id, net::SecureSockets::Accepted const& how)
{
    auto const ip = how.peer.host();
    gateway::Accepted accepted{.listener = how.tag == admin ? gateway::Listener::admin
                                                            : gateway::Listener::front,
        .ip = ip, .is_secure = how.tls != nullptr};
    if (how.tls) {
        accepted.server_name = how.tls->server_name;
        if (auto const& der = how.tls->client_certificate; !der.empty())
            if (auto certificate = identity::read_certificate(der))
                accepted.certificate
                    = std::make_shared<identity::Certificate const>(*std::move(certificate));
    }
    node_.opened(id, accepted);
}

void Shard::connected(ConnectionId id) { node_.connected(id); }
void Shard::received(ConnectionId id, std::span<char> bytes) { node_.received(id, bytes); }
void Shard::drained(ConnectionId id) { node_.drained(id); }
void Shard::ended(ConnectionId id) { node_.ended(id); }
void Shard::closed(ConnectionId id, net::CloseReason reason)
{
    node_.closed(id, reason_of(reason));
}

// ---- Dialling

Shard::Endpoint& Shard::endpoint(std::string const& host_port)
{
    auto& known = endpoints_[host_port];
    auto const now = reactor_.now().steady;
    if (known.asked_at != TimePoint{} && now - known.asked_at < address_fresh)
        return known;
    known.asked_at = now;
    if (auto const numeric = net::Address::parse(host_port)) {
        known.address = *numeric;
        return known;
    }
    auto const colon = host_port.rfind(':');
    auto const port = static_cast<std::uint16_t>(std::stoi(host_port.substr(colon + 1)));
    resolver_.resolve(std::string_view(host_port).substr(0, colon), port,
        [this, host_port](Result<net::Resolver::Addresses> const& found) {
            if (found) // Else the last known address serves on.
                endpoints_[host_port].address = found->front();
        });
    return known;
}

void Shard::resolve(std::vector<std::string> const& endpoints)
{
    for (auto const& each : endpoints)
        static_cast<void>(endpoint(each));
}

ConnectionId Shard::dial(std::string_view host_port)
{
    auto const& known = endpoint(std::string(host_port));
    auto const id = known.address ? sockets_.dial(*known.address) : ConnectionId{};
    return id ? id : refuse_later();
}

// A name without an address yet, or a full table of sockets: as good as refused, but not within the
// call. The ids are those of a shard that does not exist.
ConnectionId Shard::refuse_later()
{
    constexpr std::uint64_t no_shard = std::uint64_t{0xffff} << 48;
    refused_.push_back({no_shard | ++refusals_});
    reactor_.timers().arm(tell_refused_, reactor_.now().steady);
    return refused_.back();
}

void Shard::tell_refused()
{
    for (auto const id : std::exchange(refused_, {}))
        node_.closed(id, gateway::CloseReason::refused);
}

// ---- Neighbours

void Shard::post(ShardIndex to, Letter letter)
{
    auto* const there = neighbours_[to];
    unsent_[to].push_back(
        [there, letter = std::move(letter)]() mutable { letter(there->node_); });
}

// A turn's letters to a neighbour in one go, behind those that wait. Where a neighbour lags far
// behind, this shard takes nothing more from its own clients until it has caught up; mail it takes,
// so two shards cannot wait for each other.
void Shard::post_unsent()
{
    std::size_t most = 0;
    for (std::size_t to = 0; to < unsent_.size(); to++) {
        if (!unsent_[to].empty())
            neighbours_[to]->reactor_.mailbox().post_some(unsent_[to]);
        most = std::max(most, unsent_[to].size());
    }
    reactor_.hear_only_mail(most > unsent_max_);
    if (most > 0 && !try_again_.is_armed())
        reactor_.timers().arm(try_again_, reactor_.now().steady + std::chrono::milliseconds(1));
}

}  // namespace gatehouse::server
