// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "upstream/outcome.hpp"
#include "upstream/quick_dice.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::upstream {

// "50% of 20 in 10s": of the calls of the last 10 s, if there were 20, so many failed.
struct FailureRate {
    int percent = 50;
    int calls_min = 20;
    Duration window = std::chrono::seconds(10);

    bool operator==(FailureRate const&) const = default;
};

struct BreakerOptions {
    int failures = 5;                             // In a row.
    std::optional<FailureRate> rate{};            // As well.
    Duration open_for = std::chrono::seconds(60); // Give or take a tenth.
    int probes = 3;                               // At once, and how many have to succeed.
    Duration patience = std::chrono::seconds(30); // A probe without a word for so long has failed.

    bool operator==(BreakerOptions const&) const = default;
};

// Keeps calls away from a service that fails, so that neither side spends its strength on them.
//
//              5 failures in a row, or the rate
//     closed ───────────────────────────────────▶ open ◀─────────────┐
//       ▲                                           │ 60 s ± 10 %    │ one fails, or says nothing
//       │          3 probes succeeded               ▼                │ for 30 s
//       └────────────────────────────────────── half open ───────────┘
//
// While it is half open, probes under way and probes that succeeded are never more than `probes`
// together, so the third that succeeds is the last one. A call is noted in the state that let it
// pass or not at all: what was sent before the breaker opened says nothing of the service now.
//
// Pure: no timer. Whatever time has brought about, such as a probe that is overdue, counts from its
// own instant and is seen at the next question. Memory: `probes` instants and ten counters.
// Belongs to one shard, the owner of the service.
class Breaker {
public:
    enum class State : std::uint8_t { closed, open, half_open };
    enum class Ask : std::uint8_t { pass, probe, refused };

    // To be handed back with the outcome of the call.
    struct Permit {
        Ask ask = Ask::refused;
        std::uint64_t number = 0;

        explicit operator bool() const { return ask != Ask::refused; }
    };

    // `seed` is what the tenth is drawn from: two breakers do not open in step.
    Breaker(BreakerOptions const& options, std::uint64_t seed);

    [[nodiscard]] Permit ask(TimePoint now);
    void note(Permit permit, Outcome outcome, TimePoint now);

    [[nodiscard]] State state(TimePoint now);
    // How long whoever is refused should stay away: until probes are let through; a second where
    // they are under way.
    [[nodiscard]] Duration retry_after(TimePoint now);
    // Of the state that it is in.
    [[nodiscard]] TimePoint since() const { return since_; }

private:
    static constexpr std::size_t buckets = 10;
    struct Bucket {
        std::int64_t number = -1; // Of tenths of the window since the clock began.
        int calls = 0;
        int failures = 0;
    };
    struct Probe {
        std::uint64_t number;
        TimePoint due;
    };

    void settle(TimePoint now);
    void enter(State state, TimePoint at);
    void note_call(bool failed, TimePoint now);
    void note_probe(std::uint64_t number, Outcome outcome, TimePoint now);
    void count(bool failed, TimePoint now);
    [[nodiscard]] bool is_over_rate(TimePoint now) const;
    [[nodiscard]] std::int64_t bucket_at(TimePoint now) const;

    BreakerOptions options_;
    QuickDice dice_;
    State state_ = State::closed;
    TimePoint since_{};
    TimePoint open_until_{};
    std::uint64_t first_permit_ = 1; // Of this state; older ones count for nothing.
    std::uint64_t next_permit_ = 1;
    int failures_in_row_ = 0;
    int successes_ = 0;
    std::vector<Probe> under_way_{};
    std::array<Bucket, buckets> counts_{};
};

[[nodiscard]] std::string_view name_of(Breaker::State state);

} // namespace gatehouse::upstream
