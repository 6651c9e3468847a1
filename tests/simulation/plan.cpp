// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

namespace {

// Bounds are drawn small, so that a minute of play meets them.
rooms::RoomsOptions draw_rooms(Luck& luck, Bug bug)
{
    rooms::RoomsOptions options;
    options.hydrations_max = static_cast<std::size_t>(luck.between(1, 4));
    options.events_per_read = static_cast<std::size_t>(luck.between(3, 64));
    options.reread_after = 200ms;
    auto& room = options.others.room;
    room.bot_delay = Milliseconds(luck.between(20, 300));
    if (luck.one_in(2))
        room.bot_after = Milliseconds(luck.between(500, 5'000));
    room.seat_held = Milliseconds(luck.between(3'000, 20'000));
    room.seat_reserved = Milliseconds(luck.between(1'000, 20'000));
    room.abandoned = Milliseconds(luck.between(5'000, 60'000));
    room.overdue_grace = Milliseconds(luck.between(100, 1'000));
    room.tail_kept = Milliseconds(luck.between(500, 10'000));
    room.tail_updates_max = static_cast<std::size_t>(luck.between(2, 32));
    room.tail_bytes_max = static_cast<std::size_t>(luck.between(500, 8'000));
    room.queue_max = static_cast<std::size_t>(luck.between(4, 64));
    room.rate_max = static_cast<std::uint32_t>(luck.between(4, 50));
    room.gate_max = static_cast<std::size_t>(luck.between(4, 64));
    room.snapshot_events = static_cast<std::uint64_t>(luck.between(1, 60));
    room.snapshot_growth = static_cast<std::uint64_t>(luck.between(0, 2));
    room.views_per_second_max = luck.between(2, 20);
    room.ticks_unwatched = Milliseconds(luck.between(0, 5'000));
    room.snapshot_ticks = static_cast<std::uint64_t>(luck.between(5, 200));
    room.gate_off = bug == Bug::gate_off;
    room.snapshot_events_asleep = static_cast<std::uint64_t>(luck.between(1, 60));
    if (luck.one_in(2))
        options.sleep_after = Milliseconds(luck.between(20, 3'000));
    options.holds = {.seats_max = static_cast<std::size_t>(luck.between(1, 4)),
        .rate_max = static_cast<std::size_t>(luck.between(1, 12)),
        .rate_period = Milliseconds(luck.between(1'000, 20'000))};
    options.nap_min = Milliseconds(luck.between(0, 500));
    if (luck.one_in(4)) // All idle rooms are too many.
        options.memory_short_at_percent = 0;
    return options;
}

sessions::Options draw_sessions(Luck& luck, bool has_slow_clients)
{
    sessions::Options options;
    options.resumable = Milliseconds(luck.between(2'000, 20'000));
    options.in_flight_max = static_cast<std::size_t>(luck.between(2, 16));
    if (!has_slow_clients)
        return options; // Nothing waits long enough to collapse: no client misses an update.
    options.kernel_backlog_max = static_cast<std::size_t>(luck.between(500, 4'000));
    options.outbox_bytes_max = static_cast<std::size_t>(luck.between(2'000, 16'000));
    options.outbox_messages_max = static_cast<std::size_t>(luck.between(8, 64));
    options.outbox_bytes_hard_max = 4 * options.outbox_bytes_max;
    return options;
}

DiskPlan draw_disk(Luck& luck, Bug bug)
{
    DiskPlan disk{.bug = bug};
    disk.sync_error_one_in = luck.one_in(3) ? luck.between(10, 200) : 0;
    disk.write_error_one_in = luck.one_in(3) ? luck.between(50, 2'000) : 0;
    disk.read_error_one_in = luck.one_in(4) ? luck.between(10, 200) : 0;
    disk.full_one_in = luck.one_in(4) ? luck.between(50, 1'000) : 0;
    disk.dies_opening_one_in = luck.one_in(3) ? luck.between(1, 4) : 0;
    disk.drops_failed_pages = luck.one_in(2);
    disk.checkpoint_pages = luck.between(4, 60);
    disk.cache_pages = luck.between(4, 40);
    disk.checkpoint_events = static_cast<std::uint64_t>(luck.between(1, 200));
    return disk;
}

PostgresPlan draw_postgres(Luck& luck, Bug bug)
{
    PostgresPlan postgres;
    postgres.connect_error_one_in = luck.one_in(3) ? luck.between(2, 10) : 0;
    postgres.cut_one_in = luck.one_in(2) ? luck.between(5, 100) : 0;
    postgres.read_cut_one_in = luck.one_in(3) ? luck.between(50, 1'000) : 0;
    postgres.passing_error_one_in = luck.one_in(4) ? luck.between(10, 200) : 0;
    postgres.crashes = luck.one_in(3) || bug == Bug::async_commit ? luck.between(1, 3) : 0;
    postgres.fails_over = luck.one_in(4) && bug != Bug::async_commit;
    if (postgres.fails_over || bug == Bug::async_commit)
        postgres.standby_lag = luck.between(Duration(1ms), Duration(800ms));
    postgres.pauses = luck.one_in(3) || bug == Bug::unfenced ? luck.between(1, 3) : 0;
    postgres.cut_offs = luck.one_in(3) ? luck.between(1, 3) : 0;
    postgres.is_one_host = postgres.pauses + postgres.cut_offs == 0 && luck.one_in(2);
    postgres.lease = Milliseconds(luck.between(900, 3'000));
    postgres.answer_within = Milliseconds(luck.between(300, 2'000));
    postgres.resolve_within = Milliseconds(luck.between(500, 5'000));
    return postgres;
}

// Tight enough to be met by those who lose their connection often, and wide enough for all to get
// through once it is calm.
LimitPlan draw_limit(Luck& luck, Bug bug)
{
    bool const is_planted = bug == Bug::limits_connections || bug == Bug::limits_all_alike;
    if (!luck.one_in(2) && !is_planted)
        return {};
    return {.burst = luck.between(2, 8),
        .per = Milliseconds(luck.between(1'000, 5'000)),
        .is_by_principal = luck.one_in(3) && !is_planted};
}

// The bugs of one kind of store show there alone.
StoreKind draw_store(Luck& luck, Bug bug)
{
    auto const drawn = static_cast<StoreKind>(luck.below(3));
    return bug >= Bug::unfenced ? StoreKind::postgres
        : bug >= Bug::sync_normal ? StoreKind::sqlite
                                  : drawn;
}

}  // namespace

void Plan::calm()
{
    store_error_one_in = store_full_one_in = read_error_one_in = busy_one_in = 0;
    disk = {.bug = disk.bug,
        .checkpoint_pages = disk.checkpoint_pages,
        .cache_pages = disk.cache_pages,
        .checkpoint_events = disk.checkpoint_events};
    postgres.connect_error_one_in = postgres.cut_one_in = postgres.read_cut_one_in
        = postgres.passing_error_one_in = 0;
}

Plan draw_plan(Luck& luck, Bug bug, std::optional<StoreKind> store)
{
    Plan plan{.bug = bug};
    plan.store = draw_store(luck, bug);
    if (store)
        plan.store = *store;
    plan.clients = luck.between(2, 7);
    plan.slow_clients = luck.one_in(3) ? luck.between(1, 2) : 0;
    plan.rooms = luck.between(1, 3);
    // Most worlds are small: many of them find more than a few that are large.
    plan.stormy = luck.one_in(4) ? luck.between(Duration(10s), Duration(35s))
                                 : luck.between(Duration(4s), Duration(14s));
    plan.crashes = luck.one_in(4) ? 0 : luck.between(1, 4);
    plan.has_power_cuts = luck.one_in(2);
    plan.drains = luck.one_in(3) ? 1 : 0;
    plan.stalls = luck.one_in(3) ? luck.between(1, 4) : 0;
    plan.cut_one_in = luck.one_in(2) ? luck.between(10, 80) : 0;
    plan.store_error_one_in = luck.one_in(3) ? luck.between(10, 200) : 0;
    plan.store_full_one_in = luck.one_in(4) ? luck.between(50, 400) : 0;
    plan.read_error_one_in = luck.one_in(4) ? luck.between(3, 50) : 0;
    plan.busy_one_in = luck.one_in(5) ? luck.between(10, 200) : 0;
    plan.network_delay_max = luck.one_in(3) ? luck.between(Duration(5ms), Duration(800ms)) : 20ms;
    plan.commit_max = luck.one_in(3) ? luck.between(Duration(5ms), Duration(500ms)) : 8ms;
    plan.decision_max = luck.one_in(3) ? luck.between(Duration(1ms), Duration(600ms)) : 0ms;
    plan.disk = draw_disk(luck, bug);
    plan.postgres = draw_postgres(luck, bug);
    plan.rooms_options = draw_rooms(luck, bug);
    plan.sessions_options = draw_sessions(luck, plan.slow_clients > 0);
    plan.go_backs = luck.one_in(3) ? luck.between(1, 4) : 0;
    plan.is_set_back = plan.store == StoreKind::sqlite
        && (luck.one_in(4) || bug == Bug::stale_epoch || bug == Bug::restores_keys);
    bool const decays = luck.one_in(4) || bug == Bug::hushes_losses;
    if (plan.store == StoreKind::sqlite && decays)
        plan.decays = luck.between(1, 3);
    if (luck.one_in(3) || bug == Bug::forgets_later || bug == Bug::restores_keys)
        plan.erasures = std::min(luck.between(1, 2), plan.clients - 1);
    plan.has_backup = plan.decays > 0 && luck.one_in(2);
    plan.forks = luck.one_in(3) ? luck.between(1, 4) : 0;
    plan.partitions = luck.one_in(3) ? luck.between(1, 3) : 0;
    plan.limit = draw_limit(luck, bug);
    if (bug == Bug::forgets_lease) { // Somebody must come anew in the moment of waking up.
        plan.clients = 7;
        plan.cut_one_in = 10;
        plan.postgres.pauses = 8;
    }
    return plan;
}

}  // namespace gatehouse::simulation
