// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "runtime/worker.hpp"

#include <memory>
#include <utility>

namespace gatehouse::server {

// Has `answer` called by a worker that blocks, and `done` with what it answers by the shard that
// asks. `busy` where the worker has too much to do.
template <typename Done, typename Answer>
void ask(runtime::Worker& worker, runtime::Reactor& shard, Done done, Answer answer,
    char const* too_much = "Too much is asked of the archive; try again.")
{
    auto waiting = std::make_shared<Done>(std::move(done));
    runtime::Task task = [&shard, waiting, answer = std::move(answer)]() mutable {
        shard.mailbox().post_answer([waiting, found = answer()]() mutable {
            (*waiting)(std::move(found));
        });
    };
    if (!worker.reactor().mailbox().try_post(std::move(task)))
        (*waiting)(fail(ErrorCode::busy, too_much));
}

} // namespace gatehouse::server
