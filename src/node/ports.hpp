// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timers.hpp"
#include "cache/shared.hpp"
#include "events/commit_tally.hpp"
#include "events/store.hpp"
#include "gateway/ports.hpp"
#include "limits/shared.hpp"
#include "node/ways.hpp"
#include "observe/log.hpp"
#include "projections/boards.hpp"
#include "rooms/crumbs.hpp"

#include <functional>

namespace gatehouse::node {

class Node;

// The other shards of the process. A letter is opened on the shard it is for, in a turn of its own
// or the next one; letters of one sender arrive in the order in which they were posted.
class Neighbours {
public:
    using Letter = std::move_only_function<void(Node&)>;

    virtual ~Neighbours() = default;
    virtual void post(ShardIndex to, Letter letter) = 0;
};

struct Ports {
    gateway::Wire& wire;
    Neighbours& neighbours;
    events::EventStore& store;
    Timers& timers;
    Now const& now; // The instant of this turn.
    Dice& dice;
    observe::LogSink& log;
    rooms::Crumbs* crumbs = nullptr; // None: whatever crashes the process may do so again.
    cache::Shared* shared_cache = nullptr;
    limits::SharedLimits* shared_limits = nullptr; // None: limits are this process' own.
    projections::Boards* boards = nullptr; // None: no rows are kept.
    std::function<Duration()> stopwatch{}; // rooms::Surroundings::stopwatch
    std::function<events::CommitTally()> commits{}; // Of the process; none: they are not counted.
    // Begins to fetch the keys of an issuer: Node::keys_came follows, not at once.
    Ways::Fetch fetch_keys{};
};

}  // namespace gatehouse::node
