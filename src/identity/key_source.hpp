// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/jwks.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace gatehouse::identity {

// The keys of an issuer who publishes them elsewhere and changes them when he likes, and when to
// ask him again. Whoever owns it fetches what it asks for, off the way of requests, and tells how
// that went. Promises: no two fetches at once, none sooner than `cooldown` after the last began,
// whatever tokens name and whatever comes of it; a key is good until a set without it was fetched,
// or until nothing was for `stale`. Belongs to one shard.
class KeySource {
public:
    struct Options {
        Duration cooldown = std::chrono::seconds(60);
        // When to look again: what the answer's Cache-Control says within these bounds, or this.
        Duration refresh = std::chrono::minutes(10);
        Duration refresh_min = std::chrono::seconds(60);
        Duration refresh_max = std::chrono::hours(24);
        // How long beyond that keys are used while the issuer does not answer.
        Duration stale = std::chrono::hours(24);
        // A fetch that nobody tells of any more is given up.
        Duration fetch_max = std::chrono::seconds(30);
        KeyPolicy policy{};
    };

    enum class Next : std::uint8_t {
        nothing,
        fetch, // Begin one, now: whoever is told this is the only one.
        wait,  // One is under way, which may bring the key.
    };

    struct Found {
        std::shared_ptr<KeySet const> keys; // Null while there are none that may be used.
        bool has_key = false;
        Next next = Next::nothing;
    };

    explicit KeySource(Options options)
        : options_(options)
    { }
    // Keys of a file, or a secret: there is nobody to ask, and they don't age.
    explicit KeySource(KeySet keys);

    // For a token that names this key, or none (empty).
    [[nodiscard]] Found ask(std::string_view kid, TimePoint now);

    // What a fetch brought: a key set (RFC 7517) and, where the answer said so, how long it may be
    // kept. Fails with bad_request where it is none, and goes on with the keys of before.
    [[nodiscard]] Result<void> fetched(
        std::string_view json, std::optional<Duration> max_age, TimePoint now);
    void failed();

    // Counts the sets that came: what was remembered under another number may be out of date.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

private:
    [[nodiscard]] Next judge_need(bool is_urgent, TimePoint now);

    Options options_{};
    bool is_fixed_ = false;
    std::shared_ptr<KeySet const> keys_{};
    TimePoint refresh_at_{};
    TimePoint useless_at_{};
    std::optional<TimePoint> began_{}; // The last fetch,
    bool is_fetching_ = false;         // and whether it is under way.
    std::uint64_t generation_ = 0;
};

} // namespace gatehouse::identity
