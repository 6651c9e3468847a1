// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::limits {

// `burst` requests at once, and `burst` per `period` in the long run.
struct RateLimit {
    int burst;
    Duration period;

    [[nodiscard]] Duration price() const { return period / burst; } // Of one request.
    bool operator==(RateLimit const&) const = default;
};

struct Verdict {
    bool allowed = true;
    Duration retry_after{}; // Zero when allowed.
    int remaining = 0;      // How many more would be granted at once.
    Duration reset_after{}; // Until the whole burst would be.
};

// Says who may pass now. Instead of a counter and a refill timer it keeps one instant per account:
// when that account will have paid for all it was granted (GCRA, the leaky bucket as a schedule).
// Whoever would owe more than one period has to wait. In any stretch of time an account is granted
// at most `burst` requests, and one more for each price() of its length.
//
// Nobody ever owes more than one period, so whoever stays away that long can be forgotten. Hence
// two generations: every period the old one is dropped whole and the young one grows old.
//
// Belongs to one shard; not thread-safe.
class Gcra {
public:
    // Remembers at most `accounts_max` accounts; while it is full, all newcomers share one more, so
    // that an attacker with many addresses slows newcomers down and does not lock them out.
    Gcra(RateLimit limit, std::size_t accounts_max);

    // What ask() would say, and nothing is taken.
    [[nodiscard]] Verdict peek(std::string_view account, int cost, TimePoint now);
    // Takes `cost` (at least 1) at once or nothing. More than a burst is never granted.
    [[nodiscard]] Verdict ask(std::string_view account, int cost, TimePoint now);
    // As many as can be had at once, up to `cost`.
    [[nodiscard]] int take_some(std::string_view account, int cost, TimePoint now);

    // What was taken since `taken_at` is not used, because something else refused the request. Time
    // that passed meanwhile is not paid back: whoever was granted and gave back is never better
    // off than who did not ask.
    void give_back(std::string_view account, int cost, TimePoint taken_at, TimePoint now);

    // From now on another limit; what each owes stays, though never more than the new one's period.
    // Walks through all accounts: once in a reload.
    void change(RateLimit limit, TimePoint now);

    [[nodiscard]] RateLimit const& limit() const { return limit_; }
    [[nodiscard]] std::size_t accounts() const { return young_.size() + old_.size(); }

private:
    struct TextHash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Generation = std::unordered_map<std::string, TimePoint, TextHash, std::equal_to<>>;

    void change_generation(TimePoint now);
    [[nodiscard]] TimePoint paid_at(std::string_view account, TimePoint now);
    TimePoint* account_of(std::string_view account);
    [[nodiscard]] Verdict judge(TimePoint paid_at, int cost, TimePoint now) const;
    void pay(std::string_view account, TimePoint until);

    RateLimit limit_;
    Duration price_;
    std::size_t accounts_max_;
    Generation young_;
    Generation old_;
    TimePoint young_since_{};
    TimePoint crowd_paid_at_{}; // Of those who came when it was full.
};

} // namespace gatehouse::limits
