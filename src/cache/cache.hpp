// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "cache/local.hpp"
#include "cache/sealed.hpp"
#include "cache/shared.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::cache {

struct Options {
    std::string name = "cache";             // Begins the names in the shared layer.
    std::string secret{};                   // Of those who share it; seals what they share.
    std::size_t bytes_max = 4 * 1024 * 1024; // In memory.
    std::size_t value_bytes_max = 64 * 1024; // Bigger ones are not shared.
    Milliseconds ttl{600'000};              // No answer is believed for longer.
    Milliseconds skew_max{5'000};           // Clocks of those who share it differ by less.
    std::size_t questions_max = 64;         // To the shared layer at once; …
    std::size_t waiters_max = 256;          // … and who waits for the same one. Others: a miss.
};

struct LayerTally {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t errors = 0; // It could not be asked, or what it said was not to be believed.
};

struct Tally {
    LayerTally local{};
    LayerTally shared{};
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::uint64_t evictions = 0;
};

// Answers that took long to find, in two layers: in memory, and where nodes share one, behind it.
// It asks the second layer once for all who ask for one key at the same time; whoever gets nothing
// asks the source, and puts what it says.
//
// One owner writes what a key is about and says so by `drop`. From then on nothing older is
// answered: not what was asked of the shared layer before and comes only now (the question is
// revoked), nor what that layer still holds because it could not be told (then nothing of it is
// believed that was made before). Whoever becomes the owner next may answer, where a drop got lost,
// what was true `ttl` ago, and nothing older.
//
// What is shared is sealed: who reads or writes the shared layer without the secret learns keys,
// versions and sizes, and can make nothing up. Bound to one shard.
class Cache {
public:
    Cache(Options options, Now const& now, Dice& dice, Shared* shared = nullptr);

    // Empty where neither layer knows. At once, unless the shared layer has to be asked.
    using OnFound = std::move_only_function<void(std::optional<std::string_view> value)>;
    void get(std::string_view key, OnFound done);
    void put(std::string_view key, Version version, std::string value);
    // It was written, or is about to be: what was true up to this version may not be any more.
    void drop(std::string_view key, Version version);
    // Of whatever was kept before, nothing is answered any more, by whoever owns the keys next
    // either.
    void clear();

    [[nodiscard]] Tally tally() const;
    [[nodiscard]] Shared const* shared() const { return shared_; }

private:
    struct Question {
        std::vector<OnFound> waiting{};
        bool is_revoked = false;
    };

    [[nodiscard]] Answer const* find(std::string_view key);
    void answered(std::string const& key, Result<Shared::Found> const& found);
    [[nodiscard]] std::optional<Answer> believe(
        std::string const& key, Result<Shared::Found> const& found);
    WallTime distrust();
    [[nodiscard]] bool may_ask(std::string_view key) const;
    [[nodiscard]] bool is_fresh(WallTime made_at) const;
    [[nodiscard]] std::string name_of(std::string_view key) const;

    Options options_;
    Now const& now_;
    Dice& dice_;
    Shared* shared_;
    Seal seal_;
    std::string space_;
    Local local_;
    std::map<std::string, Question, std::less<>> questions_{};
    std::optional<WallTime> distrusted_until_{}; // What was shared then or before.
    LayerTally in_memory_{};
    LayerTally in_shared_{};
};

} // namespace gatehouse::cache
