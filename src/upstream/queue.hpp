// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace gatehouse::upstream {

// How many calls a service is given at once, over all shards. A port: the server counts in one
// place for all of them, a simulation in an int.
class Permits {
public:
    virtual ~Permits() = default;
    [[nodiscard]] virtual bool try_take() = 0;
    virtual void give_back() = 0;
    [[nodiscard]] virtual int most() const = 0;
};

// Of one shard alone.
class OwnPermits final : public Permits {
public:
    explicit OwnPermits(int most)
        : most_(most)
    { }
    [[nodiscard]] bool try_take() override
    {
        bool const has = taken_ < most_;
        taken_ += has ? 1 : 0;
        return has;
    }
    void give_back() override { taken_--; }
    [[nodiscard]] int most() const override { return most_; }
    [[nodiscard]] int taken() const { return taken_; }

private:
    int most_;
    int taken_ = 0;
};

// Those who wait for a permit, in the order of their coming. An answer that comes too late is work
// for nothing, so whoever cannot have one in time is sent away while there is time to say so:
//
// - At the door: if a call of average length behind the line in front of them would not end before
//   their deadline, or if the line is full.
// - When it is full, those in the line who cannot make it by the same reckoning go first; only if
//   there are none, the newcomer.
// - Anywhere: whoever has no more left than a call takes.
//
// The line moves by `most` calls in the time that one takes, which is a moving average (1/8 of each
// new one) of those that ended; before the first one it is nothing, and only deadlines that are
// over count. The reckoning may be wrong both ways: it only decides who is sent away early, never
// lets more than `most` through, and never changes the order of those who stay.
//
// Bound: `waiting_max` waiters. A step costs O(log waiting) for each who comes or goes; a newcomer
// at a full line O(waiting). Belongs to one shard; no timers: ask step() when next() says so.
class Queue {
public:
    enum class Place : std::uint8_t { go, wait, shed };
    using Ticket = std::uint64_t; // The caller's name for who waits; none twice.
    struct Step {
        std::vector<Ticket> go{};   // Each with a permit; give it back by done().
        std::vector<Ticket> shed{}; // Their answer is 503.
    };

    Queue(Permits& permits, std::size_t waiting_max)
        : permits_(permits)
        , waiting_max_(waiting_max)
    { }

    // `go`: with a permit. `wait`: step() will name them. Step afterwards, as others may have been
    // shed.
    [[nodiscard]] Place ask(Ticket who, TimePoint now, TimePoint deadline);
    // A call is over. `took`: how long, if it was answered; what failed says nothing about answers.
    void done(std::optional<Duration> took);
    // Whoever waits has gone away. False where they do not wait.
    bool leave(Ticket who);

    // Whose turn it is now. To be asked after done(), after ask(), when next() falls due, and when
    // another shard has given permits back.
    [[nodiscard]] Step step(TimePoint now);
    // When somebody who waits will have to be shed.
    [[nodiscard]] std::optional<TimePoint> next() const;

    [[nodiscard]] std::size_t waiting() const { return waiters_.size(); }
    // How long a newcomer would wait, and how long a call takes.
    [[nodiscard]] Duration expected_wait() const { return wait_behind(waiters_.size()); }
    [[nodiscard]] Duration service_time() const { return service_time_; }

private:
    using Number = std::uint64_t; // In the order of their coming.
    struct Waiter {
        Ticket ticket;
        TimePoint deadline;
    };
    using Waiters = std::map<Number, Waiter>;

    [[nodiscard]] Duration wait_behind(std::size_t waiting) const;
    [[nodiscard]] bool is_too_late(TimePoint begin, TimePoint deadline) const;
    void shed_the_late(TimePoint now);
    Waiters::iterator remove(Waiters::iterator at);

    Permits& permits_;
    std::size_t waiting_max_;
    Duration service_time_{};
    Number last_ = 0;
    Waiters waiters_{};
    std::set<std::pair<TimePoint, Number>> deadlines_{};
    std::map<Ticket, Number> numbers_{};
    std::vector<Ticket> shed_{}; // Not told yet.
};

} // namespace gatehouse::upstream
