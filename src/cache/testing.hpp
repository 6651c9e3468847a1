// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: a shared layer whose answers the test lets go, and which can be told to fail. It keeps
// versions as storage/redis/shared_cache.hpp does.

#include "cache/shared.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::cache::testing {

class SharedInMemory final : public Shared {
public:
    struct Kept {
        Version version = 0;
        std::string value; // Empty: it was dropped.
    };
    std::map<std::string, Kept> kept{};
    std::map<std::string, WallTime> void_until{};
    std::deque<std::move_only_function<void()>> answers{};
    std::size_t gets = 0;
    bool is_down = false;

    void get(Name name, OnFound done) override
    {
        gets++;
        Result<Found> found = Found{};
        auto const& there = kept[name_of(name)];
        if (is_down)
            found = fail(ErrorCode::unavailable, "it is away");
        else if (!there.value.empty())
            found->value = there.value;
        if (auto const until = void_until.find(std::string(name.space));
            found && until != void_until.end())
            found->void_until = until->second;
        answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
            done(std::move(found));
        });
    }
    void put(Name name, Version version, std::string_view value, Milliseconds) override
    {
        if (is_down)
            return;
        auto& there = kept[name_of(name)];
        bool const was_dropped = there.value.empty() && there.version >= version;
        if (there.version <= version && (!was_dropped || there.version == 0))
            there = {version, std::string(value)};
    }
    void drop(Name name, Version version, OnDropped done) override
    {
        if (!is_down) {
            auto& there = kept[name_of(name)];
            there = {std::max(there.version, version), {}};
        }
        answers.push_back([dropped = !is_down, done = std::move(done)]() mutable {
            done(dropped);
        });
    }
    void clear(std::string_view space, WallTime until, Milliseconds) override
    {
        if (!is_down)
            void_until[std::string(space)] = until;
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

private:
    static std::string name_of(Name name)
    {
        return std::string(name.space) + ":" + std::string(name.key);
    }
};

} // namespace gatehouse::cache::testing
