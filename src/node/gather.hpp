// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/node.hpp"

#include <memory>
#include <utility>

namespace gatehouse::node {

template <typename T>
void Node::gather(
    std::function<T(Node&)> question, std::move_only_function<void(std::vector<T>)> done)
{
    struct Tally {
        std::vector<T> answers{};
        std::size_t missing;
        std::move_only_function<void(std::vector<T>)> done;
    };
    // Only this shard looks inside; the others carry it back unopened.
    auto tally
        = std::make_shared<Tally>(Tally{.missing = options_.shards, .done = std::move(done)});
    for (ShardIndex shard = 0; shard < options_.shards; shard++)
        ports_.neighbours.post(shard, [question, tally, home = options_.shard](Node& there) {
            there.ports_.neighbours.post(
                home, [tally, answer = question(there)](Node&) mutable {
                    tally->answers.push_back(std::move(answer));
                    if (--tally->missing == 0)
                        tally->done(std::move(tally->answers));
                });
        });
}

}  // namespace gatehouse::node
