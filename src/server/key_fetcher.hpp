// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "runtime/blocking_queue.hpp"
#include "runtime/clock.hpp"
#include "server/key_fetch.hpp"

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace gatehouse::server {

// The thread on which the keys of issuers are fetched, so that no shard waits for a stranger. What
// came is told to all shards, whoever asked; a shard that asks within the cooldown of the last
// fetch is told alone what came of that, so an issuer is asked as seldom as one KeySource would.
//
// Bound: 64 questions wait; what is asked beyond is forgotten, and asked again by its KeySource.
class KeyFetcher {
public:
    struct Question {
        std::string way; // As the configuration calls it.
        node::JwtOptions options;
        ShardIndex asker = 0;
    };
    // For that shard, or for all. Called on this object's thread.
    using Tell = std::function<void(std::optional<ShardIndex> shard, Question const& question,
        Result<FetchedKeys> const& came)>;

    KeyFetcher(runtime::Clock& clock, Tell tell);
    ~KeyFetcher();

    // From any thread.
    void ask(Question question);
    // Gives up what is under way; nothing is told from then on.
    void stop();

private:
    struct Last {
        KeyPlace place;
        TimePoint ended{};
        Result<FetchedKeys> came;
    };

    void run();
    void serve(Question const& question);

    runtime::Clock& clock_;
    Tell tell_;
    std::map<std::string, Last, std::less<>> last_{}; // By way; of this object's thread.
    std::stop_source stopping_{};
    runtime::BlockingQueue<Question> queue_{64};
    std::thread thread_;
};

} // namespace gatehouse::server
