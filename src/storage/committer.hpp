// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "events/commit_tally.hpp"
#include "events/store.hpp"
#include "runtime/blocking_queue.hpp"
#include "storage/log.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <variant>
#include <vector>

namespace gatehouse::storage {

struct CommitterOptions {
    std::size_t waiting_bytes_max = 64 << 20; // Beyond it, the answer is `busy`.
    std::size_t commit_events_max = 4096; // One batch may be larger; two are not joined beyond it.
    std::size_t queries_per_commit_max = 16; // So that neither starves the other.
};

// The thread on which the log blocks, so that no shard does: each shard has a port to it. What the
// shards append while one fsync runs goes into the next transaction together (group commit), so the
// more there is to do, the less each costs. Between two transactions it answers some of the reads.
// A read sees all whose answer was given before it was asked; what still waits it may miss.
//
// Upkeep of the log runs there too, a piece between two transactions.
//
// Each question has one answer, delivered to the shard that asked, never within the call. Bound:
// `waiting_bytes_max` of questions waiting or in work; hence no more answers on their way to a
// shard's `Deliver` than questions that it may ask.
class Committer {
public:
    using Task = std::move_only_function<void()>;
    // Runs the task on its shard, later. Called from the committer's thread, and (for `busy`) from
    // the shard's own.
    using Deliver = std::move_only_function<void(Task) const>;

    Committer(std::unique_ptr<Log> log, std::vector<Deliver> shards, CommitterOptions options = {});
    // Does and answers all that waits. Shards must outlive it; what they ask from now on is
    // answered `unavailable`.
    ~Committer();

    // For the thread of that shard alone.
    [[nodiscard]] events::EventStore& store(ShardIndex shard);

    // So far. From any thread; its members may be of two moments.
    [[nodiscard]] events::CommitTally tally() const;

    // A piece of upkeep: runs on the committer's thread, once, and commits wait for it, so it takes
    // a few milliseconds at most. From any thread. False where there is too much to do, or the
    // store is closed: then it never runs.
    using Upkeep = std::move_only_function<void(Log&)>;
    [[nodiscard]] bool upkeep(Upkeep piece);
    // The same for a thread that may block: it was done when this returns, for every piece that is
    // taken is done, even while the store closes. `busy` where it was not taken.
    [[nodiscard]] Result<void> keep_up_with(std::function<void(Log&)> const& piece);

    // Refuses new questions with `unavailable`, finishes the old ones and closes the log.
    void stop();

private:
    // Answers by the log, or by the error that kept it from being asked.
    using Query = std::move_only_function<Task(Result<Log*>)>;
    struct Append {
        std::vector<events::StreamAppend> batch;
        events::EventStore::OnAppended done;
    };
    struct Request {
        ShardIndex shard;
        std::size_t cost;
        std::variant<Append, Query, Upkeep> question;
    };
    class Port;

    void submit(Request request);
    void answer(ShardIndex shard, Task task) const { shards_[shard](std::move(task)); }
    void run();
    void sort_in(std::deque<Request> requests);
    void commit_some();
    [[nodiscard]] std::vector<Result<events::Appended>> commit(
        std::vector<events::StreamAppend> batch);
    void answer_some();
    void keep_up();

    CommitterOptions options_;
    std::unique_ptr<Log> log_;
    std::vector<Deliver> shards_;
    std::vector<std::unique_ptr<Port>> ports_;
    runtime::BlockingQueue<Request> queue_;
    std::deque<Request> appends_; // From here on, the committer's thread alone.
    std::deque<Request> queries_;
    std::deque<Request> upkeep_;
    std::atomic<std::uint64_t> commits_ = 0;
    std::atomic<std::uint64_t> failures_ = 0;
    std::atomic<std::uint64_t> events_ = 0;
    std::atomic<std::int64_t> busy_ns_ = 0;
    std::thread thread_;
};

} // namespace gatehouse::storage
