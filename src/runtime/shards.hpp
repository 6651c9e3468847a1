// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "runtime/worker.hpp"

#include <memory>
#include <vector>

namespace gatehouse::runtime {

// One worker per core. Built idle, so that each shard can be furnished in one thread, where errors
// are easy to answer; then all start. Stopping waits for every shard's turn to end.
class Shards {
public:
    struct Options {
        ShardIndex count = 1;
        bool pinned_to_cores = false;
        Reactor::Options reactor{};
    };

    Shards(Clock& clock, Options options);
    ~Shards();

    [[nodiscard]] ShardIndex count() const { return static_cast<ShardIndex>(workers_.size()); }
    [[nodiscard]] Reactor& operator[](ShardIndex shard) { return workers_[shard]->reactor(); }
    void start();
    void stop();

private:
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace gatehouse::runtime
