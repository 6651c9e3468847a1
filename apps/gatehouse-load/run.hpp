// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report.hpp"
#include "stats.hpp"

#include "base/result.hpp"
#include "runtime/worker.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace gatehouse::load {

// What one thread does. All but the results belongs to that thread.
class Load {
public:
    struct Gauges {
        std::size_t connected = 0;
        std::size_t rooms = 0;
    };

    virtual ~Load() = default;
    // `on_done` is called once, when everything has come to its end.
    virtual void begin(std::move_only_function<void(Result<void>)> on_done) = 0;
    virtual void stop() = 0;
    // What was counted since the last time.
    [[nodiscard]] virtual Stats take_stats() = 0;
    [[nodiscard]] virtual Gauges gauges() const = 0;
};

struct RunOptions {
    int threads = 1;
    Duration lasts{};
    std::string (*line)(Stats const& interval, Interval const& when);
};

struct Ran {
    Stats total{};
    double seconds = 0; // Until it was told to stop.
    Result<void> how{};
    std::vector<std::unique_ptr<runtime::Worker>> workers{}; // Stopped; the loads lived on them.
    std::vector<std::unique_ptr<Load>> loads{};              // So they go first.
};

// Runs a load on each thread until the time is over, a signal says stop, or all are through; shows
// progress meanwhile. A second signal ends the process at once.
[[nodiscard]] Ran run(runtime::Clock& clock, RunOptions options,
    std::function<std::unique_ptr<Load>(runtime::Reactor&, int thread)> const& make);

}  // namespace gatehouse::load
