// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "luck.hpp"
#include "node/node.hpp"
#include "turnstile.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::simulation {

// Faults of gatehouse that are planted on purpose: a simulation that finds nothing has to prove
// that it can. All but the first are planted in the world around the nodes, not in their code.
enum class Bug : std::uint8_t {
    none,
    gate_off,         // Rooms let updates and acks out before their events are durable.
    acks_early,       // The store says "durable" before it is.
    forgets_batch,    // The store says "durable" and now and then keeps nothing.
    duplicates_batch, // The store now and then keeps a batch twice.
    forgets_causes,   // The store keeps events without the action that caused them: no dedup.
    reorders_mail,    // Letters between shards overtake each other.
    loses_mail,       // Letters between shards get lost.
    snapshot_off_by_one, // A snapshot says that it is of one event more than it is.
    hydrate_skips,       // The event after a snapshot is left out.
    forgets_later,       // The store says that keys are deleted, and deletes them later.
    tells_neighbours,    // A question is answered from the view of the seat beside the asker's.
    repeats_news,        // What happened is told twice.
    limits_connections,  // Each connection of a client has a limit of its own.
    limits_all_alike,    // All clients share one, as if the proxy before them was the client.
    // SQLite's, and its disk's
    sync_normal,         // PRAGMA synchronous = NORMAL: commits are not synced.
    sync_off,            // Nothing is.
    no_journal,          // Pages are changed where they lie: a power cut tears them.
    retries_sync,        // A sync that failed is tried again, and succeeds without the data.
    ignores_write_error, // A write that failed is taken for done.
    stale_epoch,         // The whole store is set back, and what was seen before still counts.
    restores_keys,       // A restored store has the keys of then.
    hushes_losses,       // A repair does not say what is gone for good.
    believes_decay,      // An event that has changed is read as if it had been written so.
    // PostgreSQL's
    unfenced,         // Whoever comes: epoch, positions and versions are not compared.
    resolves_as_kept, // A commit of unknown outcome is always taken for kept.
    async_commit,     // A crash loses the last commits.
    forgets_lease,    // A server that slept lets players in as if it had the store still.
};
inline constexpr std::array<std::string_view, 28> bug_names{"none", "gate_off", "acks_early",
    "forgets_batch", "duplicates_batch", "forgets_causes", "reorders_mail", "loses_mail",
    "snapshot_off_by_one", "hydrate_skips", "forgets_later", "tells_neighbours", "repeats_news",
    "limits_connections", "limits_all_alike", "sync_normal", "sync_off", "no_journal",
    "retries_sync", "ignores_write_error", "stale_epoch", "restores_keys", "hushes_losses",
    "believes_decay", "unfenced", "resolves_as_kept", "async_commit", "forgets_lease"};

enum class StoreKind : std::uint8_t { memory, sqlite, postgres };
inline constexpr std::array<std::string_view, 3> store_kind_names{"memory", "sqlite", "postgres"};

// How rough a disk is, and what SQLite does on it. `…_one_in`: 0 is never.
struct DiskPlan {
    Bug bug = Bug::none;
    int sync_error_one_in = 0;
    int write_error_one_in = 0;
    int read_error_one_in = 0;
    int full_one_in = 0;             // Writes that would grow a file.
    int dies_opening_one_in = 0;
    bool drops_failed_pages = false; // What could not be synced is not shown any more, either.
    int checkpoint_pages = 0;        // Of the WAL, moved by a commit that finds as many.
    int cache_pages = 0;             // That SQLite keeps in memory.
    std::uint64_t checkpoint_events = 0; // After so many the heads are kept, too.
};

// How rough the way to PostgreSQL is, and what happens to it.
struct PostgresPlan {
    int connect_error_one_in = 0;
    int cut_one_in = 0;           // Commits: their outcome is unknown.
    int read_cut_one_in = 0;      // Other statements.
    int passing_error_one_in = 0; // Commits.
    int crashes = 0;
    bool fails_over = false;
    Duration standby_lag{};   // 0: there is none.
    int pauses = 0;           // Of a process, while another one begins.
    int cut_offs = 0;         // Likewise, but awake: it is the database that is out of its reach.
    bool is_one_host = false; // A process sees that the one before it has ended.
    Milliseconds lease{};
    Milliseconds answer_within{};
    Milliseconds resolve_within{};
};

// What a seed has in store. Each seed draws which kinds of faults it has at all and how many, for
// faults of one kind hide those of another (swarm testing, Groce et al. 2012).
struct Plan {
    Bug bug = Bug::none;
    StoreKind store = StoreKind::memory;
    DiskPlan disk{};
    PostgresPlan postgres{};

    int clients = 4;
    int slow_clients = 0; // Of these.
    int rooms = 2;        // That clients open.
    Duration stormy{};    // How long there are faults; then all is well again.

    int crashes = 0;
    bool has_power_cuts = false; // Some of the crashes are.
    int drains = 0;
    int partitions = 0;      // Times that half of all connections hear nothing for a while.
    int stalls = 0;          // Times that a shard does nothing for a while.
    int cut_one_in = 0;      // Steps of a client, on which its connection is cut.
    int store_error_one_in = 0; // Commits.
    int store_full_one_in = 0;  // Commits, after which the store is full for a while.
    int read_error_one_in = 0;  // Questions to the store.
    int busy_one_in = 0;        // Appends.
    Duration network_delay_max{};
    Duration commit_max{};
    int go_backs = 0;       // Times that an operator has a room go back.
    int forks = 0;          // Times that one forks a room.
    bool is_set_back = false; // The whole store, to what a backup kept of it.
    int decays = 0;           // Times that something on the disk changes at rest.
    bool has_backup = false;  // That a repair may take from.
    int erasures = 0;         // Times that somebody is to be forgotten.
    Duration decision_max{}; // Of rules that answer later; 0: at once.

    LimitPlan limit{};
    rooms::RoomsOptions rooms_options{};
    sessions::Options sessions_options{};

    // The storm is over: stores fail no more.
    void calm();
    [[nodiscard]] bool needs_witness() const { return decays > 0 || erasures > 0; }
};

// `store`: the seed's, unless somebody asks for another.
[[nodiscard]] Plan draw_plan(Luck& luck, Bug bug, std::optional<StoreKind> store);

}  // namespace gatehouse::simulation
