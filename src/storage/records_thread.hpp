// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "records/records.hpp"
#include "runtime/blocking_queue.hpp"
#include "storage/sqlite/records_file.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace gatehouse::storage {

// The thread on which records block, so that no shard does: each shard has a port to it. All that
// waits while one fsync runs goes into the next transaction together (group commit), up to 256
// questions of it; where that fails, all of them are answered `unavailable`.
//
// Each question has one answer, delivered to the shard that asked, never within the call, in the
// order of the questions. Bound: so many bytes of questions waiting or in work; beyond it the
// answer is `busy`, and that comes at once.
class RecordsThread {
public:
    static constexpr std::size_t batch_max = 256;

    using Task = std::move_only_function<void()>;
    // Runs the task on its shard, later. Called from this thread, and (for `busy`) from the
    // shard's own.
    using Deliver = std::move_only_function<void(Task) const>;
    struct Shard {
        Now const& now; // The shard's, read within its calls.
        Deliver deliver;
    };

    RecordsThread(std::unique_ptr<sqlite::RecordsFile> file, std::vector<Shard> shards,
        std::size_t waiting_bytes_max = 16 << 20);
    // Does and answers all that waits. What shards ask from now on is answered `unavailable`.
    ~RecordsThread();

    // For the thread of that shard alone.
    [[nodiscard]] records::Records& records(ShardIndex shard);

    void stop();

private:
    class Port;
    class Question;
    struct Request {
        ShardIndex shard;
        std::size_t cost;
        WallTime now;
        std::unique_ptr<Question> question;
    };

    void submit(Request request);
    void run();
    void commit(std::deque<Request>& batch);

    std::unique_ptr<sqlite::RecordsFile> file_;
    std::vector<Shard> shards_;
    std::vector<std::unique_ptr<Port>> ports_;
    runtime::BlockingQueue<Request> queue_;
    std::thread thread_;
};

} // namespace gatehouse::storage
