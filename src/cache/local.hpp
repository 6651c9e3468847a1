// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::cache {

// Rises with every write of what an answer is about.
using Version = std::uint64_t;

struct Answer {
    Version version = 0;
    WallTime made_at{};
    std::string value;

    bool operator==(Answer const&) const = default;
};

// The layer in memory: answers by key, at most so many bytes of them (keys and bookkeeping
// included). What was asked for longest ago makes way: what is asked for again is asked for soon,
// a room that somebody has just left or shown to friends. All is done in constant time. Bound to
// one shard.
class Local {
public:
    static constexpr std::size_t bytes_per_entry = 160; // Beside key and value.

    explicit Local(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // Null where there is none. Valid until the next call.
    [[nodiscard]] Answer const* find(std::string_view key);
    // Never puts an older version over a newer one: then it is false. What is bigger than all that
    // may be kept is not kept.
    bool put(std::string_view key, Answer answer);
    void drop(std::string_view key);
    void clear();

    [[nodiscard]] std::size_t entries() const { return by_key_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t evictions() const { return evictions_; }

private:
    struct Entry {
        std::string key;
        Answer answer;
    };
    using Entries = std::list<Entry>;
    [[nodiscard]] static std::size_t bytes_of(Entry const& entry);
    void erase(Entries::iterator entry);

    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::uint64_t evictions_ = 0;
    Entries entries_{}; // Last asked for, first.
    std::unordered_map<std::string_view, Entries::iterator> by_key_{}; // Views of their keys.
};

} // namespace gatehouse::cache
