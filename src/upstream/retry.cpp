// SPDX-License-Identifier: Apache-2.0
#include "upstream/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace gatehouse::upstream {
namespace {

constexpr int attempts_max = 99; // As a header says them.

// base · 2^(number - 1), at most `max`, without an overflow on the way.
Duration longest_wait(RetryOptions const& options, int number)
{
    auto wait = options.base;
    for (int i = 1; i < number && wait < options.max; i++)
        wait *= 2;
    return std::min(wait, options.max);
}

Verdict judge(RetryOptions const& options, Attempt const& attempt, Outcome outcome)
{
    if (!is_failure(outcome))
        return Verdict::succeeded;
    if (attempt.has_answered)
        return Verdict::answer_begun;
    if (attempt.was_written && !attempt.is_repeatable)
        return Verdict::not_repeatable;
    if (!attempt.has_body)
        return Verdict::body_gone;
    if (attempt.received > 1)
        return Verdict::retried_above;
    return attempt.number < options.attempts ? Verdict::again : Verdict::last_attempt;
}

} // namespace

bool is_repeatable(std::string_view method, bool has_idempotency_key, RetryOptions const& options)
{
    using namespace std::literals;
    static constexpr std::array idempotent{
        "GET"sv, "HEAD"sv, "PUT"sv, "DELETE"sv, "OPTIONS"sv, "TRACE"sv};
    if (std::ranges::find(idempotent, method) != idempotent.end())
        return true;
    bool const takes_keys = method == "POST" || method == "PATCH";
    return takes_keys && has_idempotency_key && options.keys_make_repeatable;
}

RetryVerdict judge_retry(RetryOptions const& options, Attempt const& attempt, Outcome outcome,
    RetryBudget& budget, TimePoint now, TimePoint deadline, QuickDice& dice)
{
    if (auto const verdict = judge(options, attempt, outcome); verdict != Verdict::again)
        return {verdict};
    auto const longest = static_cast<double>(longest_wait(options, attempt.number).count());
    auto const at = now + Duration(static_cast<Duration::rep>(longest * dice.fraction()));
    if (at >= deadline)
        return {Verdict::no_time};
    if (!budget.take())
        return {Verdict::no_budget};
    return {Verdict::again, at};
}

TimePoint attempt_deadline(RetryOptions const& options, TimePoint now, TimePoint deadline)
{
    return options.per_try ? std::min(deadline, now + *options.per_try) : deadline;
}

int parse_attempt(std::string_view text)
{
    int number = 0;
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, number);
    bool const is_number = read.ec == std::errc() && read.ptr == end && number >= 1;
    return is_number ? std::min(number, attempts_max) : 2;
}

int attempt_to_pass_on(Attempt const& attempt)
{
    return std::clamp(std::max(attempt.received, attempt.number), 1, attempts_max);
}

std::string_view name_of(Verdict verdict)
{
    switch (verdict) {
    case Verdict::again: return "again";
    case Verdict::succeeded: return "succeeded";
    case Verdict::answer_begun: return "answer_begun";
    case Verdict::body_gone: return "body_gone";
    case Verdict::not_repeatable: return "not_repeatable";
    case Verdict::last_attempt: return "last_attempt";
    case Verdict::retried_above: return "retried_above";
    case Verdict::no_time: return "no_time";
    case Verdict::no_budget: return "no_budget";
    }
    std::unreachable();
}

} // namespace gatehouse::upstream
