// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "upstream/budget.hpp"
#include "upstream/outcome.hpp"
#include "upstream/quick_dice.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::upstream {

struct RetryOptions {
    int attempts = 3;        // In all.
    int budget_percent = 20; // RetryBudget.
    Duration base = std::chrono::milliseconds(25);
    Duration max = std::chrono::seconds(1);
    std::optional<Duration> per_try{}; // For one attempt; none: all that is left.
    bool keys_make_repeatable = false; // POST and PATCH with an Idempotency-Key.

    bool operator==(RetryOptions const&) const = default;
};

// May the same request be sent again though an upstream may have acted on it? RFC 9110 §9.2.2; POST
// and PATCH if they bear an Idempotency-Key and the route takes its word for it
// (draft-ietf-httpapi-idempotency-key-header).
[[nodiscard]] bool is_repeatable(
    std::string_view method, bool has_idempotency_key, RetryOptions const& options);

// What is known of an attempt that has ended.
struct Attempt {
    int number = 1;             // From 1: the original.
    int received = 1;           // X-Gatehouse-Attempt of whoever asked us; 1 without it.
    bool is_repeatable = false; // See above.
    bool was_written = true;    // A byte of the request may have reached the upstream.
    bool has_body = true;       // All of the request's body is still held here.
    bool has_answered = false;  // A byte of an answer has gone to whoever asked.
};

// What is done after an attempt; all but `again` relay what there is.
enum class Verdict : std::uint8_t {
    again,
    succeeded,      // There is nothing to mend; or nobody waits any more.
    answer_begun,   // Never after the first byte of an answer.
    body_gone,      // It was streamed, and cannot be sent twice.
    not_repeatable, // The upstream may have acted on it.
    last_attempt,
    retried_above, // Another gateway in front of us is at it: attempts add up instead of
                   // multiplying.
    no_time,       // Its deadline would be over before it begins.
    no_budget,
};

struct RetryVerdict {
    Verdict verdict = Verdict::succeeded;
    TimePoint at{}; // When to try again.

    [[nodiscard]] bool is_again() const { return verdict == Verdict::again; }
};

// A token leaves the budget only where the verdict is `again`. The wait is drawn evenly from
// nothing up to base · 2^(number - 1), at most `max` ("full jitter"): retries of many do not meet
// again.
[[nodiscard]] RetryVerdict judge_retry(RetryOptions const& options, Attempt const& attempt,
    Outcome outcome, RetryBudget& budget, TimePoint now, TimePoint deadline, QuickDice& dice);

// When an attempt that begins now has to be over.
[[nodiscard]] TimePoint attempt_deadline(
    RetryOptions const& options, TimePoint now, TimePoint deadline);

// What X-Gatehouse-Attempt says to the upstream, and from what it said to us: digits, from 1. What
// is not that counts as 2, as somebody is at it.
[[nodiscard]] int parse_attempt(std::string_view text);
[[nodiscard]] int attempt_to_pass_on(Attempt const& attempt);

[[nodiscard]] std::string_view name_of(Verdict verdict);

} // namespace gatehouse::upstream
