// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::matching {

// Who is put together, and when.
struct QueueOptions {
    int players = 2;     // In a whole group.
    int players_min = 2; // After `patience` so many will do; 1 where bots take the other seats.
    Milliseconds patience{30'000};
    int window = 100;       // Points of rating, up or down, at first; …
    int growth = 10;        // … and so many more for each second of waiting, …
    int window_max = 1'000; // … up to so many.
};

struct Waiter {
    std::uint64_t number = 0; // In the order of their coming.
    int rating = 0;
    TimePoint since{};
};

// How far away a rating may be to whoever waits since then.
[[nodiscard]] int window_of(QueueOptions const& options, Waiter const& waiter, TimePoint now);

// Those who wait for the same game with the same options. Pure: it is told the time.
//
// A group is made for whoever has waited longest of those who can have one, of those whose ratings
// are nearest to theirs; their window decides, not that of the others. So whoever waits widens
// until somebody fits, and nobody who came later is put together past them: nobody starves for whom
// there are enough within `window_max`. After a step nobody is left who could have a group.
//
// Each waiter's due instant follows from the neighbours in the order of ratings, and those few
// change when somebody comes or goes next to them: a step costs O(players² · log waiting) for each
// who comes, goes or is matched, and nothing for the others.
class Queue {
public:
    explicit Queue(QueueOptions const& options)
        : options_(options)
    { }

    [[nodiscard]] std::size_t size() const { return waiters_.size(); }
    // A number that is there already is passed over.
    void add(Waiter const& waiter);
    // False where they do not wait.
    bool remove(std::uint64_t number);

    // Who was put together by now; in each group whoever waited longest stands first.
    using Group = std::vector<Waiter>;
    [[nodiscard]] std::vector<Group> step(TimePoint now);
    // When it has to be asked next.
    [[nodiscard]] std::optional<TimePoint> next() const;

private:
    using Rung = std::pair<int, std::uint64_t>; // In the order of ratings.
    struct Known {
        Waiter waiter;
        std::optional<TimePoint> due{};
    };

    [[nodiscard]] std::vector<Waiter> nearest(Waiter const& to, int count) const;
    [[nodiscard]] std::optional<TimePoint> reach(Waiter const& who, int distance) const;
    [[nodiscard]] std::optional<TimePoint> due_of(Waiter const& who) const;
    [[nodiscard]] Group group_of(Waiter const& who, TimePoint now) const;
    void note_neighbours(Rung const& rung);
    void note_due(Known& known);

    QueueOptions options_;
    std::map<std::uint64_t, Known> waiters_{};
    std::set<Rung> rungs_{};
    std::set<std::pair<TimePoint, std::uint64_t>> due_{};
};

} // namespace gatehouse::matching
