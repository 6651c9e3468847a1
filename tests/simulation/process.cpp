// SPDX-License-Identifier: Apache-2.0
#include "process.hpp"

#include "liap_tui/liap_tui.hpp"
#include "gossip.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/testing_late.hpp"
#include "rooms/testing_snails.hpp"

#include <fmt/format.h>

#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

namespace {

node::Options options_of(Plan const& plan, ShardIndex index)
{
    return {.shard = index, .shards = Process::shards_count, .version = "simulated",
        .rooms = plan.rooms_options, .sessions = plan.sessions_options};
}

}  // namespace

Shard::Shard(Surroundings around, Process& process, Committer& committer, ShardIndex index)
    : around_(around)
    , process_(process)
    , index_(index)
    , luck_(around.luck.fork())
    , now_(around.agenda.now())
    , timers_(now_.steady)
    , mail_at_(Process::shards_count)
    , store_(committer.port([this](Agenda::Task answer) {
        answers_at_
            = std::max(answers_at_, around_.agenda.now().steady + luck_.between(0us, 500us));
        around_.agenda.at(answers_at_,
            [this, life = std::weak_ptr(life_), answer = std::move(answer)]() mutable {
                if (!life.expired())
                    take([answer = std::move(answer)](node::Node&) mutable { answer(); });
            });
    }))
    , games_(build_games())
    , node_(options_of(around.plan, index),
          {.wire = *this, .neighbours = *this, .store = *store_, .timers = timers_, .now = now_,
              .dice = luck_, .log = *this},
          games_, around.scenery.key, around.gateway)
{
}

Shard::~Shard() = default;

// As if the rules were served by another process, now fast, now slow.
rooms::Catalogue Shard::build_games()
{
    rooms::Catalogue games;
    games.add(std::make_unique<rooms::testing::LateRules>(
        std::make_unique<GossipRules>(rooms::rules_of<liap_tui::LiapTui>(), around_.plan.bug),
        [this](Agenda::Task answer) {
            if (around_.plan.decision_max == 0us || luck_.one_in(3))
                return answer();
            around_.agenda.after(luck_.between(Duration(0us), around_.plan.decision_max),
                [this, life = std::weak_ptr(life_), answer = std::move(answer)]() mutable {
                    if (!life.expired())
                        take([answer = std::move(answer)](node::Node&) mutable { answer(); });
                });
        }));
    games.add(std::make_unique<GossipRules>(
        rooms::rules_of<rooms::testing::snails::Snails>(), around_.plan.bug));
    return games;
}

void Shard::start()
{
    take([this](node::Node& node) {
        node.start([this](Result<std::size_t> rooms) {
            around_.trace.note(now_, "shard", index_, rooms ? "ready" : "unready");
        });
    });
}

// ---- Turns

void Shard::take(Input input)
{
    inputs_.push_back(std::move(input));
    schedule(around_.agenda.now().steady + luck_.between(0us, 400us));
}

void Shard::stall(Duration length)
{
    stalled_until_ = around_.agenda.now().steady + length;
    turn_at_ = TimePoint::max();
    schedule(stalled_until_);
}

void Shard::schedule(TimePoint when)
{
    when = std::max(when, stalled_until_);
    if (when >= turn_at_)
        return;
    turn_at_ = when;
    around_.agenda.at(when, [this, life = std::weak_ptr(life_), number = ++turn_number_] {
        if (!life.expired() && number == turn_number_)
            turn();
    });
}

void Shard::turn()
{
    turn_at_ = TimePoint::max();
    now_ = around_.agenda.now();
    for (auto& input : std::exchange(inputs_, {}))
        input(node_);
    timers_.run(now_.steady);
    node_.end_turn();
    for (auto const& link : std::exchange(written_, {}))
        around_.network.flush(link);
    if (!inputs_.empty())
        schedule(now_.steady);
    if (auto const next = timers_.next())
        schedule(std::max(*next, now_.steady + 1us));
}

// ---- Sockets

LinkPointer Shard::find(ConnectionId id) const
{
    auto const found = links_.find(id);
    return found == links_.end() || found->second->is_closing ? nullptr : found->second;
}

void Shard::opened(LinkPointer link)
{
    auto const id = link->id;
    link->life = around_.life;
    take([id, listener = link->listener, address = address_of(*link)](
             node::Node& node) { node.opened(id, {.listener = listener, .ip = address}); });
    links_[id] = std::move(link);
}

// As the server takes it from the socket.
std::string Shard::address_of(Link const& link) const
{
    if (around_.plan.bug == Bug::limits_connections)
        return fmt::format("{}:{}", link.address, link.id.number);
    return around_.plan.bug == Bug::limits_all_alike ? "198.51.100.1" : link.address;
}

void Shard::received(ConnectionId id, std::string bytes)
{
    take([this, id, bytes = std::move(bytes)](node::Node& node) mutable {
        if (find(id))
            node.received(id, bytes);
    });
}

void Shard::drained(ConnectionId id)
{
    take([this, id](node::Node& node) {
        if (find(id))
            node.drained(id);
    });
}

void Shard::ended(ConnectionId id)
{
    take([this, id](node::Node& node) {
        if (find(id))
            node.ended(id);
    });
}

void Shard::closed(ConnectionId id, gateway::CloseReason reason)
{
    take([this, id, reason](node::Node& node) {
        links_.erase(id);
        node.closed(id, reason);
    });
}

void Shard::send(ConnectionId id, std::string_view bytes)
{
    auto const link = find(id);
    if (!link)
        return;
    link->unsent += bytes;
    link->unsent_sizes.push_back(bytes.size());
    written_.push_back(link);
}

void Shard::close(ConnectionId id)
{
    if (auto const link = find(id)) {
        link->is_closing = true;
        written_.push_back(link);
    }
}

void Shard::reset(ConnectionId id)
{
    auto const found = links_.find(id);
    if (found != links_.end())
        around_.network.reset_by_server(found->second);
}

void Shard::pause(ConnectionId id)
{
    if (auto const link = find(id))
        link->is_paused = true;
}

void Shard::resume(ConnectionId id)
{
    if (auto const link = find(id))
        around_.network.resume(link);
}

std::size_t Shard::backlog(ConnectionId id) const
{
    auto const link = find(id);
    return link ? link->unsent.size() : 0;
}

void Shard::drop_waiting(ConnectionId id)
{
    if (auto const link = find(id))
        Network::drop_waiting(*link);
}

void Shard::orphan_links()
{
    for (auto const& [id, link] : links_)
        around_.network.orphan(link);
}

// ---- Neighbours

void Shard::post(ShardIndex to, Letter letter)
{
    auto const bug = around_.plan.bug;
    if (bug == Bug::loses_mail && to != index_ && luck_.one_in(200))
        return;
    auto arrives_at = around_.agenda.now().steady + luck_.between(0us, 1'000us);
    if (bug != Bug::reorders_mail)
        arrives_at = mail_at_[to] = std::max(mail_at_[to], arrives_at);
    around_.agenda.at(arrives_at,
        [this, to, life = std::weak_ptr(life_), letter = std::move(letter)]() mutable {
            if (!life.expired())
                process_.shard(to).take(std::move(letter));
        });
}

void Shard::write(observe::Level, std::string_view line)
{
    around_.trace.note(now_, "shard", index_, "log", line);
}

// ---- A process

Process::Process(Surroundings around, std::unique_ptr<storage::Log> log)
    : around_(around)
    , committer_(around.agenda, around.luck.fork(), around.trace, around.witness, around.plan,
          around.scenery.games, std::move(log))
{
    for (ShardIndex index = 0; index < shards_count; index++)
        shards_.push_back(std::make_unique<Shard>(around, *this, committer_, index));
}

void Process::start()
{
    is_accepting_ = true;
    for (auto& shard : shards_)
        shard->start();
}

void Process::orphan_links()
{
    is_accepting_ = false;
    for (auto& shard : shards_)
        shard->orphan_links();
}

Committer::Remains Process::crash()
{
    orphan_links();
    return committer_.die();
}

void Process::stand_still(TimePoint until)
{
    for (auto& shard : shards_)
        shard->stall(until - around_.agenda.now().steady);
    committer_.stall(until);
}

void Process::note_lease(TimePoint until)
{
    for (auto& shard : shards_)
        shard->take([until](node::Node& node) { node.rooms().note_lease(until); });
}

void Process::stop()
{
    orphan_links();
    committer_.stop();
}

void Process::drain(Agenda::Task done)
{
    constexpr auto farewell = 200ms;
    is_accepting_ = false;
    for (auto& shard : shards_)
        shard->take([](node::Node& node) { node.drain(farewell); });
    auto finished = std::make_shared<Agenda::Task>(std::move(done));
    around_.agenda.after(farewell, [this, life = std::weak_ptr(life_), finished] {
        if (life.expired())
            return;
        for (auto& shard : shards_)
            shard->take([](node::Node& node) { node.close_sessions(); });
        check_idle(around_.agenda.now().steady + 3s, finished);
    });
}

std::uint64_t Process::rooms_slept()
{
    std::uint64_t all = 0;
    for (auto const& shard : shards_)
        all += shard->rooms_slept();
    return all;
}

void Process::check_idle(TimePoint until, std::shared_ptr<Agenda::Task> done)
{
    around_.agenda.after(10ms, [this, life = std::weak_ptr(life_), until, done] {
        if (life.expired())
            return;
        bool is_idle = true;
        for (auto& shard : shards_)
            is_idle = is_idle && shard->node().is_idle();
        if (is_idle || around_.agenda.now().steady >= until)
            (*done)();
        else
            check_idle(until, done);
    });
}

}  // namespace gatehouse::simulation
