// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

// What the tests of this folder share.
namespace gatehouse::storage::testing {

// A folder of its own that goes with its test.
struct Folder {
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "gatehouse_XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    std::filesystem::path path;
};

// A shard as the committer sees it: tasks come from any thread, the test runs them.
class Mailbox {
public:
    void post(std::move_only_function<void()> task)
    {
        std::lock_guard const lock(mutex_);
        tasks_.push_back(std::move(task));
        not_empty_.notify_one();
    }

    void run_one()
    {
        std::unique_lock lock(mutex_);
        not_empty_.wait(lock, [this] { return !tasks_.empty(); });
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
    }

private:
    std::mutex mutex_;
    std::condition_variable not_empty_;
    std::deque<std::move_only_function<void()>> tasks_;
};

// `count` events for a stream that has `expected`.
inline events::StreamAppend append_of(
    std::string stream, events::Version expected, std::size_t count = 1, std::string data = "data")
{
    events::StreamAppend append{.stream = std::move(stream),
        .category = "liap-tui",
        .expected = expected,
        .events = {},
        .state = {.finished = false, .deadline = WallTime{static_cast<std::int64_t>(expected)}}};
    for (std::size_t i = 1; i <= count; i++)
        append.events.push_back({.version = expected + i,
            .type = "played",
            .at = {static_cast<std::int64_t>(1'790'000'000'000 + expected + i)},
            .cause = {.actor = 1, .action = expected + i},
            .data = data});
    return append;
}

} // namespace gatehouse::storage::testing
