// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "rooms/crumbs.hpp"
#include "runtime/worker.hpp"
#include "server/crumb_file.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace gatehouse::server {

// Looks whether the same crumb lies before a shard again and again. Counts looks and reads no
// clock: a process that stood still as a whole (a debugger, a suspended machine) looks at nothing
// meanwhile, and is not taken for one that loops.
class Stare {
public:
    static constexpr int looks_max = 10;

    explicit Stare(std::size_t shards)
        : seen_(shards)
    { }

    // `laid`: the number of the crumb that lies before each shard, 0 for none. Answers the first
    // shard that had the same one in more than `looks_max` looks in a row.
    [[nodiscard]] std::optional<ShardIndex> look(std::span<std::uint64_t const> laid);

private:
    struct Seen {
        std::uint64_t number = 0;
        int looks = 0;
    };
    std::vector<Seen> seen_;
};

// A thread that finds a shard from whose game no call returns. Nothing else can be done for the
// rooms of such a shard but to end the process: its crumb is marked first, so the next one does not
// walk into the same trap.
class Watchdog {
public:
    // In the watchdog's thread, before the process is aborted.
    using OnStuck = std::function<void(rooms::CrashSite const&)>;

    Watchdog(runtime::Clock& clock, CrumbFile& crumbs, std::size_t shards, Duration limit,
        OnStuck on_stuck);
    ~Watchdog();

    void start() { worker_.start(); }

private:
    void look();

    CrumbFile& crumbs_;
    Duration pause_;
    OnStuck on_stuck_;
    Stare stare_;
    std::vector<std::uint64_t> laid_;
    runtime::Worker worker_;
    Timer next_look_;
};

} // namespace gatehouse::server
