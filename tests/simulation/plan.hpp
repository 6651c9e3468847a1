// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "luck.hpp"
#include "node/node.hpp"

#include <array>
#include <cstdint>
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
};
inline constexpr std::array<std::string_view, 8> bug_names{"none", "gate_off", "acks_early",
    "forgets_batch", "duplicates_batch", "forgets_causes", "reorders_mail", "loses_mail"};

// What a seed has in store. Each seed draws which kinds of faults it has at all and how many, for
// faults of one kind hide those of another (swarm testing, Groce et al. 2012).
struct Plan {
    Bug bug = Bug::none;

    int clients = 4;
    int slow_clients = 0; // Of these.
    int rooms = 2;        // That clients open.
    Duration stormy{};    // How long there are faults; then all is well again.

    int crashes = 0;
    int drains = 0;
    int stalls = 0;          // Times that a shard does nothing for a while.
    int cut_one_in = 0;      // Steps of a client, on which its connection is cut.
    int store_error_one_in = 0; // Commits.
    int store_full_one_in = 0;  // Commits, after which the store is full for a while.
    int read_error_one_in = 0;  // Questions to the store.
    int busy_one_in = 0;        // Appends.
    Duration network_delay_max{};
    Duration commit_max{};
    Duration decision_max{}; // Of rules that answer later; 0: at once.

    rooms::RoomsOptions rooms_options{};
    sessions::Options sessions_options{};
};

[[nodiscard]] Plan draw_plan(Luck& luck, Bug bug);

}  // namespace gatehouse::simulation
