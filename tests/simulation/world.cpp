// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include "store_clock.hpp"

#include <fmt/format.h>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

namespace {

std::unique_ptr<Store> make_store(StoreSurroundings around)
{
    switch (around.plan.store) {
    case StoreKind::sqlite: return make_sqlite_store(around);
    default: return make_memory_store(around);
    }
}

}  // namespace

World::World(Setting const& setting, Scenery const& scenery)
    : luck_(setting.seed)
    , plan_(draw_plan(luck_, setting.bug, setting.store))
    , trace_(setting.voice)
    , store_(make_store({agenda_, luck_.fork(), trace_, plan_}))
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
    boot();
    foresee_faults();
    TimePoint const calm_at{plan_.stormy};
    while (agenda_.step(calm_at)) {
    }
    trace_.note(agenda_.now(), "world", 0, "is calm");
    plan_.calm();
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
    look_back();
    return {.store = plan_.store, .faults = checker_.faults(), .trace = trace_.hash(),
        .acks = checker_.acks(), .views = checker_.views(), .events = checker_.events(),
        .simulated = agenda_.now().steady.time_since_epoch()};
}

// No process is left, and no power.
void World::look_back()
{
    constexpr Milliseconds alarm_late_max = 3s; // As after a late restart.
    crash();
    auto const history = store_->history();
    if (!history)
        return checker_.blame("the store cannot be opened: " + history.error().detail);
    checker_.compare_with(
        **history, scenery_.games, {agenda_.now().wall.ms - alarm_late_max.count()});
    for (auto& fault : store_->examine())
        checker_.blame(std::move(fault));
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
    set_store_clock(agenda_.now().steady);
    auto log = store_->open();
    if (!log)
        return boot_later();
    process_ = std::make_unique<Process>(
        Surroundings{agenda_, network_, trace_, plan_, scenery_, luck_}, *std::move(log));
    process_->start();
}

void World::boot_later()
{
    agenda_.after(luck_.between(Duration(20ms), Duration(3s)), [this] { boot(); });
}

void World::crash()
{
    if (!process_)
        return;
    auto const death
        = plan_.has_power_cuts && luck_.one_in(2) ? Death::power : Death::kill;
    trace_.note(agenda_.now(), "world", 0, death == Death::kill ? "kills" : "cuts the power");
    auto [log, in_work] = process_->crash();
    process_.reset();
    set_store_clock(agenda_.now().steady);
    store_->die(std::move(log), std::move(in_work), death);
    boot_later();
}

void World::drain()
{
    if (!process_ || !process_->is_accepting())
        return;
    trace_.note(agenda_.now(), "world", 0, "drains");
    process_->drain([this] {
        trace_.note(agenda_.now(), "world", 0, "drained");
        process_->stop();
        process_.reset();
        boot_later();
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

Outcome simulate(Setting const& setting, Scenery const& scenery)
{
    return World(setting, scenery).run();
}

}  // namespace gatehouse::simulation
