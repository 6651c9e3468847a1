// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::gateway {

// `burst` requests at once, and `burst` per `period` in the long run.
struct RateLimit {
    int burst;
    Duration period;
};

// Says who may pass now. Instead of a counter and a refill timer it keeps one instant per client:
// when that client will have paid for all it was granted (GCRA, the leaky bucket as a schedule).
// Who would owe more than one period has to wait.
//
// Nobody ever owes more than one period, so whoever stays away that long can be forgotten. Hence
// two generations: every period the old one is dropped whole and the young one grows old.
//
// Belongs to one shard; not thread-safe.
class RateLimiter {
public:
    struct Verdict {
        bool allowed;
        Duration retry_after; // Zero when allowed.
        int remaining;        // How many more would be granted at once.
        Duration reset_after; // Until the whole burst would be.
    };

    // Remembers at most `clients_max` clients; while it is full, newcomers are refused.
    RateLimiter(RateLimit limit, std::size_t clients_max);

    [[nodiscard]] Verdict ask(std::string_view client, TimePoint now);
    [[nodiscard]] RateLimit const& limit() const { return limit_; }

private:
    struct TextHash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Generation = std::unordered_map<std::string, TimePoint, TextHash, std::equal_to<>>;

    void change_generation(TimePoint now);
    TimePoint* account_of(std::string_view client);

    RateLimit limit_;
    Duration price_; // Of one request.
    std::size_t clients_max_;
    Generation young_;
    Generation old_;
    TimePoint young_since_{};
};

}  // namespace gatehouse::gateway
