// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include "gateway/config.hpp"
#include "store_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

namespace {

std::unique_ptr<Store> make_store(StoreSurroundings around)
{
    switch (around.plan.store) {
    case StoreKind::memory: return make_memory_store(around);
    case StoreKind::sqlite: return make_sqlite_store(around);
    case StoreKind::postgres: return make_postgres_store(around);
    }
    std::unreachable();
}

std::shared_ptr<gateway::Config const> lay_routes(LimitPlan const& limit)
{
    gateway::GatewayOptions options;
    options.access_log = false;
    options.routes.push_back(
        {.path = "/v1/**", .target = gateway::Target::rooms, .auth = {"guests"}});
    options.routes.push_back({.path = "/admin/**", .target = gateway::Target::admin});
    if (limit.burst > 0) {
        options.limits.push_back({.name = "fair", .rate = limit.burst, .per = limit.per,
            .by = {limit.is_by_principal ? gateway::LimitBy::principal : gateway::LimitBy::ip}});
        options.routes.front().limits = {"fair"};
    }
    return *gateway::compile(std::move(options));
}

}  // namespace

World::World(Setting const& setting, Scenery const& scenery)
    : is_repetition_(setting.is_repetition)
    , luck_(setting.seed)
    , plan_(draw_plan(luck_, setting.bug, setting.store))
    , trace_(setting.voice)
    , store_(make_store({agenda_, luck_.fork(), trace_, plan_}))
    , network_(agenda_, luck_.fork(), plan_)
    , scenery_(scenery)
    , gateway_(lay_routes(plan_.limit))
    , operator_({agenda_, network_, trace_}, luck_.fork())
{
    network_.on_accept([this]() -> ServerEnd* {
        auto* const process = whom_to_reach();
        if (!process)
            return nullptr;
        return &process->shard(static_cast<ShardIndex>(luck_.below(Process::shards_count)));
    });
    for (int number = 0; number < plan_.clients; number++)
        clients_.push_back(std::make_unique<Client>(
            Client::Surroundings{agenda_, network_, checker_, trace_, plan_, lobby_, turnstile_},
            luck_.fork(), number, number < plan_.slow_clients));
    for (int room = 0; room < plan_.rooms; room++)
        clients_[static_cast<std::size_t>(room % plan_.clients)]->open_rooms(
            1 + room / plan_.clients);
}

Outcome World::run()
{
    boot();
    foresee_faults();
    weather_the_storm();
    if (!has_lost_history_)
        heal();
    auto const trace = look_back();
    return {.store = plan_.store, .faults = checker_.faults(), .trace = trace,
        .acks = checker_.acks(), .views = checker_.views(), .events = checker_.events(),
        .slept = slept_, .simulated = agenda_.now().steady.time_since_epoch()};
}

// To its end, or until the store has lost what was promised, and whoever asks it knows. (Who has
// nothing to ask goes on; what it acks from then on, the checker holds against history.)
void World::weather_the_storm()
{
    constexpr Duration notice_max = 12s; // A pause before connecting again, a commit in work, …
    TimePoint until{plan_.stormy};
    while (agenda_.step(until))
        if (has_lost_history_ && until == TimePoint(plan_.stormy)) {
            plan_.calm(); // Who cannot reach the database cannot notice.
            until = agenda_.now().steady + notice_max;
        }
}

void World::heal()
{
    constexpr Duration healing_min = 8s;
    constexpr Duration well_min = 4s; // So that overdue alarms can ring.
    constexpr Duration healing_max = 40s;
    mend(false);
    trace_.note(agenda_.now(), "world", 0, "is calm");
    plan_.calm();
    network_.heal();
    for (auto& client : clients_)
        client->calm();

    std::string missing;
    auto const calm_at = agenda_.now().steady;
    auto look_at = calm_at;
    auto well_from = calm_at;
    while (look_at < calm_at + healing_max
        && (look_at < calm_at + healing_min || look_at < well_from + well_min)) {
        look_at += 200ms;
        while (agenda_.step(look_at)) {
        }
        missing = complaint();
        if (!missing.empty())
            well_from = look_at;
    }
    if (!missing.empty())
        checker_.blame("not well in the end: " + missing);
}

// No process is left, and no power. Answers what led here, as one number: who only repeats it reads
// no history, and a commit may come late while that is read.
std::uint64_t World::look_back()
{
    constexpr Milliseconds alarm_late_max = 3s; // As after a late restart.
    plan_.calm();
    crash();
    bury(std::move(asleep_));
    set_store_clock(agenda_.now().steady);
    auto const history = store_->history();
    auto const trace = trace_.hash();
    if (!history)
        checker_.blame("the store cannot be opened: " + history.error().detail);
    if (!history || is_repetition_) // What it says was held against what was told the first time.
        return trace;
    auto const rung_until
        = has_lost_history_ ? WallTime{} : WallTime{agenda_.now().wall.ms - alarm_late_max.count()};
    for (auto const& complaint : turnstile_.complaints())
        checker_.blame(complaint);
    checker_.compare_with(**history, scenery_.games, rung_until);
    if (!has_lost_history_)
        checker_.look_for_erased_keys(**history, *store_);
    return trace;
}

std::string World::complaint() const
{
    for (auto const& client : clients_)
        if (auto missing = client->complaint(); !missing.empty())
            return missing;
    return operator_.is_done() ? std::string() : "an operator has no answer";
}

// ---- Processes come and go

void World::boot()
{
    if (process_ || has_lost_history_)
        return;
    trace_.note(agenda_.now(), "world", 0, "boots");
    auto const number = ++numbers_;
    set_store_clock(agenda_.now().steady);
    auto log = store_->open(news_for(number));
    if (!log)
        return boot_later();
    number_ = number;
    process_ = std::make_unique<Process>(
        Surroundings{
            agenda_, network_, trace_, plan_, scenery_, luck_, witness_, gateway_, number},
        *std::move(log));
    process_->start();
}

// By threads of the store's, so a while later.
Store::News World::news_for(std::uint64_t number)
{
    Store::News news;
    news.lost = [this, number](std::string const& why) {
        trace_.note(agenda_.now(), "world", 0, "has lost its store", why);
        agenda_.after(luck_.between(0ms, 200ms), [this, number] { lose(number); });
    };
    news.held = [this, number](TimePoint until) {
        if (plan_.bug != Bug::forgets_lease)
            agenda_.after(luck_.between(0us, 1'000us), [this, number, until] {
                if (auto* const process = of_number(number))
                    process->note_lease(until);
            });
    };
    return news;
}

Process* World::of_number(std::uint64_t number)
{
    return asleep_ && number == asleep_number_ ? asleep_.get()
        : number == number_                    ? process_.get()
                                               : nullptr;
}

// A balancer in front of both knows no more than that they answer.
Process* World::whom_to_reach()
{
    auto* const one = process_ && process_->is_accepting() ? process_.get() : nullptr;
    auto* const other = asleep_is_awake_ ? asleep_.get() : nullptr;
    return !other || (one && luck_.one_in(2)) ? one : other;
}

void World::boot_later()
{
    agenda_.after(luck_.between(Duration(20ms), Duration(3s)), [this] { boot(); });
}

void World::bury(std::unique_ptr<Process> process)
{
    if (!process)
        return;
    auto const death
        = plan_.has_power_cuts && luck_.one_in(2) ? Death::power : Death::kill;
    trace_.note(agenda_.now(), "world", 0, death == Death::kill ? "kills" : "cuts the power");
    slept_ += process->rooms_slept();
    auto [log, in_work] = process->crash();
    process.reset();
    set_store_clock(agenda_.now().steady);
    store_->die(std::move(log), std::move(in_work), death);
}

void World::crash()
{
    if (!process_)
        return;
    bury(std::move(process_));
    if (asleep_is_awake_)
        bury(std::move(asleep_));
    boot_later();
}

// As the server does when its store says so.
void World::lose(std::uint64_t number)
{
    if (asleep_ && number == asleep_number_)
        bury(std::move(asleep_));
    else if (number == number_)
        crash();
}

// The process stands still, and others think that it has ended.
void World::stand_still()
{
    auto const until = agenda_.now().steady + luck_.between(Duration(200ms), Duration(6s));
    if (!process_ || asleep_ || !process_->is_accepting() || !store_->put_to_sleep(until))
        return;
    trace_.note(agenda_.now(), "world", 0, "stands still");
    process_->stand_still(until);
    make_room_for_another(until);
    asleep_is_awake_ = false;
}

// It goes on without its database, and whoever starts another one thinks that it has ended.
void World::lose_the_database()
{
    auto const until = agenda_.now().steady + luck_.between(Duration(200ms), Duration(6s));
    if (!process_ || asleep_ || !process_->is_accepting() || !store_->cut_off(until))
        return;
    trace_.note(agenda_.now(), "world", 0, "is cut off");
    make_room_for_another(until);
    asleep_is_awake_ = true;
}

void World::make_room_for_another(TimePoint until)
{
    asleep_ = std::move(process_);
    asleep_number_ = number_;
    boot_later();
    agenda_.at(until, [this, number = asleep_number_] { wake_up(number); });
}

// It goes on; where others had the store meanwhile, it finds that out by and by.
void World::wake_up(std::uint64_t number)
{
    if (!asleep_ || asleep_number_ != number)
        return;
    bool const is_too_late = number_ != number;
    trace_.note(agenda_.now(), "world", 0, is_too_late ? "wakes up, too late" : "wakes up");
    if (is_too_late)
        asleep_is_awake_ = true;
    else
        process_ = std::move(asleep_);
}

void World::fail_over()
{
    if (process_ && !has_lost_history_)
        has_lost_history_ = store_->fail_over();
    // To whom the database belongs again, for it has forgotten who came after, may well go on; what
    // is held against history here is what the others were told.
    if (has_lost_history_)
        bury(std::move(asleep_));
}

// What an operator is told is held against history, too.
void World::have_room_go_back()
{
    if (!process_ || !process_->is_accepting() || lobby_.empty())
        return;
    auto const& room = lobby_[static_cast<std::size_t>(luck_.next() % lobby_.size())];
    auto const seen = static_cast<int>(checker_.seen_max(room));
    if (seen < 2)
        return;
    auto const version = static_cast<events::Version>(luck_.between(1, seen - 1));
    trace_.note(agenda_.now(), "world", 0, "goes back", room);
    process_->shard(static_cast<ShardIndex>(slot_of(room) % Process::shards_count))
        .take([this, room, version](node::Node& node) {
            node.rooms().go_back(room, {.version = version},
                [this, room](Result<rooms::Rooms::WentBack> const& done) {
                    if (done)
                        checker_.went_back(room, done->now);
                });
        });
}

// Players come there as to any room.
void World::have_room_forked()
{
    if (!process_ || !process_->is_accepting() || lobby_.empty())
        return;
    auto const room = lobby_[static_cast<std::size_t>(luck_.next() % lobby_.size())];
    auto const seen = static_cast<int>(checker_.seen_max(room));
    if (seen < 1)
        return;
    auto const version = static_cast<events::Version>(luck_.between(1, seen));
    trace_.note(agenda_.now(), "world", 0, "is forked", room);
    process_->shard(static_cast<ShardIndex>(slot_of(room) % Process::shards_count))
        .take([this, room, version](node::Node& node) {
            node.rooms().fork(room, {.version = version}, {},
                [this](Result<rooms::Rooms::Fork> const& done) {
                    if (!done)
                        return;
                    checker_.forked(done->room, done->from, done->version);
                    if (std::ranges::find(lobby_, done->room) == lobby_.end())
                        lobby_.push_back(done->room);
                });
        });
}

// The client goes, or listens on until it is told to go. What it said before is done by then:
// whoever comes once more is somebody new.
void World::erase_somebody()
{
    constexpr Duration settling = 5s;
    auto const candidate = std::ranges::find_if(clients_,
        [](auto const& each) { return !each->is_silent() && !each->principal().empty(); });
    if (candidate == clients_.end())
        return;
    auto& client = **candidate;
    checker_.will_erase(client.principal(), client.name());
    client.fall_silent();
    if (luck_.one_in(2))
        client.retire();
    agenda_.after(settling, [this, &client] { have_erased(client); });
}

void World::have_erased(Client& client)
{
    auto const& principal = client.principal();
    trace_.note(agenda_.now(), "world", 0, "erases", principal);
    operator_.order("/admin/subjects/erase", fmt::format(R"({{"id":"{}"}})", principal),
        [this, &client, keys = witness_.keys_of(principal)] {
            client.retire();
            for (auto const& key : keys)
                if (store_->holds(key))
                    return checker_.blame("what was answered to be erased is still there");
            checker_.erased(client.principal(), keys, agenda_.now().steady);
        });
}

void World::drain()
{
    if (!process_ || !process_->is_accepting() || has_lost_history_)
        return;
    trace_.note(agenda_.now(), "world", 0, "drains");
    process_->drain([this] {
        trace_.note(agenda_.now(), "world", 0, "drained");
        slept_ += process_->rooms_slept();
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
        agenda_.at(sometime(), [this] {
            if (!has_lost_history_)
                crash();
        });
    for (int i = 0; i < plan_.drains; i++)
        agenda_.at(sometime(), [this] { drain(); });
    for (int i = 0; i < plan_.postgres.pauses; i++)
        agenda_.at(sometime(), [this] { stand_still(); });
    for (int i = 0; i < plan_.postgres.cut_offs; i++)
        agenda_.at(sometime(), [this] { lose_the_database(); });
    for (int i = 0; i < plan_.postgres.crashes; i++)
        agenda_.at(sometime(), [this] {
            if (!has_lost_history_)
                store_->go_away(luck_.between(Duration(10ms), Duration(4s)));
        });
    for (int i = 0; i < plan_.go_backs; i++)
        agenda_.at(sometime(), [this] { have_room_go_back(); });
    if (plan_.has_backup)
        agenda_.at(sometime(), [this] { back_up(); });
    for (int i = 0; i < plan_.erasures; i++)
        agenda_.at(sometime(), [this] { erase_somebody(); });
    for (int i = 0; i < plan_.decays; i++)
        agenda_.at(sometime(), [this] { decay(); });
    for (int i = 0; i < plan_.forks; i++)
        agenda_.at(sometime(), [this] { have_room_forked(); });
    if (plan_.is_set_back) {
        auto const times = std::minmax({sometime(), sometime()});
        agenda_.at(times.first, [this] { back_up(); });
        agenda_.at(times.second, [this] { set_back(); });
    }
    if (plan_.postgres.fails_over)
        agenda_.at(sometime(), [this] { fail_over(); });
    for (int i = 0; i < plan_.partitions; i++)
        agenda_.at(sometime(), [this] {
            trace_.note(agenda_.now(), "world", 0, "is parted");
            network_.part(luck_.between(Duration(100ms), Duration(4s)));
        });
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
