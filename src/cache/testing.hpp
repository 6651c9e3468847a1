// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: a shared layer whose answers the test lets go, and which can be told to fail. It keeps
// versions as storage/redis/shared_cache.hpp does.

#include "cache/shared.hpp"

#include <deque>
#include <map>
#include <string>
#include <utility>

namespace gatehouse::cache::testing {

class SharedInMemory final : public Shared {
public:
    struct Kept {
        Version version = 0;
        std::string value; // Empty: it was dropped.
    };
    std::map<std::string, Kept> kept{};
    std::deque<std::move_only_function<void()>> answers{};
    std::size_t gets = 0;
    bool is_down = false;

    void get(std::string key, OnFound done) override
    {
        gets++;
        Result<std::optional<std::string>> found = std::optional<std::string>();
        if (is_down)
            found = fail(ErrorCode::unavailable, "it is away");
        else if (kept.contains(key) && !kept[key].value.empty())
            found = kept[key].value;
        answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
            done(std::move(found));
        });
    }
    void put(std::string key, Version version, std::string value, Milliseconds) override
    {
        if (is_down)
            return;
        auto& there = kept[key];
        bool const was_dropped = there.value.empty() && there.version >= version;
        if (there.version <= version && (!was_dropped || there.version == 0))
            there = {version, std::move(value)};
    }
    void drop(std::string key, Version version, OnDropped done) override
    {
        if (!is_down) {
            auto& there = kept[key];
            there = {std::max(there.version, version), {}};
        }
        answers.push_back([dropped = !is_down, done = std::move(done)]() mutable {
            done(dropped);
        });
    }
    [[nodiscard]] bool is_up() const override { return !is_down; }

    void answer_all()
    {
        while (!answers.empty())
            answer_one();
    }
    void answer_one()
    {
        auto answer = std::move(answers.front());
        answers.pop_front();
        answer();
    }
};

} // namespace gatehouse::cache::testing
