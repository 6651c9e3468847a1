// SPDX-License-Identifier: Apache-2.0
#include "runtime/shards.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <optional>

namespace gatehouse::runtime {

Shards::Shards(Clock& clock, Options options)
{
    GH_ASSERT(options.count > 0);
    for (unsigned shard = 0; shard < options.count; shard++) {
        workers_.push_back(std::make_unique<Worker>(clock,
            Worker::Options{
                .name = fmt::format("shard {}", shard),
                .core = options.pinned_to_cores ? std::optional(shard) : std::nullopt,
                .reactor = options.reactor,
            }));
    }
}

Shards::~Shards()
{
    stop();
}

void Shards::start()
{
    for (auto& worker : workers_)
        worker->start();
}

// All are told before the first is waited for.
void Shards::stop()
{
    for (auto& worker : workers_)
        worker->reactor().stop();
    for (auto& worker : workers_)
        worker->stop();
}

}  // namespace gatehouse::runtime
