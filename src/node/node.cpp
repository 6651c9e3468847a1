// SPDX-License-Identifier: Apache-2.0
#include "node/node.hpp"

#include "sessions/shard_id.hpp"
#include "websocket/frame.hpp"

#include <algorithm>
#include <iterator>

namespace gatehouse::node {

using observe::Level;

Node::Node(Options options, Ports ports, rooms::Catalogue const& games,
    identity::SigningKey const& key, std::shared_ptr<gateway::Config const> config)
    : options_(std::move(options))
    , ports_(ports)
    , games_(games)
    , now_(ports.now)
    , started_at_(ports.now.steady)
    , log_(ports.log, Level::info, options_.shard)
    , guests_(key)
    , ways_(key, ports.fetch_keys)
    , session_wire_(ports.wire)
    , journal_(ports.store)
    , key_ring_(ports.store)
    , keys_again_([this] { ask_for_keys(); })
    , rooms_(options_.rooms, games_,
          {.store = ports.store, .timers = ports.timers, .now = now_, .dice = ports.dice,
              .frame =
                  [](std::string_view json) { return make_frame(websocket::encode_text(json)); },
              .deliver = [this](rooms::Delivery delivery) { deliver(std::move(delivery)); },
              .complain = [this](std::string_view room, Error const& error) {
                  log_.line(Level::warning, "room trouble", now_.wall)
                      .field("room", room).field("code", name_of(error.code))
                      .field("error", error.message).field("detail", error.detail);
              }, .crumbs = ports.crumbs,
              .shared_cache = ports.shared_cache, .stopwatch = ports.stopwatch})
    , sessions_(options_.sessions,
          {.wire = session_wire_, .rooms = *this, .login = *this, .claims = *this,
              .timers = ports.timers, .dice = ports.dice, .now = now_, .metrics = metrics_,
              .log = log_, .shard = options_.shard})
    , hall_(hall_options(options_.matches, games_),
          {.draw_match = [this] { return sessions::draw_shard_id(options_.shard, ports_.dice); },
              .open = [this](matching::Party party, matching::Hall::OnRoom done) {
                  open_for(std::move(party), std::move(done));
              },
              .awaits =
                  [this](std::string room, std::string principal, matching::Hall::OnAwaited then) {
                      look_at_seat(std::move(room), std::move(principal), std::move(then));
                  },
              .matched = [this](std::string_view game, Milliseconds waited) {
                  note_match(game, waited);
              }})
    , hall_alarm_([this] {
        hall_.step(now_.steady);
        wind_hall();
    })
    , gateway_({.wire = ports.wire, .local = *this, .authenticator = *this, .accounts = *this,
                   .timers = ports.timers,
                   .now = now_, .dice = ports.dice, .metrics = metrics_, .log = log_,
                   .ban_book = this, .shared_limits = ports.shared_limits},
          std::move(config),
          options_.shard == 0 ? gateway::Gateway::Probing::on : gateway::Gateway::Probing::off)
{
    ways_.change(options_.ways);
    gateway_.on_health_changed([this](gateway::HealthChange const& change) {
        for (ShardIndex shard = 0; shard < options_.shards; shard++)
            if (shard != options_.shard)
                ports_.neighbours.post(
                    shard, [change](Node& there) { there.gateway_.set_health(change); });
    });
}

Node::~Node() = default;

void Node::beware(
    std::vector<rooms::CrashSite> const& sites, std::vector<rooms::CrashSite> const& shut)
{
    auto const own = [this](std::vector<rooms::CrashSite> const& all) {
        std::vector<rooms::CrashSite> ours;
        std::ranges::copy_if(all, std::back_inserter(ours),
            [this](auto const& site) { return shard_of(site.room) == options_.shard; });
        return ours;
    };
    rooms_.beware(own(sites), own(shut));
}

void Node::start(std::move_only_function<void(Result<std::size_t>)> done)
{
    std::vector<Slot> own;
    for (Slot slot = 0; slot < slots_total; slot++)
        if (slot % options_.shards == options_.shard)
            own.push_back(slot);
    rooms_.start(own, std::move(done));
    ask_for_keys();
}

// ---- A turn

void Node::opened(ConnectionId id, gateway::Accepted const& how)
{
    gateway_.opened(id, how);
}

void Node::connected(ConnectionId id) { gateway_.connected(id); }

void Node::received(ConnectionId id, std::span<char> bytes)
{
    if (sessions_.knows(id))
        sessions_.received(id, bytes);
    else
        gateway_.received(id, bytes);
}

void Node::drained(ConnectionId id)
{
    if (sessions_.knows(id))
        sessions_.drained(id);
    else
        gateway_.drained(id);
}

// A WebSocket that is half closed is closed: nothing can come any more (RFC 6455 §7.1.1).
void Node::ended(ConnectionId id)
{
    if (sessions_.knows(id))
        return ports_.wire.close(id);
    gateway_.ended(id);
    end_seeking(id);
}

void Node::closed(ConnectionId id, gateway::CloseReason reason)
{
    if (sessions_.knows(id))
        return sessions_.closed(id);
    gateway_.closed(id, reason);
    end_seeking(id);
}

void Node::end_turn() { rooms_.end_turn(); }

// ---- Operations

void Node::reload(
    std::vector<WayOptions> ways, std::shared_ptr<gateway::Config const> config)
{
    ways_.change(std::move(ways));
    ask_for_keys();
    gateway_.reload(std::move(config));
}

void Node::drain(Milliseconds in)
{
    is_draining_ = true;
    gateway_.drain();
    hall_.close({ErrorCode::unavailable, "the server stops; ask again in a moment"});
    wind_hall();
    sessions_.go_away("drain", in);
}

void Node::close_sessions() { sessions_.close_all(); }

bool Node::is_idle() const
{
    return sessions_.size() == 0 && gateway_.open_connections() == 0 && rooms_.is_quiet();
}

// ---- Who is it?

void Node::keys_came(std::string const& way, JwtOptions const& options,
    Result<FetchedKeys> const& came)
{
    Result<void> taken;
    if (came)
        taken = ways_.came(way, options, came->json, came->max_age, now_.steady);
    else
        ways_.failed(way, options);
    auto const& fault = came ? taken : std::unexpected(came.error());
    if (fault || options_.shard != 0)
        return;
    log_.line(Level::warning, "an issuer's keys can't be had, those of before go on", now_.wall)
        .field("way", way)
        .field("error", fault.error().message)
        .field("detail", fault.error().detail);
}

identity::Answer Node::verify(
    identity::Evidence const& evidence, std::span<std::string const> ways)
{
    return ways_.verify(evidence, ways, now_);
}

void Node::verify(std::string_view token, sessions::Ways const* ways, OnVerified done)
{
    identity::Evidence evidence{.bearer = token};
    if (token.starts_with("gh_"))
        evidence.api_key = token;
    auto answer = ways_.verify(
        evidence, ways ? std::span(*ways) : std::span<std::string const>(), now_);
    if (auto* const verified = std::get_if<identity::Verified>(&answer))
        return done(std::move(*verified));
    if (auto* const error = std::get_if<Error>(&answer))
        return done(std::unexpected(std::move(*error)));
    if (std::holds_alternative<identity::Absent>(answer))
        return done(fail(
            ErrorCode::unauthenticated, "this server does not accept such a token here"));
    ways_.await([this, token = std::string(token), ways, done = std::move(done)]() mutable {
        verify(token, ways, std::move(done));
    });
}

// As many as there are different lists in all configurations of this life.
sessions::Ways const* Node::kept(std::span<std::string const> ways)
{
    return ways.empty() ? nullptr : &*ways_kept_.emplace(ways.begin(), ways.end()).first;
}

}  // namespace gatehouse::node
