// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <fmt/format.h>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

World::World(std::uint64_t seed, Bug bug, Trace::Voice voice, Scenery const& scenery)
    : luck_(seed)
    , plan_(draw_plan(luck_, bug))
    , trace_(voice)
    , store_(agenda_, luck_.fork(), trace_, plan_)
    , network_(agenda_, luck_.fork(), plan_)
    , scenery_(scenery)
{
    network_.on_accept([this]() -> ServerEnd* {
        if (!process_ || !process_->is_accepting())
            return nullptr;
        return &process_->shard(static_cast<ShardIndex>(luck_.below(Process::shards_count)));
    });
    for (int number = 0; number < plan_.clients; number++)
        clients_.push_back(std::make_unique<Client>(
            Client::Surroundings{agenda_, network_, checker_, trace_, plan_, lobby_}, luck_.fork(),
            number, number < plan_.slow_clients));
    for (int room = 0; room < plan_.rooms; room++)
        clients_[static_cast<std::size_t>(room % plan_.clients)]->open_rooms(
            1 + room / plan_.clients);
}

Outcome World::run()
{
    constexpr Duration healing_min = 8s; // So that overdue alarms can ring, …
    constexpr Duration healing_max = 30s;
    constexpr Milliseconds alarm_late_max = 3s; // … late as they may be after a late restart.
    boot();
    foresee_faults();
    TimePoint const calm_at{plan_.stormy};
    while (agenda_.step(calm_at)) {
    }
    trace_.note(agenda_.now(), "world", 0, "is calm");
    store_.heal();
    network_.heal();
    for (auto& client : clients_)
        client->calm();

    std::string missing;
    auto look_at = calm_at;
    for (bool is_well = false; !is_well && agenda_.now().steady < calm_at + healing_max;) {
        look_at += 200ms;
        while (agenda_.step(look_at)) {
        }
        missing = complaint();
        is_well = missing.empty() && look_at >= calm_at + healing_min;
    }
    if (!missing.empty())
        checker_.blame("not well in the end: " + missing);
    checker_.compare_with(
        store_.log(), scenery_.games, {agenda_.now().wall.ms - alarm_late_max.count()});
    return {.faults = checker_.faults(), .trace = trace_.hash(), .acks = checker_.acks(),
        .views = checker_.views(), .events = checker_.events(),
        .simulated = agenda_.now().steady.time_since_epoch()};
}

std::string World::complaint() const
{
    for (auto const& client : clients_)
        if (auto missing = client->complaint(); !missing.empty())
            return missing;
    return {};
}

// ---- Processes come and go

void World::boot()
{
    trace_.note(agenda_.now(), "world", 0, "boots");
    process_ = std::make_unique<Process>(
        Surroundings{agenda_, network_, store_, trace_, plan_, scenery_, luck_});
    process_->start();
}

void World::end_process()
{
    process_->crash();
    process_.reset();
    agenda_.after(luck_.between(Duration(20ms), Duration(3s)), [this] { boot(); });
}

void World::crash()
{
    if (!process_)
        return;
    trace_.note(agenda_.now(), "world", 0, "kills");
    end_process();
}

void World::drain()
{
    if (!process_ || !process_->is_accepting())
        return;
    trace_.note(agenda_.now(), "world", 0, "drains");
    process_->drain([this] {
        trace_.note(agenda_.now(), "world", 0, "drained");
        end_process();
    });
}

void World::foresee_faults()
{
    auto const sometime
        = [this] { return TimePoint(luck_.between(Duration(500ms), plan_.stormy)); };
    for (int i = 0; i < plan_.crashes; i++)
        agenda_.at(sometime(), [this] { crash(); });
    for (int i = 0; i < plan_.drains; i++)
        agenda_.at(sometime(), [this] { drain(); });
    for (int i = 0; i < plan_.stalls; i++)
        agenda_.at(sometime(), [this] {
            if (process_)
                process_->shard(static_cast<ShardIndex>(luck_.below(Process::shards_count)))
                    .stall(luck_.between(Duration(50ms), Duration(3s)));
        });
}

Outcome simulate(std::uint64_t seed, Bug bug, Trace::Voice voice, Scenery const& scenery)
{
    return World(seed, bug, voice, scenery).run();
}

}  // namespace gatehouse::simulation
