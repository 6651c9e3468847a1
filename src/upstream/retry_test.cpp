// SPDX-License-Identifier: Apache-2.0
#include "upstream/retry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;
using enum Outcome;

constexpr TimePoint noon{12h};
constexpr auto in_time = noon + 10s;

struct Retries : ::testing::Test {
    RetryOptions options{};
    RetryBudget budget{20};
    QuickDice dice{1};

    Verdict judge(Attempt const& attempt, Outcome outcome, TimePoint deadline = in_time)
    {
        return judge_retry(options, attempt, outcome, budget, noon, deadline, dice).verdict;
    }
};

TEST_F(Retries, are_made_of_what_is_safe_to_repeat)
{
    for (auto const method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
        EXPECT_TRUE(is_repeatable(method, false, options)) << method;
    for (auto const method : {"POST", "PATCH", "CONNECT", "get", ""})
        EXPECT_FALSE(is_repeatable(method, true, options))
            << method << ": the route allows no keys";
    options.keys_make_repeatable = true;
    for (auto const method : {"POST", "PATCH"}) {
        EXPECT_TRUE(is_repeatable(method, true, options));
        EXPECT_FALSE(is_repeatable(method, false, options));
    }
    EXPECT_FALSE(is_repeatable("CONNECT", true, options));
}

TEST_F(Retries, follow_every_failure_and_nothing_else)
{
    for (auto const outcome : {connect_failed, reset, timed_out, unavailable})
        EXPECT_EQ(judge({.is_repeatable = true}, outcome), Verdict::again);
    EXPECT_EQ(judge({.is_repeatable = true}, answered), Verdict::succeeded);
    EXPECT_EQ(judge({.is_repeatable = true}, abandoned), Verdict::succeeded);
}

TEST_F(Retries, of_any_method_where_nothing_was_written)
{
    EXPECT_EQ(judge({.was_written = false}, connect_failed), Verdict::again);
    EXPECT_EQ(judge({.was_written = true}, reset), Verdict::not_repeatable);
}

TEST_F(Retries, end_where_an_answer_began_or_the_body_is_gone)
{
    EXPECT_EQ(judge({.is_repeatable = true, .has_answered = true}, reset), Verdict::answer_begun);
    EXPECT_EQ(judge({.is_repeatable = true, .has_body = false}, reset), Verdict::body_gone);
}

TEST_F(Retries, are_two_at_most)
{
    EXPECT_EQ(judge({.number = 2, .is_repeatable = true}, reset), Verdict::again);
    EXPECT_EQ(judge({.number = 3, .is_repeatable = true}, reset), Verdict::last_attempt);
}

TEST_F(Retries, never_begin_at_or_behind_the_deadline)
{
    EXPECT_EQ(judge({.is_repeatable = true}, timed_out, noon), Verdict::no_time);
    EXPECT_EQ(judge({.is_repeatable = true}, timed_out, noon - 1s), Verdict::no_time);
    EXPECT_TRUE(budget.has_one());
    for (int i = 0; i < 1'000; i++) {
        budget.note_request();
        auto const verdict
            = judge_retry(options, {.is_repeatable = true}, reset, budget, noon, noon + 10ms, dice);
        EXPECT_TRUE(!verdict.is_again() || verdict.at < noon + 10ms);
    }
}

TEST_F(Retries, wait_evenly_between_nothing_and_a_bound_that_doubles)
{
    options.attempts = 100;
    for (int number = 1; number < 40; number++) {
        auto const bound = number <= 6 ? 25ms * (1 << (number - 1)) : 1s;
        Duration longest = 0s;
        Duration sum = 0s;
        for (int i = 0; i < 400; i++) {
            RetryBudget full(20);
            auto const verdict
                = judge_retry(options, {number, 1, true}, reset, full, noon, noon + 1h, dice);
            ASSERT_TRUE(verdict.is_again());
            auto const wait = verdict.at - noon;
            EXPECT_GE(wait, 0s);
            EXPECT_LE(wait, bound);
            longest = std::max(longest, wait);
            sum += wait;
        }
        EXPECT_GT(longest, bound * 9 / 10);
        EXPECT_NEAR(static_cast<double>(sum.count()) / 400,
            static_cast<double>(Duration(bound).count()) / 2,
            static_cast<double>(Duration(bound).count()) / 10);
    }
}

TEST_F(Retries, have_a_deadline_of_their_own_within_that_of_the_request)
{
    EXPECT_EQ(attempt_deadline(options, noon, noon + 3s), noon + 3s);
    options.per_try = 2s;
    EXPECT_EQ(attempt_deadline(options, noon, noon + 3s), noon + 2s);
    EXPECT_EQ(attempt_deadline(options, noon, noon + 1s), noon + 1s);
}

TEST_F(Retries, read_what_gateways_before_this_one_tried)
{
    EXPECT_EQ(parse_attempt("1"), 1);
    EXPECT_EQ(parse_attempt("7"), 7);
    EXPECT_EQ(parse_attempt("4000"), 99);
    for (auto const text : {"", "0", "-1", "1 ", "x", "99999999999999999999"})
        EXPECT_EQ(parse_attempt(text), 2) << text;
    EXPECT_EQ(attempt_to_pass_on({.number = 1, .received = 1}), 1);
    EXPECT_EQ(attempt_to_pass_on({.number = 2, .received = 1}), 2);
    EXPECT_EQ(attempt_to_pass_on({.number = 1, .received = 3}), 3);
}

// Of gateways in a row, each of which would try three times.
int calls_at_the_bottom(int layers, int received)
{
    if (layers == 0)
        return 1;
    int calls = 0;
    RetryBudget budget(20);
    QuickDice dice(1);
    for (Attempt attempt{.received = received, .is_repeatable = true};; attempt.number++) {
        calls += calls_at_the_bottom(layers - 1, attempt_to_pass_on(attempt));
        if (!judge_retry({}, attempt, reset, budget, noon, in_time, dice).is_again())
            return calls;
    }
}

TEST_F(Retries, of_gateways_in_a_row_add_up_instead_of_multiplying)
{
    for (int layers = 1; layers <= 5; layers++)
        EXPECT_EQ(calls_at_the_bottom(layers, 1), 1 + 2 * layers);
}

TEST_F(Retries, stop_when_the_budget_is_spent_and_relay_what_there_is)
{
    int retries = 0;
    while (retries < 100 && judge({.is_repeatable = true}, unavailable) == Verdict::again)
        retries++;
    EXPECT_EQ(retries, 10);
    EXPECT_EQ(judge({.is_repeatable = true}, unavailable), Verdict::no_budget);
    for (int i = 0; i < 5; i++)
        budget.note_request();
    EXPECT_EQ(judge({.is_repeatable = true}, unavailable), Verdict::again);
    EXPECT_EQ(judge({.is_repeatable = true}, unavailable), Verdict::no_budget);
}

// Whatever comes and fails: in every stretch, the retries are at most so many for its requests.
TEST(RetryBudget, bounds_the_retries_of_every_stretch_of_time)
{
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937 chance(seed);
        auto const percent = static_cast<int>(chance() % 100);
        auto const reserve = static_cast<int>(chance() % 20);
        RetryBudget budget(percent, reserve);
        std::vector<std::array<int, 2>> sums{{0, 0}}; // Requests and retries up to each step.
        int refused = 0;
        for (int step = 0; step < 400; step++) {
            auto next = sums.back();
            if (chance() % 3 == 0) {
                budget.note_request();
                next[0]++;
            } else if (budget.take()) {
                next[1]++;
            } else {
                refused++;
            }
            sums.push_back(next);
        }
        for (std::size_t from = 0; from < sums.size(); from++)
            for (auto to = from; to < sums.size(); to++)
                ASSERT_LE((sums[to][1] - sums[from][1]) * 100,
                    (sums[to][0] - sums[from][0]) * percent + reserve * 100);
        ASSERT_GT(refused, 0);
    }
}

} // namespace
} // namespace gatehouse::upstream
